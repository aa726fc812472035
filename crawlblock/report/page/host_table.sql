-- The captures of a bounded number of a population's hosts, those first by the MD5 of their names
-- (a random sample), in the order of host and time: what each answered and where it is archived.
WITH chosen AS (
    SELECT host, coalesce((  -- of a list that gives its segments days, those
               SELECT string_agg(DISTINCT l.segment, ', ' ORDER BY l.segment) FROM list_cells l
               WHERE h.of_panel AND l.host = h.host AND l.dimension = 'stratum'),
           CAST(stratum AS VARCHAR)) AS stratum
    FROM hosts h WHERE of_panel = $of_panel
    ORDER BY md5(host), host LIMIT $most
), snapshots_of AS (
    SELECT snapshot, row_number() OVER (ORDER BY CAST(first_capture AS DATE), snapshot) - 1 AS place
    FROM scopes WHERE of_panel = $of_panel AND first_capture IS NOT NULL
)
SELECT h.host, h.stratum, s.snapshot, s.place, coalesce(c.outcome, 'not_captured') AS outcome, c.status,
       CASE WHEN c.outcome = 'ok' OR c.digest IS NULL THEN c.digest END AS digest,
       CASE WHEN c.digest IS NULL THEN 'http ' || c.status
            WHEN c.outcome = 'ok' THEN y.policy END AS answer,
       c.warc_file, c.warc_offset, c.warc_length
FROM chosen h
CROSS JOIN snapshots_of s
LEFT JOIN (
    SELECT c.*, o.place FROM captures c JOIN snapshots_of o USING (snapshot)
    WHERE c.resource = '/robots.txt'
) c ON c.host = h.host AND c.place = s.place
LEFT JOIN payloads y ON y.digest = c.digest
ORDER BY h.host, s.place;
