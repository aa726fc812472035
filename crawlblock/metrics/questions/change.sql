-- title: How the same hosts changed between two snapshots
-- unit: difference of shares of hosts, -1 to 1
-- of: panel
-- note: Of the hosts that are known in both snapshots: the share that blocks / to the crawler in the later one minus the share in the earlier one, by the rules of robots.txt. n_started hosts started to block it, n_stopped hosts stopped. By span. since_first: from the first snapshot since the crawler was documented to each later one; the row with the newest to_snapshot is the whole change. year: from the end of one year to the end of the next. mode: from a snapshot of the archive to the live run within a month of it, which shows the effect of the different way of asking. mode_change says that one of the two snapshots is a live run and the other is not. Rows with a selection (see selective) are about that selection, with the crawlers that were documented in the earlier snapshot. A segment is compared from the first snapshot that knows at least half as many of its hosts as its best one. n_unknown hosts are left out, because one of the two snapshots does not have them or what it has is unknown. The interval is Newcombe's for pairs.
WITH counts AS MATERIALIZED (FROM span_counts('segment_snapshots')),
spans AS MATERIALIZED (  -- each span has a number, which is one short key in place of eight
    SELECT DISTINCT number, span, population, dimension, segment, from_snapshot, from_date,
           to_snapshot, to_date
    FROM counts
), starts AS (  -- of each crawler, the first snapshot since it was documented
    SELECT population, dimension, segment, token, min(from_date) AS from_date
    FROM spans JOIN crawlers k ON coalesce(from_date >= k.documented_since, true)
    WHERE span = 'since_first'
    GROUP BY ALL
), pairs AS MATERIALIZED (  -- with numbers as well, since many rows are added up by them
    SELECT row_number() OVER () AS pair, *
    FROM (SELECT DISTINCT answer_then, answer_now FROM counts
          WHERE answer_then IS NOT NULL AND answer_now IS NOT NULL)
), tokens AS MATERIALIZED (
    SELECT row_number() OVER () AS crawler, token FROM crawlers
), closed_tokens AS (
    SELECT pair, answer_then, answer_now, token FROM pairs JOIN not_open ON answer = answer_then
    UNION
    SELECT pair, answer_then, answer_now, token FROM pairs JOIN not_open ON answer = answer_now
), closed_pairs AS MATERIALIZED (
    SELECT p.pair, t.crawler, b.answer IS NOT NULL AND b.blocked AS first,
           a.answer IS NOT NULL AND a.blocked AS second
    FROM closed_tokens p
    JOIN tokens t USING (token)
    LEFT JOIN not_open a ON a.answer = p.answer_then AND a.token = p.token
    LEFT JOIN not_open b ON b.answer = p.answer_now AND b.token = p.token
), closed_sums AS (
    SELECT number, stratum, crawler, first, second, sum(hosts) AS hosts, sum(weight) AS weight,
           sum(weight_squared) AS weight_squared
    FROM (FROM counts JOIN pairs USING (answer_then, answer_now)) JOIN closed_pairs USING (pair)
    GROUP BY ALL
), closed AS MATERIALIZED (
    SELECT * EXCLUDE (crawler) FROM closed_sums JOIN tokens USING (crawler)
), wholes AS (
    SELECT number, stratum,
           CASE WHEN answer_then IS NOT NULL AND answer_now IS NOT NULL THEN false END AS first,
           sum(hosts) AS hosts, sum(weight) AS weight, sum(weight_squared) AS weight_squared
    FROM counts GROUP BY ALL
), sums AS (  -- all hosts as if they let the crawler in, then those that do not, once taken away
    SELECT w.*, first AS second, token FROM wholes w CROSS JOIN crawlers
    UNION ALL BY NAME
    FROM closed
    UNION ALL BY NAME
    SELECT * REPLACE (false AS first, false AS second, -hosts AS hosts, -weight AS weight,
                      -weight_squared AS weight_squared)
    FROM closed
), asked_tokens AS (
    SELECT p.*, '' AS selection
    FROM sums p
    SEMI JOIN (
        SELECT s.number, t.token
        FROM spans s
        JOIN starts t ON t.population = s.population AND t.dimension = s.dimension
            AND t.segment = s.segment
            AND CASE s.span WHEN 'since_first' THEN t.from_date = s.from_date
                            ELSE t.from_date <= s.from_date END
    ) t USING (number, token)
), span_meanings AS (  -- for the crawlers that were documented when the span began: a fixed set
    SELECT d.from_date AS snapshot_date, d.answer, k.token,
           CASE WHEN k.reused IS NOT true THEN k.purpose END AS purpose,
           k.ai AND k.reused IS NOT true AS ai, m.basis, m.blocked
    FROM (SELECT DISTINCT from_date, unnest([answer_then, answer_now]) AS answer FROM counts) d
    JOIN meanings m ON m.answer = d.answer
    JOIN crawlers k ON k.token = m.token
    WHERE coalesce(d.from_date >= k.documented_since, true)
), selected AS (FROM selections_of('span_meanings')),
asked_selections AS (
    SELECT p.number, p.stratum, '' AS token, k.selection, b.yes AS first, a.yes AS second,
           sum(p.hosts) AS hosts, sum(p.weight) AS weight, sum(p.weight_squared) AS weight_squared
    FROM counts p
    JOIN (
        FROM spans
        QUALIFY span <> 'since_first' OR from_date = min(from_date) OVER (
            PARTITION BY span, population, dimension, segment)
    ) s USING (number)
    CROSS JOIN (SELECT DISTINCT selection FROM selected) k
    LEFT JOIN selected a ON a.snapshot_date = p.from_date AND a.answer = p.answer_then
        AND a.selection = k.selection
    LEFT JOIN selected b ON b.snapshot_date = p.from_date AND b.answer = p.answer_now
        AND b.selection = k.selection
    GROUP BY ALL
), asked AS (
    FROM asked_tokens UNION ALL BY NAME FROM asked_selections
)
SELECT s.* EXCLUDE (number), c.* EXCLUDE (number) REPLACE (
           CASE WHEN n = 0 THEN 'no host is known in both snapshots' ELSE no_interval END
               AS no_interval,
           CASE WHEN n = 0 THEN 'no host is known in both snapshots' ELSE no_estimate END
               AS no_estimate)
         RENAME (n_first AS n_started, n_second AS n_stopped, first_share AS to_share,
                 second_share AS from_share),
       (f.kind = 'live') <> (t.kind = 'live') AS mode_change
FROM paired_shares('asked') c
JOIN spans s USING (number)
JOIN (SELECT snapshot, kind FROM snapshots) f ON f.snapshot = s.from_snapshot
JOIN (SELECT snapshot, kind FROM snapshots) t ON t.snapshot = s.to_snapshot
ORDER BY population, http_profile, span, token, selection, dimension, segment, from_date, to_date,
         to_snapshot, estimand DESC;
