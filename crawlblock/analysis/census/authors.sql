-- title: Whose text refuses in a whole crawl
-- unit: share of the hosts or registered domains that refuse by robots.txt, 0 to 1
-- note: Of those whose robots.txt refuses / to the crawler, by who wrote the deciding line: a template (see the table templates: kind and act), own (the site's own text), wildcard (a group for all crawlers that no template is known for). population hosts: every host of which the merged files hold a robots.txt request, by its newest good capture; domains: every registered domain, by its apex host, else its www, else its host with the shortest name. low and high are the 95 % interval of drawing WARC files, which are clusters of hosts: empty from a single file, both the estimate of a whole crawl, which has no such error. A host that lies in many files is more surely in a share of them. It takes files as drawn, not texts: what one vendor does at many hosts is one decision.
WITH refusals AS (
    SELECT population, reading, snapshot, snapshot_date, token, cluster, authored_by,
           sum(hosts) AS hosts
    FROM census_access WHERE NOT root_allowed AND authored_by IS NOT NULL
    GROUP BY ALL
), wholes AS (
    SELECT population, reading, snapshot, snapshot_date, token, cluster, sum(hosts) AS x
    FROM refusals GROUP BY ALL
), unknown AS (
    SELECT population, snapshot, token, CAST(sum(hosts) AS BIGINT) AS n_unknown
    FROM census_access WHERE root_allowed IS NULL GROUP BY ALL
), drawn AS (
    SELECT w.*, a.authored_by, coalesce(r.hosts, 0) AS y, 0 AS u
    FROM wholes w
    JOIN (SELECT DISTINCT population, snapshot, token, authored_by FROM refusals) a
        USING (population, snapshot, token)
    LEFT JOIN refusals r ON r.population = w.population AND r.snapshot = w.snapshot
        AND r.token = w.token AND r.authored_by = a.authored_by
        AND r.cluster IS NOT DISTINCT FROM w.cluster
), claims AS (
    SELECT population, reading, snapshot, snapshot_date, token, authored_by,
           CAST(sum(x) AS BIGINT) AS n, CAST(sum(y) AS BIGINT) AS n_hosts, sum(y) / nullif(sum(x), 0) AS estimate,
           cluster_variance(y, x, clusters, files, of) AS variance,
           count(*) FILTER (x > 0) - 1 AS freedom, max(files) AS files, max(of) AS of
    FROM drawn JOIN scan_shares s USING (snapshot, snapshot_date)
    GROUP BY ALL
)
SELECT population, reading, snapshot, snapshot_date, token, authored_by, t.kind, t.act, n,
       coalesce(n_unknown, 0) AS n_unknown, n_hosts, estimate,
       cluster_low(estimate, variance, n, freedom, files, of) AS low,
       cluster_high(estimate, variance, n, freedom, files, of) AS high, files, of
FROM claims
LEFT JOIN unknown USING (population, snapshot, token)
LEFT JOIN templates t ON t.template = authored_by
ORDER BY population, reading, snapshot_date, snapshot, token, n_hosts DESC, authored_by;
