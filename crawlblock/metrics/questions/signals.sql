-- title: Hosts that state a preference by a signal
-- unit: share of the hosts whose robots.txt could be read, 0 to 1
-- of: panel
-- note: By kind of signal, the use it is about and the preference it states (a delay of any length is one). A host counts once for each combination, whichever group of the file has the signal. Signals in headers have kinds of their own, such as header tdm-reservation; not every source keeps headers. n_unknown hosts have no robots.txt that could be read.
WITH preferences AS (
    SELECT DISTINCT text, kind, coalesce(use, 'none') AS use,
           CASE WHEN kind = 'crawl-delay' THEN 'delay' ELSE preference END AS preference
    FROM conclusions.signals
), in_headers AS (
    SELECT DISTINCT snapshot, host, kind, coalesce(use, 'none') AS use, preference
    FROM header_signals WHERE outcome = 'ok'
), stating AS (
    SELECT snapshot, dimension, segment, stratum, kind, use, preference, sum(weight) AS yes,
           sum(hosts) AS n_yes
    FROM texts_of('preferences') JOIN preferences USING (text) GROUP BY ALL
    UNION ALL
    SELECT CAST(p.snapshot AS VARCHAR), s.dimension, s.segment, CAST(p.stratum AS VARCHAR), g.kind,
           g.use, g.preference, sum(p.weight), count(*)
    FROM points p
    JOIN hosts h ON h.number = p.host
    JOIN in_headers g ON g.snapshot = p.snapshot AND g.host = h.host
    JOIN point_segments s ON s.host = p.host
        AND coalesce(p.snapshot_date BETWEEN s.since AND s.until, true)
    GROUP BY ALL
), read AS (
    SELECT * EXCLUDE (kind, outcome, answer, known),
           nullif(outcome = 'ok' AND NOT starts_with(coalesce(answer, ''), 'http '), false) AS yes
    FROM segment_counts
    WHERE population = 'captured' OR snapshot NOT IN (FROM left_out_snapshots)
), strata AS (
    SELECT r.* REPLACE (coalesce(s.yes, 0) AS yes, coalesce(s.n_yes, 0) AS n_yes),
           k.kind, k.use, k.preference
    FROM strata_of('read') r
    CROSS JOIN (
        SELECT kind, use, preference FROM preferences
        UNION SELECT kind, use, preference FROM in_headers
    ) k
    LEFT JOIN stating s USING (snapshot, dimension, segment, stratum, kind, use, preference)
)
FROM stratified_shares('strata')
ORDER BY population, http_profile, snapshot_date, snapshot, dimension, segment, kind, use,
         preference, estimand DESC;
