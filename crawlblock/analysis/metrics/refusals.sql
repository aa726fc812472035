-- title: Hosts that refuse a crawler
-- unit: share of hosts, 0 to 1
-- note: By definition: root (/ may not be fetched), full, all_but or partial (that restriction), any (a restriction of any kind). n hosts could be told, n_unknown could not; the bounds take all unknown hosts as open and as refusing. Wildcard and HTTP refusals are included; crawlers are counted since they were documented.
WITH counts AS (
    SELECT population, reading, snapshot, snapshot_date, stratum, token, restriction,
           root_allowed, sum(hosts) AS hosts, sum(weight) AS weight,
           sum(weight_squared) AS weight_squared
    FROM access_counts GROUP BY ALL
), defined AS (
    SELECT c.*, d.definition,
           CASE d.definition
               WHEN 'root' THEN NOT root_allowed
               WHEN 'any' THEN nullif(restriction, 'unknown') <> 'none'
               ELSE nullif(restriction, 'unknown') = d.definition
           END AS refusing
    FROM counts c
    CROSS JOIN (VALUES ('root'), ('full'), ('all_but'), ('partial'), ('any')) d(definition)
), strata AS (
    SELECT population, reading, snapshot, snapshot_date, token, definition, stratum,
           sum(weight) AS total,
           coalesce(sum(weight) FILTER (refusing IS NOT NULL), 0) AS known,
           coalesce(sum(weight_squared) FILTER (refusing IS NOT NULL), 0) AS known_squared,
           coalesce(sum(weight) FILTER (refusing), 0) AS yes,
           coalesce(sum(hosts) FILTER (refusing IS NOT NULL), 0) AS n,
           coalesce(sum(hosts) FILTER (refusing IS NULL), 0) AS n_unknown,
           coalesce(sum(hosts) FILTER (refusing), 0) AS n_refusing
    FROM defined GROUP BY ALL
), claims AS (
    SELECT population, reading, snapshot, snapshot_date, token, definition,
           CAST(sum(n) AS BIGINT) AS n, CAST(sum(n_unknown) AS BIGINT) AS n_unknown,
           CAST(sum(n_refusing) AS BIGINT) AS n_refusing,
           stratified_share(total, known, yes) AS estimate,
           effective_n(total, known, known_squared) AS effective_n,
           CAST(sum(yes) / sum(total) AS DOUBLE) AS bound_low,
           CAST(sum(yes + total - known) / sum(total) AS DOUBLE) AS bound_high
    FROM strata GROUP BY ALL
)
SELECT population, reading, snapshot, snapshot_date, token, operator, purpose, openness, ai,
       retired, definition,
       n, n_unknown, n_refusing, estimate, wilson_low(estimate, effective_n) AS low,
       wilson_high(estimate, effective_n) AS high, bound_low, bound_high
FROM claims
JOIN crawlers USING (token)
ORDER BY population, reading, snapshot_date, snapshot, token, definition;
