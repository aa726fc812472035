-- key: snapshot, host, resource
-- of: captures
FROM captures ORDER BY snapshot, host, resource
