-- key: id
-- of: breaks
FROM breaks ORDER BY date, id
