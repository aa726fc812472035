-- title: Hosts by what they state about the training of AI models
-- unit: share of the hosts whose robots.txt could be read or is absent, 0 to 1
-- of: panel
-- note: By preference: disallowed, partly (for some paths or some crawlers), allowed, not_stated. Rules, signals and preference tokens are combined, and the most restrictive statement counts. A block of / for * counts as disallowed, and a block of some crawlers for training as partly. Permission to fetch a page states nothing about training. A header, such as tdm-reservation, applies only to the response that carries it, so it makes a host partly at most. A host without a robots.txt states nothing else. This is not legal advice. n_unknown hosts have no robots.txt that could be read. The files of the demo are reconstructions that state what the real files stated.
WITH preferences AS (
    FROM (VALUES ('disallowed'), ('partly'), ('allowed'), ('not_stated')) p(preference)
), in_headers AS (
    SELECT DISTINCT g.snapshot, h.number AS host
    FROM header_signals g JOIN hosts h ON h.host = g.host
    WHERE preference = 'disallow' AND use IN ('train', 'mine', 'all')
), stated AS (
    SELECT p.snapshot, p.snapshot_date, p.host, p.stratum, p.weight,
           CASE WHEN t.training IN ('disallowed', 'partly') THEN t.training
                WHEN i.host IS NOT NULL AND (t.training <> 'unknown' OR p.outcome = 'absent')
                    THEN 'partly'
                WHEN p.outcome = 'absent' THEN 'not_stated' ELSE t.training END AS preference
    FROM points p
    LEFT JOIN conclusions.judgements t ON t.text = p.text
    LEFT JOIN in_headers i ON i.snapshot = p.snapshot AND i.host = p.host
    WHERE p.outcome IN ('ok', 'absent')
), stating AS (
    SELECT CAST(snapshot AS VARCHAR) AS snapshot, dimension, segment,
           CAST(stratum AS VARCHAR) AS stratum, preference, sum(weight) AS yes, count(*) AS n_yes
    FROM (FROM stated SEMI JOIN preferences USING (preference)) p
    JOIN point_segments g ON g.host = p.host
        AND coalesce(p.snapshot_date BETWEEN g.since AND g.until, true)
    GROUP BY ALL
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
