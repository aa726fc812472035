-- title: How much of the followed web is still open to open data
-- unit: share of hosts, or of tokens, pages or bytes, 0 to 1
-- of: panel
-- note: The share of the same hosts that block no crawler of a fixed open-data set, by the rules of robots.txt. The set: AI crawlers whose collection is open to all, such as CCBot, without web archives, that were documented in the segment's first snapshot (crawlers says how many). The hosts: those known in the first snapshot and in this one. So a new crawler or a new host cannot change the index. change is the difference to the first snapshot over these hosts, with Newcombe's interval for pairs. Where weights are stored, a row for each corpus and unit counts each host by the weight of its domain; a few domains have most of the weight, so these rows have no interval.
WITH kept AS MATERIALIZED (FROM spans_from_first('segment_snapshots')),
open_set AS (
    SELECT f.from_date, m.answer, NOT bool_or(m.blocked) AS open, count(*) AS crawlers
    FROM (SELECT DISTINCT from_date FROM kept) f
    JOIN crawlers k ON k.ai AND k.openness = 'open' AND k.web_archive IS NOT true
        AND k.reused IS NOT true AND coalesce(f.from_date >= k.documented_since, true)
    JOIN meanings m ON m.token = k.token
    GROUP BY ALL
), followed AS MATERIALIZED (
    SELECT f.* EXCLUDE (answer_then, answer_now), a.open AS open_then, b.open AS open_now
    FROM followed_in('kept') f
    LEFT JOIN open_set a ON a.from_date = f.from_date AND a.answer = f.answer_then
    LEFT JOIN open_set b ON b.from_date = f.from_date AND b.answer = f.answer_now
), answered AS (
    SELECT * EXCLUDE (weight, hosts), CAST(sum(hosts) AS BIGINT) AS hosts,
           sum(weight * hosts) AS weight,
           sum(CAST(weight * weight AS DECIMAL(38, 6)) * hosts) AS weight_squared
    FROM followed GROUP BY ALL
), now AS (
    SELECT * EXCLUDE (open_then, open_now),
           CASE WHEN open_then IS NOT NULL THEN open_now END AS yes FROM answered
), pairs AS (
    SELECT * EXCLUDE (open_then, open_now), open_now AS first, open_then AS second FROM answered
), changes AS (
    SELECT population, dimension, segment, to_snapshot, estimand, n_first AS n_opened,
           n_second AS n_closed, second_share AS from_share, estimate AS change,
           low AS change_low, high AS change_high
    FROM paired_shares('pairs')
), amounts AS (
    SELECT p.host, domain, corpus, unit, CAST(amount AS DOUBLE) AS amount
    FROM (FROM weights UNPIVOT (amount FOR unit IN (pages, bytes, tokens)))
    JOIN weighted_hosts p USING (domain)
    WHERE amount > 0
), given AS (  -- what these hosts answered then and now
    SELECT s.* EXCLUDE (answer_then, answer_now), h.host, a.open AS open_then, b.open AS open_now
    FROM (FROM kept JOIN span_answers('kept') USING (population, from_snapshot, to_snapshot)) s
    JOIN (FROM host_histories SEMI JOIN amounts USING (host)) h USING (history)
    JOIN point_segments g ON g.host = h.host AND g.dimension = s.dimension
        AND g.segment = s.segment AND coalesce(s.from_date BETWEEN g.since AND g.until, true)
    JOIN point_segments e ON e.host = h.host AND e.dimension = s.dimension
        AND e.segment = s.segment AND coalesce(s.to_date BETWEEN e.since AND e.until, true)
    LEFT JOIN open_set a ON a.from_date = s.from_date AND a.answer = s.answer_then
    LEFT JOIN open_set b ON b.from_date = s.from_date AND b.answer = s.answer_now
), twins AS (  -- the hosts of domains with several: those that a pair of snapshots has share the weight
    FROM weighted_hosts
    QUALIFY count(*) OVER (PARTITION BY of_panel, domain) > 1
), sharing AS (
    SELECT from_snapshot, to_snapshot, domain, count(DISTINCT host) AS among
    FROM (SELECT DISTINCT from_snapshot, to_snapshot,
                 unnest([from_snapshot, to_snapshot]) AS snapshot FROM kept)
    JOIN (SELECT CAST(snapshot AS VARCHAR) AS snapshot, host, domain
          FROM points JOIN twins USING (host)) USING (snapshot)
    GROUP BY ALL
), sized AS (
    SELECT g.*, corpus, unit, amount / coalesce(among, 1) AS amount
    FROM given g
    JOIN amounts USING (host)
    LEFT JOIN sharing USING (from_snapshot, to_snapshot, domain)
), weighed AS (
    SELECT population, dimension, segment, from_snapshot, from_date, to_snapshot, to_date, corpus,
           unit, count(*) FILTER (open_then IS NOT NULL AND open_now) AS n_yes,
           count(*) FILTER (open_then IS NOT NULL AND open_now IS NOT NULL) AS n,
           count(*) FILTER (open_then IS NULL OR open_now IS NULL) AS n_unknown,
           count(*) FILTER (open_now AND NOT open_then) AS n_opened,
           count(*) FILTER (open_then AND NOT open_now) AS n_closed,
           ordered_sum(CASE WHEN open_then IS NOT NULL AND open_now IS NOT NULL
                            THEN weight * amount END) AS known,
           ordered_sum(CASE WHEN open_then IS NOT NULL AND open_now
                            THEN weight * amount ELSE 0 END) AS open_share,
           ordered_sum(CASE WHEN open_now IS NOT NULL AND open_then
                            THEN weight * amount ELSE 0 END) AS open_before,
           ordered_sum(CASE WHEN open_then IS NULL OR open_now IS NULL
                            THEN weight * amount ELSE 0 END) AS unknown,
           CASE WHEN bool_or(weight <> 1) THEN 'sample' ELSE 'list' END AS estimand
    FROM sized JOIN hosts ON number = sized.host
    GROUP BY ALL
), results AS (
    SELECT s.*, '' AS corpus, 'hosts' AS unit, c.* EXCLUDE (population, dimension, segment,
                                                            to_snapshot, estimand)
    FROM shares_of('now') s
    JOIN changes c USING (population, dimension, segment, to_snapshot, estimand)
    UNION ALL BY NAME
    SELECT * EXCLUDE (known, open_share, open_before, unknown), http_profile() AS http_profile,
           open_share / nullif(known, 0) AS estimate,
           open_before / nullif(known, 0) AS from_share,
           estimate - from_share AS change, open_share / nullif(known + unknown, 0) AS bound_low,
           (open_share + unknown) / nullif(known + unknown, 0) AS bound_high,
           coalesce(no_estimate(n, n_unknown, estimate := estimate),
                    'a few domains hold most of the weight') AS no_interval,
           no_estimate(n, n_unknown, estimate := estimate) AS no_estimate
    FROM weighed
)
SELECT r.* RENAME (to_snapshot AS snapshot, to_date AS snapshot_date), o.crawlers
FROM results r
JOIN (SELECT DISTINCT from_date, crawlers FROM open_set) o USING (from_date)
ORDER BY population, http_profile, snapshot_date, snapshot, dimension, segment, corpus, unit,
         estimand DESC;
