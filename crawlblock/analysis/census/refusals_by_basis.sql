-- title: Hosts of a whole crawl that refuse a crawler, by what the refusal rests on
-- unit: share of hosts or of registered domains, 0 to 1
-- note: By definition, root or any, and basis: named (a group names the crawler), wildcard (inherited from *), http (the status refuses). The bases of a crawler add up to its refusals. population hosts: every host of which the merged files hold a robots.txt request, by its newest good capture; domains: every registered domain, by its apex host, else its www, else its host with the shortest name. low and high are the 95 % interval of drawing WARC files, which are clusters of hosts: empty from a single file, both the estimate of a whole crawl, which has no such error. A host that lies in many files is more surely in a share of them.
WITH defined AS (
    SELECT a.*, d.definition,
           CASE d.definition
               WHEN 'root' THEN NOT root_allowed
               ELSE nullif(restriction, 'unknown') <> 'none'
           END AS refusing
    FROM census_access a
    CROSS JOIN (VALUES ('root'), ('any')) d(definition)
), drawn AS (
    SELECT population, reading, snapshot, snapshot_date, token, definition, b.basis, cluster,
           coalesce(sum(hosts) FILTER (refusing IS NOT NULL), 0) AS x,
           coalesce(sum(hosts) FILTER (refusing AND d.basis = b.basis), 0) AS y,
           coalesce(sum(hosts) FILTER (refusing IS NULL), 0) AS u
    FROM defined d
    CROSS JOIN (VALUES ('named'), ('wildcard'), ('http')) b(basis)
    GROUP BY ALL
), claims AS (
    SELECT population, reading, snapshot, snapshot_date, token, definition, basis,
           CAST(sum(x) AS BIGINT) AS n, CAST(sum(u) AS BIGINT) AS n_unknown,
           CAST(sum(y) AS BIGINT) AS n_refusing, sum(y) / nullif(sum(x), 0) AS estimate,
           cluster_variance(y, x, clusters, files, of) AS variance,
           count(*) FILTER (x > 0) - 1 AS freedom, max(files) AS files, max(of) AS of,
           sum(y) / sum(x + u) AS bound_low, sum(y + u) / sum(x + u) AS bound_high
    FROM drawn JOIN scan_shares s USING (snapshot, snapshot_date)
    GROUP BY ALL
)
SELECT population, reading, snapshot, snapshot_date, token, operator, purpose, openness, ai,
       definition, basis, n, n_unknown, n_refusing, estimate,
       cluster_low(estimate, variance, n, freedom, files, of) AS low,
       cluster_high(estimate, variance, n, freedom, files, of) AS high,
       bound_low, bound_high, files, of
FROM claims
JOIN crawlers USING (token)
ORDER BY population, reading, snapshot_date, snapshot, token, definition, basis;
