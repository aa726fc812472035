-- title: Hosts by what they state about the training of AI models
-- unit: share of the hosts whose robots.txt could be read or is absent, 0 to 1
-- of: panel
-- note: By preference: disallowed, partly (for some paths or some crawlers), allowed, not_stated. Rules, signals and preference tokens are combined, and the most restrictive statement counts. A block of / for * is a statement, a block of some crawlers for training is one in part, and that crawlers may fetch a page is none. A header, such as tdm-reservation, applies to the response that carries it: it makes a host partly at most. A host without a robots.txt states nothing else. This is not legal advice. n_unknown hosts have no robots.txt that could be read. The files of the demo are reconstructed, and state what the real files stated.
WITH preferences AS (
    FROM (VALUES ('disallowed'), ('partly'), ('allowed'), ('not_stated')) p(preference)
), in_headers AS (
    SELECT DISTINCT snapshot, host FROM header_signals
    WHERE preference = 'disallow' AND use IN ('train', 'mine', 'all')
), texts AS (
    SELECT c.snapshot, g.dimension, g.segment, CAST(h.stratum AS VARCHAR) AS stratum,
           CASE WHEN t.preference IN ('disallowed', 'partly') THEN t.preference
                WHEN i.host IS NOT NULL AND (t.preference <> 'unknown' OR c.outcome = 'absent')
                    THEN 'partly'
                WHEN c.outcome = 'absent' THEN 'not_stated' ELSE t.preference END AS preference,
           count(*) AS hosts, sum(h.weight) AS weight
    FROM captures c
    JOIN scopes s ON s.snapshot = c.snapshot
    JOIN hosts h ON h.of_panel = s.of_panel AND h.host = c.host
    JOIN point_segments g ON g.host = h.number
        AND coalesce(CAST(s.first_capture AS DATE) BETWEEN g.since AND g.until, true)
    LEFT JOIN (SELECT *, 'ok' AS outcome FROM training_preferences) t  -- else not joined by hash
        ON t.digest = c.digest AND t.outcome = c.outcome
    LEFT JOIN in_headers i ON i.snapshot = c.snapshot AND i.host = c.host
    WHERE c.resource = '/robots.txt' AND c.outcome IN ('ok', 'absent')
    GROUP BY ALL
), stating AS (
    SELECT snapshot, dimension, segment, stratum, preference, sum(weight) AS yes, sum(hosts) AS n_yes
    FROM texts SEMI JOIN preferences USING (preference) GROUP BY ALL
), read AS (
    SELECT * EXCLUDE (kind, outcome, answer, known),
           CASE WHEN known AND outcome IN ('ok', 'absent') THEN true END AS yes
    FROM segment_counts
    WHERE population = 'captured' OR snapshot NOT IN (FROM left_out_snapshots)
), strata AS (
    SELECT r.* REPLACE (coalesce(s.yes, 0) AS yes, coalesce(s.n_yes, 0) AS n_yes), p.preference
    FROM strata_of('read') r
    CROSS JOIN preferences p
    LEFT JOIN stating s USING (snapshot, dimension, segment, stratum, preference)
)
FROM stratified_shares('strata')
ORDER BY population, http_profile, snapshot_date, snapshot, dimension, segment, preference,
         estimand DESC;
