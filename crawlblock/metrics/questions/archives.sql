-- title: Web archives that sites block, and whether they let search in
-- unit: share of hosts, 0 to 1
-- of: panel
-- note: By archive, by the rules of robots.txt for /, over the same hosts: those known in the segment's first snapshot and in this one. An archive with several crawlers is blocked where one of them is blocked, and has a row for each crawler as well (token); crawlers counts those documented in the first snapshot. national libraries: the web archives of national libraries together. any web archive: all but Common Crawl, which collects data for research and has its own rows. By measure. blocked: by a group that names a crawler of the archive or by the group for all crawlers. blocked by name: by a group that names the crawler or another token that it obeys. blocked, search let in: blocked, while Googlebot and bingbot may crawl. A name that another operator used before, such as ia_archiver, counts for the archive that has it today, so old blocks may have been meant for the other. change is the difference to the first snapshot over these hosts, with Newcombe's interval for pairs. A robots.txt does not say whether an archive obeys it.
WITH kept AS MATERIALIZED (FROM spans_from_first('segment_snapshots')),
set_meanings AS (  -- for the crawlers that were documented when the span began: a fixed set
    SELECT f.from_date AS snapshot_date, m.answer, m.token, m.blocked, m.basis
    FROM (SELECT DISTINCT from_date FROM kept) f
    CROSS JOIN meanings m
    JOIN crawlers k ON k.token = m.token
    WHERE coalesce(f.from_date >= k.documented_since, true)
), sets AS MATERIALIZED (FROM archives_of('set_meanings')),
kinds AS (SELECT DISTINCT snapshot_date, archive, token, measure, crawlers FROM sets),
answered AS (
    SELECT * EXCLUDE (weight, hosts), CAST(sum(hosts) AS BIGINT) AS hosts,
           sum(weight * hosts) AS weight,
           sum(CAST(weight * weight AS DECIMAL(38, 6)) * hosts) AS weight_squared
    FROM followed_in('kept')
    GROUP BY ALL
), asked AS MATERIALIZED (
    SELECT c.* EXCLUDE (answer_then, answer_now, hosts, weight, weight_squared),
           k.* EXCLUDE (snapshot_date), b.yes AS first, a.yes AS second, sum(c.hosts) AS hosts,
           sum(c.weight) AS weight, sum(c.weight_squared) AS weight_squared
    FROM answered c
    JOIN kinds k ON k.snapshot_date = c.from_date
    LEFT JOIN sets a ON a.snapshot_date = c.from_date AND a.answer = c.answer_then
        AND a.archive = k.archive AND a.token = k.token AND a.measure = k.measure
    LEFT JOIN sets b ON b.snapshot_date = c.from_date AND b.answer = c.answer_now
        AND b.archive = k.archive AND b.token = k.token AND b.measure = k.measure
    GROUP BY ALL
), now AS (
    SELECT * EXCLUDE (first, second), CASE WHEN second IS NOT NULL THEN first END AS yes FROM asked
), changes AS (
    SELECT population, dimension, segment, to_snapshot, archive, token, measure, estimand,
           second_share AS from_share,
           CASE WHEN n = 0 THEN 'there is no estimate'
                WHEN from_snapshot = to_snapshot THEN 'this is the first snapshot' END AS no_change,
           CASE WHEN no_change IS NULL THEN n_first END AS n_started,
           CASE WHEN no_change IS NULL THEN n_second END AS n_stopped,
           CASE WHEN no_change IS NULL THEN estimate END AS change,
           CASE WHEN no_change IS NULL THEN low END AS change_low,
           CASE WHEN no_change IS NULL THEN high END AS change_high
    FROM paired_shares('asked')
), results AS (
    SELECT *, CASE WHEN crawlers = 0 THEN 'no crawler of a web archive is known'
                   WHEN n = 0 AND from_snapshot <> to_snapshot
                       THEN 'no host is known in both snapshots' END AS reason
    FROM shares_of('now')
    JOIN changes USING (population, dimension, segment, to_snapshot, archive, token, measure,
                        estimand)
)
SELECT * EXCLUDE (reason)
         REPLACE (coalesce(reason, no_estimate) AS no_estimate,
                  coalesce(reason, no_interval) AS no_interval)
         RENAME (to_snapshot AS snapshot, to_date AS snapshot_date)
FROM results
ORDER BY population, http_profile, snapshot_date, snapshot, dimension, segment, archive, token,
         measure, estimand DESC;
