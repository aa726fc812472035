-- title: Whether hosts that block become unreadable more often
-- unit: difference of the risk of being unreadable in the next snapshot, -1 to 1
-- of: panel
-- note: Of the panel's hosts that could be read in a snapshot, those that block / to the crawler are compared with those that do not: how many could not be read in the next one. Difference and odds ratio are Mantel and Haenszel's over all pairs of snapshots, each stratum by itself. The interval allows for the fact that the same hosts occur in many pairs. An interval that does not contain 0 shows that unknown hosts differ from the others, so shares of the known ones are biased. n counts pairs of a host and a snapshot, n_unknown those that could not be read in the first. Hosts count without weights. A segment whose unreadable files were replaced by older ones (see the sources of an import) loses no hosts, and its difference means little.
WITH exposures AS (
    SELECT m.answer, k.token, k.documented_since, m.blocked AS blocking
    FROM meanings m
    JOIN crawlers k ON k.token = m.token AND k.token IN ('*', 'CCBot', 'GPTBot')
    WHERE m.blocked IS NOT NULL
), codes AS (  -- few: hosts with the same ones in every snapshot are counted together
    SELECT answer, list(blocking ORDER BY token) AS code FROM exposures GROUP BY answer
), tokens AS (
    SELECT token, documented_since, row_number() OVER (ORDER BY token) AS place
    FROM (SELECT DISTINCT token, documented_since FROM exposures)
), times AS (
    SELECT snapshot, snapshot_date, lead(snapshot) OVER (ORDER BY snapshot_date, snapshot) AS next
    FROM (
        SELECT DISTINCT snapshot, snapshot_date FROM point_counts WHERE population = 'panel'
            AND snapshot NOT IN (FROM left_out_snapshots)
    )
), keys AS MATERIALIZED (  -- of what a host may do in a snapshot; all of its keys tell its path
    SELECT p.snapshot, p.answer, c.code, md5_number(
               CAST(p.snapshot AS VARCHAR) || ' ' || coalesce(CAST(c.code AS VARCHAR), '-')) AS key
    FROM (SELECT DISTINCT snapshot, answer FROM history_answers) p
    JOIN times t ON t.snapshot = p.snapshot
    LEFT JOIN codes c ON c.answer = p.answer
), days AS (
    SELECT host, dimension, segment,
           list({'since': since, 'until': until} ORDER BY since) AS days
    FROM point_segments SEMI JOIN histories ON history = host GROUP BY ALL
), paths AS (
    SELECT g.dimension, g.segment, g.days, min(h.host) AS host, CAST(stratum AS VARCHAR) AS stratum,
           CAST(sum(h.hosts) AS BIGINT) AS hosts
    FROM (
        SELECT h.history AS host, h.stratum, h.hosts, bit_xor(k.key) AS path
        FROM histories h
        JOIN history_answers p USING (history)
        JOIN keys k ON k.snapshot = p.snapshot AND k.answer IS NOT DISTINCT FROM p.answer
        WHERE h.population = 'panel' GROUP BY ALL
    ) h
    JOIN days g USING (host)
    GROUP BY g.dimension, g.segment, g.days, path, stratum
), taken AS (
    SELECT paths.dimension, paths.segment, paths.host AS number, paths.stratum, hosts, p.snapshot, code
    FROM history_answers p
    JOIN paths ON paths.host = p.history
    JOIN keys k ON k.snapshot = p.snapshot AND k.answer IS NOT DISTINCT FROM p.answer
    WHERE len(list_filter(days, d -> coalesce(p.snapshot_date BETWEEN d.since AND d.until, true))) > 0
), steps AS (
    SELECT t.dimension, t.segment, t.number, t.stratum, t.hosts, t.snapshot, s.snapshot_date, t.code, l.code IS NULL AS lost
    FROM taken t
    JOIN times s ON s.snapshot = t.snapshot
    JOIN taken l ON l.dimension = t.dimension AND l.segment = t.segment AND l.number = t.number
        AND l.stratum = t.stratum AND l.snapshot = s.next
), exposed AS (
    SELECT s.*, t.token, s.code[t.place] AS blocking
    FROM steps s CROSS JOIN tokens t
    WHERE coalesce(s.snapshot_date >= t.documented_since, true)
), tables AS (
    SELECT token, dimension, segment, snapshot, stratum,
           CAST(coalesce(sum(hosts) FILTER (blocking AND lost), 0) AS DOUBLE) AS a,
           CAST(coalesce(sum(hosts) FILTER (blocking), 0) AS DOUBLE) AS n1,
           CAST(coalesce(sum(hosts) FILTER (NOT blocking AND lost), 0) AS DOUBLE) AS b,
           CAST(coalesce(sum(hosts) FILTER (NOT blocking), 0) AS DOUBLE) AS n0
    FROM exposed GROUP BY ALL
), residuals AS (
    SELECT token, dimension, segment, stratum, number, any_value(hosts) AS hosts,
           ordered_sum(mh_residual(CAST(lost AS INTEGER), 1, blocking, a, n1, b, n0)) AS residual
    FROM exposed JOIN tables USING (token, dimension, segment, snapshot, stratum)
    WHERE blocking IS NOT NULL AND n1 > 0 AND n0 > 0 GROUP BY ALL
), errors AS (
    SELECT token, dimension, segment, sum(hosts) AS hosts,
           ordered_sum(hosts * residual ** 2) AS squares
    FROM residuals GROUP BY ALL
), unread AS (
    SELECT token, dimension, segment,
           CAST(coalesce(sum(hosts) FILTER (blocking IS NULL), 0) AS BIGINT) AS n_unknown
    FROM exposed GROUP BY ALL
), totals AS (
    SELECT token, dimension, segment, CAST(sum(n1 + n0) AS BIGINT) AS n, CAST(sum(n1) AS BIGINT) AS n_blocked,
           CAST(sum(a) AS BIGINT) AS n_lost_blocked, CAST(sum(b) AS BIGINT) AS n_lost_open,
           mh_risk_difference(a, n1, b, n0) AS estimate, mh_odds_ratio(a, n1, b, n0) AS odds_ratio,
           ordered_sum(n1 * n0 / nullif(n1 + n0, 0)) AS divisor
    FROM tables GROUP BY token, dimension, segment
), results AS (
    SELECT c.*, n_unknown, sqrt(squares * hosts / nullif(hosts - 1, 0)) / divisor AS error
    FROM totals c
    JOIN unread USING (token, dimension, segment)
    LEFT JOIN errors USING (token, dimension, segment)
)
SELECT *, 'as_if_sample' AS estimand, 'panel' AS population, http_profile() AS http_profile,
       as_difference(estimate - 1.959963984540054 * error) AS low,
       as_difference(estimate + 1.959963984540054 * error) AS high,
       CASE WHEN error > 0 THEN two_sided_p(estimate / error) END AS p,
       CASE WHEN estimate IS NULL OR error IS NULL
            THEN 'a single host says nothing about the others' END AS no_interval,
       CASE WHEN estimate IS NULL THEN 'no host was lost, or all hosts are alike' END AS no_estimate
FROM results
ORDER BY token, dimension, segment;
