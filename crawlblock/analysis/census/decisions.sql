-- title: How many decisions stand behind the refusals of a whole crawl
-- unit: share of hosts or of registered domains, 0 to 1
-- note: Those that refuse / to the crawler, counted as decisions: hosts whose deciding groups are the same, agents and rules in any order, have copied one. n_refusing hosts took n_decisions; effective_decisions counts them as Kish's effective number, which a text on thousands of hosts raises by little. Short texts are alike by chance too, so both are lower bounds; of a share of files both are of that share alone. largest is the part of the refusing hosts that the most copied decision has. population hosts: every host of which the merged files hold a robots.txt request, by its newest good capture; domains: every registered domain, by its apex host, else its www, else its host with the shortest name. low and high are the 95 % interval of drawing WARC files, which are clusters of hosts: empty from a single file, both the estimate of a whole crawl, which has no such error. A host that lies in many files is more surely in a share of them.
WITH deciding AS (
    SELECT c.population, c.snapshot, m.token, m.decision, CAST(sum(c.hosts) AS BIGINT) AS hosts
    FROM census_counts c
    JOIN census_meanings m ON m.snapshot_date = c.snapshot_date AND m.answer = c.answer
    WHERE NOT m.root_allowed AND m.decision IS NOT NULL
    GROUP BY ALL
), decisions AS (
    SELECT population, snapshot, token, count(*) AS n_decisions,
           effective_decisions(hosts) AS effective_decisions, max(hosts) / sum(hosts) AS largest
    FROM deciding GROUP BY ALL
), drawn AS (
    SELECT population, reading, snapshot, snapshot_date, token, cluster,
           coalesce(sum(hosts) FILTER (root_allowed IS NOT NULL), 0) AS x,
           coalesce(sum(hosts) FILTER (NOT root_allowed), 0) AS y,
           coalesce(sum(hosts) FILTER (root_allowed IS NULL), 0) AS u
    FROM census_access GROUP BY ALL
), claims AS (
    SELECT population, reading, snapshot, snapshot_date, token,
           CAST(sum(x) AS BIGINT) AS n, CAST(sum(u) AS BIGINT) AS n_unknown,
           CAST(sum(y) AS BIGINT) AS n_refusing, sum(y) / nullif(sum(x), 0) AS estimate,
           cluster_variance(y, x, clusters, files, of) AS variance,
           count(*) FILTER (x > 0) - 1 AS freedom, max(files) AS files, max(of) AS of,
           sum(y) / sum(x + u) AS bound_low, sum(y + u) / sum(x + u) AS bound_high
    FROM drawn JOIN scan_shares s USING (snapshot, snapshot_date)
    GROUP BY ALL
)
SELECT population, reading, snapshot, snapshot_date, token, operator, purpose, openness, ai, n,
       n_unknown, n_refusing, coalesce(n_decisions, 0) AS n_decisions, effective_decisions, largest,
       estimate, cluster_low(estimate, variance, n, freedom, files, of) AS low,
       cluster_high(estimate, variance, n, freedom, files, of) AS high, files, of
FROM claims
LEFT JOIN decisions USING (population, snapshot, token)
JOIN crawlers USING (token)
ORDER BY population, reading, snapshot_date, snapshot, token;
