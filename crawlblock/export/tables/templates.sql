-- key: template
-- of: templates
FROM templates ORDER BY template
