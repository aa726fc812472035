-- key: snapshot, host
-- of: population, captures, snapshots, panel
SELECT p.population, p.http_profile, p.snapshot, p.kind, p.snapshot_date, p.host, c.domain, p.stratum,
       CAST(p.weight AS DOUBLE) AS weight, p.time, c.status, p.outcome, p.known, p.answer
FROM population p
LEFT JOIN captures c ON c.snapshot = p.snapshot AND c.host = p.host AND c.resource = '/robots.txt'
ORDER BY p.snapshot_date, p.snapshot, p.host
