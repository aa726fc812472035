-- title: What the snapshots cover
-- unit: share of hosts, 0 to 1
-- note: Of the population's hosts: captured (anything on record), told (what it means is known), and each outcome. A break is a change in how the archive was made that lies between this snapshot and the one before: a change of a share there may come from the archive.
WITH seen AS (
    FROM point_counts
), measures AS (
    SELECT DISTINCT population, outcome AS measure FROM seen
    UNION SELECT DISTINCT population, unnest(['captured', 'told']) FROM seen
), claims AS (
    SELECT s.population, reading, snapshot, kind, snapshot_date, m.measure, CAST(sum(hosts) AS BIGINT) AS n,
           CAST(0 AS BIGINT) AS n_unknown,
           CAST(coalesce(sum(hosts) FILTER (holds), 0) AS BIGINT) AS n_hosts,
           CAST(coalesce(sum(weight) FILTER (holds), 0) / sum(weight) AS DOUBLE) AS estimate,
           CAST(sum(weight) AS DOUBLE) ** 2
               / CAST(sum(weight_squared) AS DOUBLE) AS effective_n
    FROM seen s
    JOIN measures m ON m.population = s.population,
    LATERAL (SELECT CASE m.measure
                 WHEN 'captured' THEN s.outcome <> 'not_captured'
                 WHEN 'told' THEN s.told
                 ELSE s.outcome = m.measure
             END AS holds)
    GROUP BY ALL
), steps AS (
    SELECT population, snapshot, snapshot_date,
           lag(snapshot_date) OVER (PARTITION BY population ORDER BY snapshot_date, snapshot)
               AS date_before
    FROM (SELECT DISTINCT population, snapshot, snapshot_date FROM seen WHERE kind = 'crawl')
), broken AS (
    SELECT s.population, s.snapshot, string_agg(b.id, '; ' ORDER BY b.date, b.id) AS break_ids,
           string_agg(b.title, '; ' ORDER BY b.date, b.id) AS break_titles
    FROM steps s
    JOIN breaks b ON b.date > s.date_before AND b.date <= s.snapshot_date
    GROUP BY ALL
)
SELECT c.population, reading, c.snapshot, kind, snapshot_date, measure, n, n_unknown, n_hosts,
       estimate, wilson_low(estimate, effective_n) AS low,
       wilson_high(estimate, effective_n) AS high, break_ids, break_titles
FROM claims c
LEFT JOIN broken b ON b.population = c.population AND b.snapshot = c.snapshot
ORDER BY population, reading, snapshot_date, snapshot, measure;
