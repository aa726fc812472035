-- title: Kinds of hosts of a whole crawl that refuse a crawler
-- unit: share of the kind's hosts or registered domains whose / may not be fetched, 0 to 1
-- note: By kind: tld (the hundred with most hosts, the others as one), domain_size (hosts of the registered domain in the merged files), provider (whose infrastructure answered, as the headers tell), template (whose marks stand in the robots.txt; of several each counts) and rank_band (of the registered domain in the ranking that scan merge was given; none: it is not in it). Left out are hosts of which a kind is not known, and crawlers that nobody refuses. population hosts: every host of which the merged files hold a robots.txt request, by its newest good capture; domains: every registered domain, by its apex host, else its www, else its host with the shortest name. low and high are the 95 % interval of drawing WARC files, which are clusters of hosts: empty from a single file, both the estimate of a whole crawl, which has no such error. A host that lies in many files is more surely in a share of them.
WITH largest AS (
    SELECT snapshot, tld
    FROM (SELECT snapshot, tld, sum(hosts) AS hosts FROM census_cells
          WHERE tld IS NOT NULL GROUP BY ALL)
    QUALIFY row_number() OVER (PARTITION BY snapshot ORDER BY hosts DESC, tld) <= 100
), parts AS (
    SELECT c.* EXCLUDE (tld, template), CASE WHEN l.tld IS NULL THEN 'others' ELSE c.tld END AS tld,
           c.tld IS NOT NULL AS has_tld, unnest(string_split(coalesce(template, ''), ',')) AS template,
           generate_subscripts(string_split(coalesce(template, ''), ','), 1) AS turn
    FROM census_cells c LEFT JOIN largest l ON l.snapshot = c.snapshot AND l.tld = c.tld
), kinds AS (
    SELECT p.population, snapshot, snapshot_date, cluster, answer, told, g.kind, g.part,
           sum(hosts) AS hosts
    FROM parts
    JOIN (VALUES ('hosts'), ('domains')) p(population) ON population = 'hosts' OR stands,
    LATERAL (VALUES
        ('tld', CASE WHEN has_tld AND turn = 1 THEN tld END),
        ('domain_size', CASE WHEN turn = 1 THEN domain_size END),
        ('provider', CASE WHEN turn = 1 THEN provider END),
        ('template', nullif(template, '')),
        ('rank_band', CASE WHEN turn = 1 AND EXISTS (FROM ranks) THEN rank_band END)
    ) g(kind, part)
    WHERE g.part IS NOT NULL
    GROUP BY ALL
), known AS (
    SELECT population, snapshot, snapshot_date, cluster, kind, part,
           coalesce(sum(hosts) FILTER (told), 0) AS x, coalesce(sum(hosts) FILTER (NOT told), 0) AS u
    FROM kinds GROUP BY ALL
), refusing AS (
    SELECT population, snapshot, cluster, kind, part, token, sum(hosts) AS y
    FROM kinds k
    JOIN census_meanings m ON m.snapshot_date = k.snapshot_date AND m.answer = k.answer
    WHERE NOT m.root_allowed
    GROUP BY ALL
), tokens AS (
    SELECT DISTINCT population, snapshot, kind, token FROM refusing
), drawn AS (
    SELECT k.*, t.token, coalesce(r.y, 0) AS y
    FROM known k
    JOIN tokens t USING (population, snapshot, kind)
    LEFT JOIN refusing r ON r.population = k.population AND r.snapshot = k.snapshot
        AND r.kind = k.kind AND r.part = k.part AND r.token = t.token
        AND r.cluster IS NOT DISTINCT FROM k.cluster
), claims AS (
    SELECT population, coalesce(getvariable('reading'), 'rfc9309') AS reading, snapshot,
           snapshot_date, token, kind, part,
           CAST(sum(x) AS BIGINT) AS n, CAST(sum(u) AS BIGINT) AS n_unknown,
           CAST(sum(y) AS BIGINT) AS n_refusing, sum(y) / nullif(sum(x), 0) AS estimate,
           cluster_variance(y, x, clusters, files, of) AS variance,
           count(*) FILTER (x > 0) - 1 AS freedom, max(files) AS files, max(of) AS of,
           sum(y) / sum(x + u) AS bound_low, sum(y + u) / sum(x + u) AS bound_high
    FROM drawn JOIN scan_shares s USING (snapshot, snapshot_date)
    GROUP BY ALL
)
SELECT population, reading, snapshot, snapshot_date, token, operator, purpose, openness, ai,
       kind, part, n, n_unknown, n_refusing, estimate,
       cluster_low(estimate, variance, n, freedom, files, of) AS low,
       cluster_high(estimate, variance, n, freedom, files, of) AS high,
       bound_low, bound_high, files, of
FROM claims
JOIN crawlers USING (token)
ORDER BY population, reading, snapshot_date, snapshot, token, kind, n DESC, part;
