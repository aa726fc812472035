-- key: token
-- of: crawlers
FROM crawlers ORDER BY token
