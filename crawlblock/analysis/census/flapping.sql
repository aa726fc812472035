-- title: Hosts whose robots.txt differs within a crawl
-- unit: share of the hosts or registered domains captured more than once, 0 to 1
-- note: Of those whose /robots.txt the merged files hold more than once, the share with more than one payload among the captures: the text changed, or the host answers now so, now so. n_unknown were captured once. Redirects and errors have no payload: a host that was seen once with a text and once with a redirect (http, then https) is among n and does not differ, so the share is a lower bound for hosts of which two texts were seen. population hosts: every host of which the merged files hold a robots.txt request, by its newest good capture; domains: every registered domain, by its apex host, else its www, else its host with the shortest name. low and high are the 95 % interval of drawing WARC files, which are clusters of hosts: empty from a single file, both the estimate of a whole crawl, which has no such error. A host that lies in many files is more surely in a share of them.
WITH drawn AS (
    SELECT population, reading, snapshot, snapshot_date, cluster,
           coalesce(sum(hosts) FILTER (again), 0) AS x,
           coalesce(sum(hosts) FILTER (again AND flaps), 0) AS y,
           coalesce(sum(hosts) FILTER (NOT again), 0) AS u
    FROM census_counts GROUP BY ALL
), claims AS (
    SELECT population, reading, snapshot, snapshot_date,
           CAST(sum(x) AS BIGINT) AS n, CAST(sum(u) AS BIGINT) AS n_unknown,
           CAST(sum(y) AS BIGINT) AS n_flapping, sum(y) / nullif(sum(x), 0) AS estimate,
           cluster_variance(y, x, clusters, files, of) AS variance,
           count(*) FILTER (x > 0) - 1 AS freedom, max(files) AS files, max(of) AS of,
           sum(y) / sum(x + u) AS bound_low, sum(y + u) / sum(x + u) AS bound_high
    FROM drawn JOIN scan_shares s USING (snapshot, snapshot_date)
    GROUP BY ALL
)
SELECT population, reading, snapshot, snapshot_date, n, n_unknown, n_flapping, estimate,
       cluster_low(estimate, variance, n, freedom, files, of) AS low,
       cluster_high(estimate, variance, n, freedom, files, of) AS high, files, of
FROM claims
ORDER BY population, reading, snapshot_date, snapshot;
