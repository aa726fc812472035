-- key: token
-- of: crawlers
SELECT * EXCLUDE (id) FROM crawlers ORDER BY token
