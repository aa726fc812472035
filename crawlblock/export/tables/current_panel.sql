-- key: panel, domain, host
-- of: panel
FROM current_panel ORDER BY panel, domain, host
