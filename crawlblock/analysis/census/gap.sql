-- title: How much more one kind of crawler is refused than another in a whole crawl
-- unit: difference of shares of hosts or of registered domains, -1 to 1
-- note: The share of hosts that refuse / to the first less the share that refuse it to the second, among the same hosts; a set is refused if one of its crawlers is. open data: AI crawlers whose collection is open to all; closed training: the training crawlers of closed operators; each from the day it is documented: first_crawlers and second_crawlers say how many it had. first_only and second_only are the hosts that refuse one side alone. n_unknown hosts could not be told and are left out. population hosts: every host of which the merged files hold a robots.txt request, by its newest good capture; domains: every registered domain, by its apex host, else its www, else its host with the shortest name. low and high are the 95 % interval of drawing WARC files, which are clusters of hosts: empty from a single file, both the estimate of a whole crawl, which has no such error. A host that lies in many files is more surely in a share of them. The interval is Newcombe's for pairs, of as many hosts as the files are worth.
WITH sides AS (
    SELECT 'open data - closed training' AS comparison, openness = 'open' AS is_first, token
    FROM crawlers WHERE ai AND (openness = 'open' OR purpose = 'training')
    UNION ALL
    SELECT first || ' - ' || second, token = first, token
    FROM (VALUES ('CCBot', 'GPTBot'), ('CCBot', 'ClaudeBot'), ('CCBot', 'Google-Extended'),
                 ('CCBot', 'Googlebot'), ('GPTBot', 'Googlebot')) pairs(first, second)
    JOIN crawlers ON token IN (first, second)
), sided AS (
    SELECT snapshot_date, answer, comparison,
           bool_or(NOT root_allowed) FILTER (is_first) AS first,
           bool_or(NOT root_allowed) FILTER (NOT is_first) AS second,
           count(*) FILTER (is_first) AS first_crawlers,
           count(*) FILTER (NOT is_first) AS second_crawlers
    FROM census_meanings JOIN sides USING (token)
    GROUP BY ALL
), drawn AS (
    SELECT c.population, c.reading, c.snapshot, c.snapshot_date, comparison, first_crawlers,
           second_crawlers, c.cluster,
           coalesce(sum(hosts) FILTER (first IS NOT NULL), 0) AS x,
           coalesce(sum(hosts) FILTER (first IS NULL), 0) AS u,
           coalesce(sum(hosts) FILTER (first), 0) AS firsts,
           coalesce(sum(hosts) FILTER (second), 0) AS seconds,
           coalesce(sum(hosts) FILTER (first AND NOT second), 0) AS first_only,
           coalesce(sum(hosts) FILTER (second AND NOT first), 0) AS second_only
    FROM census_counts c
    JOIN sided s ON s.snapshot_date = c.snapshot_date AND s.answer IS NOT DISTINCT FROM c.answer
    WHERE first_crawlers > 0 AND second_crawlers > 0
    GROUP BY ALL
), claims AS (
    SELECT population, reading, snapshot, snapshot_date, comparison, first_crawlers,
           second_crawlers, CAST(sum(x) AS BIGINT) AS n, CAST(sum(u) AS BIGINT) AS n_unknown,
           CAST(sum(first_only) AS BIGINT) AS first_only,
           CAST(sum(second_only) AS BIGINT) AS second_only,
           sum(firsts) / nullif(sum(x), 0) AS first_share,
           sum(seconds) / nullif(sum(x), 0) AS second_share,
           sum(first_only - second_only) / nullif(sum(x), 0) AS estimate,
           sum(firsts - first_only) / nullif(sum(x), 0) AS p_both,
           sum(first_only) / nullif(sum(x), 0) AS p_first,
           sum(second_only) / nullif(sum(x), 0) AS p_second,
           cluster_variance(first_only - second_only, x, clusters, files, of) AS variance,
           count(*) FILTER (x > 0) - 1 AS freedom, max(files) AS files, max(of) AS of
    FROM drawn JOIN scan_shares s USING (snapshot, snapshot_date)
    GROUP BY ALL
), sized AS (
    SELECT *, cluster_size(p_first + p_second - estimate ** 2, variance, n, freedom, files, of)
        AS effective_n
    FROM claims
)
SELECT population, reading, snapshot, snapshot_date, comparison, first_crawlers, second_crawlers, n,
       n_unknown, first_only, second_only, first_share, second_share, estimate,
       CASE WHEN files >= of THEN estimate
            ELSE paired_low(p_both, p_first, p_second, effective_n) END AS low,
       CASE WHEN files >= of THEN estimate
            ELSE paired_high(p_both, p_first, p_second, effective_n) END AS high, files, of
FROM sized
ORDER BY population, reading, snapshot_date, snapshot, comparison;
