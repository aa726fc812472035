-- title: Hosts that state a wish beside the rules
-- unit: share of the hosts whose robots.txt could be read, 0 to 1
-- note: By kind of signal, what use it is about and what it wishes (a delay of any length is one). A host counts once for each, whatever group the signal stands in. n_unknown hosts have no robots.txt that could be read; headers are not counted.
WITH wishes AS (
    SELECT DISTINCT digest, kind, coalesce(use, 'none') AS use,
           CASE WHEN kind = 'crawl-delay' THEN 'delay' ELSE wish END AS wish
    FROM signals
), stated AS MATERIALIZED (  -- or DuckDB 1.5 joins all hosts with all snapshots first
    SELECT c.snapshot, s.of_panel, c.host, c.digest
    FROM captures c
    SEMI JOIN wishes w ON w.digest = c.digest
    JOIN scopes s ON s.snapshot = c.snapshot
    WHERE c.resource = '/robots.txt' AND c.outcome = 'ok'
), texts AS (
    SELECT t.snapshot, CAST(h.stratum AS VARCHAR) AS stratum, t.digest, count(*) AS hosts, sum(h.weight) AS weight
    FROM stated t
    JOIN hosts h ON h.of_panel = t.of_panel AND h.host = t.host
    GROUP BY ALL
), wholes AS (
    SELECT population, reading, snapshot, snapshot_date, stratum, sum(weight) AS total,
           coalesce(sum(weight) FILTER (read), 0) AS known,
           coalesce(sum(weight_squared) FILTER (read), 0) AS known_squared,
           coalesce(sum(hosts) FILTER (read), 0) AS n,
           coalesce(sum(hosts) FILTER (NOT read), 0) AS n_unknown
    FROM (SELECT *, outcome = 'ok' AND NOT starts_with(coalesce(answer, ''), 'http ') AS read
          FROM point_counts)
    WHERE population = 'captured'
       OR snapshot NOT IN (FROM left_out_snapshots)
    GROUP BY ALL
), stating AS (
    SELECT snapshot, stratum, kind, use, wish, sum(weight) AS yes,
           sum(hosts) AS n_stating
    FROM texts JOIN wishes USING (digest) GROUP BY ALL
), shares AS (
    SELECT w.population, reading, w.snapshot, snapshot_date, k.kind, k.use, k.wish,
           CAST(sum(n) AS BIGINT) AS n, CAST(sum(n_unknown) AS BIGINT) AS n_unknown,
           CAST(coalesce(sum(n_stating), 0) AS BIGINT) AS n_stating,
           stratified_share(total, known, coalesce(yes, 0)) AS estimate,
           effective_n(total, known, known_squared) AS effective_n
    FROM wholes w
    CROSS JOIN (SELECT DISTINCT kind, use, wish FROM wishes) k
    LEFT JOIN stating s ON s.snapshot = w.snapshot AND s.stratum = w.stratum AND s.kind = k.kind AND s.use = k.use AND s.wish = k.wish
    GROUP BY ALL
)
SELECT population, reading, snapshot, snapshot_date, kind, use, wish, n, n_unknown, n_stating,
       estimate, wilson_low(estimate, effective_n) AS low,
       wilson_high(estimate, effective_n) AS high
FROM shares
ORDER BY population, reading, snapshot_date, snapshot, kind, use, wish;
