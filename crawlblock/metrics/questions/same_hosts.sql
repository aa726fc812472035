-- title: The same hosts throughout
-- unit: share of hosts, 0 to 1
-- of: panel
-- note: Hosts that block / to the crawler, by the rules of robots.txt and by how the series is made. AI crawlers only. balanced: the panel's hosts that are known in every snapshot since the crawler was documented, so that no change comes from other hosts. carried: an unknown host counts with its last known answer, if that is at most 120 days old. blocked has the cross-section. Strata count by their hosts in the series.
WITH sound AS (
    SELECT snapshot, snapshot_date, history, weight, hosts, answer
    FROM histories JOIN history_answers USING (history)
    WHERE population = 'panel' AND snapshot NOT IN (FROM left_out_snapshots)
), starts AS (  -- crawlers documented between the same two snapshots share their series
    SELECT k.token, min(s.snapshot_date) AS start
    FROM crawlers k
    JOIN (SELECT DISTINCT snapshot_date FROM sound) s
        ON coalesce(s.snapshot_date >= k.documented_since, true)
    WHERE k.ai GROUP BY k.token
), unseen AS (  -- hosts that were not known or not followed once
    SELECT h.history, s.snapshot_date
    FROM (SELECT DISTINCT snapshot, snapshot_date FROM sound) s
    CROSS JOIN (SELECT history FROM sound GROUP BY history
                HAVING count(answer) < (SELECT count(DISTINCT snapshot) FROM sound)) h
    ANTI JOIN (FROM sound WHERE answer IS NOT NULL) k
        ON k.history = h.history AND k.snapshot = s.snapshot
), gaps AS (  -- and when last
    SELECT history, max(snapshot_date) AS unknown_on FROM unseen GROUP BY history
), balanced AS (
    SELECT snapshot, snapshot_date, answer, weight, unknown_on, sum(hosts) AS hosts
    FROM sound LEFT JOIN gaps USING (history) GROUP BY ALL
), latest AS (
    SELECT snapshot, snapshot_date, weight, hosts,
           last_value(answer IGNORE NULLS) OVER earlier AS answer,
           last_value(CASE WHEN answer IS NOT NULL THEN snapshot_date END IGNORE NULLS) OVER earlier
               AS since
    FROM sound SEMI JOIN gaps USING (history)
    WINDOW earlier AS (PARTITION BY history ORDER BY snapshot_date, snapshot)
), carried AS (
    SELECT snapshot, snapshot_date, weight,
           CASE WHEN snapshot_date - since <= 120 THEN answer END AS answer, sum(hosts) AS hosts
    FROM latest GROUP BY ALL
    UNION ALL
    SELECT snapshot, snapshot_date, weight, answer, hosts FROM balanced WHERE unknown_on IS NULL
), cells AS (
    SELECT 'balanced' AS series, start, snapshot, snapshot_date, answer, sum(hosts) AS hosts,
           CAST(sum(weight * hosts) AS DOUBLE) AS weight,
           CAST(sum(CAST(weight * weight AS DECIMAL(38, 6)) * hosts) AS DOUBLE) AS squared
    FROM balanced b
    JOIN (SELECT DISTINCT start FROM starts) t
        ON b.snapshot_date >= t.start AND coalesce(b.unknown_on < t.start, true)
    GROUP BY ALL
    UNION ALL
    SELECT 'carried', NULL, snapshot, snapshot_date, answer, sum(hosts),
           CAST(sum(weight * hosts) AS DOUBLE),
           CAST(sum(CAST(weight * weight AS DECIMAL(38, 6)) * hosts) AS DOUBLE)
    FROM carried GROUP BY ALL
), strata AS (  -- the series counts its hosts as one stratum
    SELECT c.series, snapshot, snapshot_date, t.token, 'all' AS stratum,
           CAST(coalesce(sum(hosts) FILTER (blocked IS NOT NULL), 0) AS BIGINT) AS n,
           CAST(coalesce(sum(hosts) FILTER (blocked IS NULL), 0) AS BIGINT) AS n_unknown,
           CAST(coalesce(sum(hosts) FILTER (blocked), 0) AS BIGINT) AS n_yes,
           coalesce(ordered_sum(CASE WHEN blocked IS NOT NULL THEN weight END), 0) AS known,
           coalesce(ordered_sum(CASE WHEN blocked IS NULL THEN weight END), 0) AS unknown,
           ordered_sum(CASE WHEN blocked IS NOT NULL THEN squared END) AS known_squared,
           ordered_sum(CASE WHEN blocked THEN weight ELSE 0 END) AS yes,
           known + unknown AS total, total AS at_most
    FROM cells c
    JOIN starts t ON c.snapshot_date >= t.start AND (c.start = t.start OR c.series = 'carried')
    LEFT JOIN meanings m ON m.answer = c.answer AND m.token = t.token
    GROUP BY ALL
)
SELECT *, 'panel' AS population FROM stratified_shares('strata')
ORDER BY series, snapshot_date, snapshot, token, estimand DESC;
