-- key: token
-- of: crawlers
SELECT * EXCLUDE (id) REPLACE (array_to_string(obeys, ', ') AS obeys) FROM crawlers ORDER BY token
