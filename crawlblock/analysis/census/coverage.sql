-- title: How the captures of a whole crawl ended
-- unit: share of hosts or of registered domains, 0 to 1
-- note: told (what it means is known) and each outcome. files of the crawl's of are merged; planned is what the plan takes. population hosts: every host of which the merged files hold a robots.txt request, by its newest good capture; domains: every registered domain, by its apex host, else its www, else its host with the shortest name. low and high are the 95 % interval of drawing WARC files, which are clusters of hosts: empty from a single file, both the estimate of a whole crawl, which has no such error. A host that lies in many files is more surely in a share of them.
WITH measures AS (
    SELECT DISTINCT population, outcome AS measure FROM census_counts
    UNION ALL SELECT DISTINCT population, 'told' FROM census_counts
), drawn AS (
    SELECT c.population, reading, snapshot, snapshot_date, m.measure, cluster, sum(hosts) AS x,
           coalesce(sum(hosts) FILTER (CASE m.measure WHEN 'told' THEN told
                                       ELSE outcome = m.measure END), 0) AS y, 0 AS u
    FROM census_counts c JOIN measures m ON m.population = c.population
    GROUP BY ALL
), claims AS (
    SELECT population, reading, snapshot, snapshot_date, measure,
           CAST(sum(x) AS BIGINT) AS n, CAST(sum(u) AS BIGINT) AS n_unknown,
           CAST(sum(y) AS BIGINT) AS n_hosts, sum(y) / nullif(sum(x), 0) AS estimate,
           cluster_variance(y, x, clusters, files, of) AS variance,
           count(*) FILTER (x > 0) - 1 AS freedom, max(files) AS files, max(of) AS of, max(planned) AS planned
    FROM drawn JOIN scan_shares s USING (snapshot, snapshot_date)
    GROUP BY ALL
)
SELECT population, reading, snapshot, snapshot_date, measure, n, n_unknown, n_hosts, estimate,
       cluster_low(estimate, variance, n, freedom, files, of) AS low,
       cluster_high(estimate, variance, n, freedom, files, of) AS high, files, planned, of
FROM claims
ORDER BY population, reading, snapshot_date, snapshot, measure;
