-- key: id
-- of: breaks
SELECT * REPLACE (array_to_string(affects, ', ') AS affects) FROM breaks ORDER BY date, id
