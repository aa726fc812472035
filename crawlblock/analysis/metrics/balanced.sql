-- title: The same hosts throughout
-- unit: share of hosts, 0 to 1
-- note: Hosts that refuse / to the crawler, by how the series is held together. balanced: the panel's hosts that could be told in every snapshot since the crawler is documented, so that no change of it comes from other hosts; carried: a host that could not be told counts as it was last told, at most 120 days before. refusals has the cross-section. Strata count by their hosts in the series.
WITH sound AS (
    SELECT population, reading, snapshot, snapshot_date, host, weight, answer,
           coalesce(answer IN (SELECT answer FROM meanings WHERE root_allowed IS NOT NULL), false)
               AS told
    FROM population
    WHERE population = 'panel'
      AND snapshot NOT IN (SELECT snapshot FROM incomplete_snapshots
                           UNION ALL SELECT snapshot FROM suspect_snapshots)
), starts AS (  -- crawlers documented between the same two snapshots share their series
    SELECT k.token, min(s.snapshot_date) AS start
    FROM crawlers k
    JOIN (SELECT DISTINCT snapshot_date FROM sound) s
        ON coalesce(s.snapshot_date >= k.documented_since, true)
    WHERE k.ai GROUP BY k.token
), always AS (
    SELECT d.start, s.host
    FROM (SELECT DISTINCT start FROM starts) d
    JOIN sound s ON s.snapshot_date >= d.start
    GROUP BY ALL HAVING bool_and(told)
), carried AS (
    SELECT *, last_value(CASE WHEN told THEN answer END IGNORE NULLS) OVER earlier AS standing,
           last_value(CASE WHEN told THEN snapshot_date END IGNORE NULLS) OVER earlier AS since
    FROM sound
    WINDOW earlier AS (PARTITION BY host ORDER BY snapshot_date, snapshot)
), cells AS (
    SELECT 'balanced' AS series, a.start, reading, snapshot, snapshot_date, answer,
           count(*) AS hosts, CAST(sum(weight) AS DOUBLE) AS weight,
           CAST(sum(CAST(weight * weight AS DECIMAL(38, 6))) AS DOUBLE) AS squared
    FROM sound s JOIN always a ON a.host = s.host AND s.snapshot_date >= a.start
    GROUP BY ALL
    UNION ALL
    SELECT 'carried', NULL, reading, snapshot, snapshot_date,
           CASE WHEN snapshot_date - since <= 120 THEN standing END,
           count(*), CAST(sum(weight) AS DOUBLE),
           CAST(sum(CAST(weight * weight AS DECIMAL(38, 6))) AS DOUBLE)
    FROM carried GROUP BY ALL
), shares AS (
    SELECT c.series, reading, snapshot, snapshot_date, t.token,
           CAST(coalesce(sum(hosts) FILTER (root_allowed IS NOT NULL), 0) AS BIGINT) AS n,
           CAST(coalesce(sum(hosts) FILTER (root_allowed IS NULL), 0) AS BIGINT) AS n_unknown,
           CAST(coalesce(sum(hosts) FILTER (NOT root_allowed), 0) AS BIGINT) AS n_refusing,
           ordered_sum(CASE WHEN root_allowed IS NOT NULL THEN weight END) AS known,
           ordered_sum(CASE WHEN root_allowed IS NOT NULL THEN squared END) AS known_squared,
           ordered_sum(CASE WHEN NOT root_allowed THEN weight ELSE 0 END) AS yes
    FROM cells c
    JOIN starts t ON c.snapshot_date >= t.start AND (c.start = t.start OR c.series = 'carried')
    LEFT JOIN meanings m ON m.answer = c.answer AND m.token = t.token
    GROUP BY ALL
)
SELECT 'panel' AS population, reading, series, snapshot, snapshot_date, token, n, n_unknown,
       n_refusing, yes / nullif(known, 0) AS estimate,
       wilson_low(yes / nullif(known, 0), known ** 2 / nullif(known_squared, 0)) AS low,
       wilson_high(yes / nullif(known, 0), known ** 2 / nullif(known_squared, 0)) AS high
FROM shares
ORDER BY series, snapshot_date, snapshot, token;
