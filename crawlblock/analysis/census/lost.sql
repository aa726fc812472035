-- title: How much of a corpus is refused by the domains of a whole crawl
-- unit: share of pages, bytes or tokens, 0 to 1
-- note: Of the corpora in the table weights, what lies on registered domains whose / may not be fetched, though some of it may lie on hosts with other rules, and is as old as the corpus. A domain's answer is that of its apex host, else its www, else its host with the shortest name. n domains with a weight could be told, n_unknown could not; the bounds take them as open and as refusing. covered: what the crawl's domains hold of the whole corpus (where that is not stored, of all weights); largest: of what they hold, what the largest alone does. low and high are the 95 % interval of drawing WARC files, which are clusters of hosts: empty from a single file, both the estimate of a whole crawl, which has no such error. A host that lies in many files is more surely in a share of them. The interval is never shorter than that of so many equal domains as these unequal ones are worth (Kish). Where a few domains hold most, the interval of a share is too short; then trust covered and largest.
WITH amounts AS (
    FROM weights UNPIVOT (amount FOR unit IN (pages, bytes, tokens))
), wholes AS (
    SELECT corpus, unit, coalesce(max(amount) FILTER (domain = '*'), sum(amount)) AS whole
    FROM amounts GROUP BY ALL
), cells AS MATERIALIZED (
    SELECT snapshot, snapshot_date, cluster, corpus, unit, answer, count(*) AS hosts,
           sum(amount) AS size, ordered_sum(CAST(amount AS DOUBLE) ** 2) AS squared,
           max(amount) AS largest
    FROM census_hosts c
    JOIN amounts a ON a.domain = c.domain
    WHERE stands AND amount > 0
    GROUP BY ALL
), drawn AS (
    SELECT snapshot, snapshot_date, corpus, unit, token, cluster,
           coalesce(sum(size) FILTER (root_allowed IS NOT NULL), 0) AS x,
           coalesce(sum(size) FILTER (NOT root_allowed), 0) AS y,
           coalesce(sum(size) FILTER (root_allowed IS NULL), 0) AS u,
           ordered_sum(CASE WHEN root_allowed IS NOT NULL THEN squared ELSE 0 END) AS squared,
           coalesce(sum(hosts) FILTER (root_allowed IS NOT NULL), 0) AS known,
           coalesce(sum(hosts) FILTER (root_allowed IS NULL), 0) AS unknown,
           coalesce(sum(hosts) FILTER (NOT root_allowed), 0) AS refusing
    FROM cells c
    CROSS JOIN crawlers k
    LEFT JOIN meanings m USING (answer, token)
    WHERE coalesce(c.snapshot_date >= k.documented_since, true)
    GROUP BY ALL
), claims AS (
    SELECT snapshot, snapshot_date, corpus, unit, token, CAST(sum(known) AS BIGINT) AS n,
           CAST(sum(unknown) AS BIGINT) AS n_unknown, CAST(sum(refusing) AS BIGINT) AS n_refusing,
           sum(y) / nullif(sum(x), 0) AS estimate,
           CAST(sum(x) AS DOUBLE) ** 2 / nullif(ordered_sum(squared), 0) AS effective_n,
           cluster_variance(y, x, clusters, files, of) AS variance,
           count(*) FILTER (x > 0) - 1 AS freedom, max(files) AS files, max(of) AS of,
           sum(y) / nullif(sum(x + u), 0) AS bound_low,
           sum(y + u) / nullif(sum(x + u), 0) AS bound_high
    FROM drawn JOIN scan_shares USING (snapshot, snapshot_date)
    GROUP BY ALL
), coverages AS (
    SELECT snapshot, corpus, unit, sum(size) / any_value(whole) AS covered,
           max(largest) / sum(size) AS largest
    FROM cells JOIN wholes USING (corpus, unit) GROUP BY ALL
)
SELECT 'domains' AS population, coalesce(getvariable('reading'), 'rfc9309') AS reading, snapshot,
       snapshot_date, token, operator, purpose, openness, corpus, unit, n, n_unknown, n_refusing,
       estimate, cluster_low(estimate, variance, effective_n, freedom, files, of) AS low,
       cluster_high(estimate, variance, effective_n, freedom, files, of) AS high, bound_low,
       bound_high, covered, largest, files, of, silence(n, n_unknown) AS silence
FROM claims
JOIN coverages USING (snapshot, corpus, unit)
JOIN crawlers USING (token)
ORDER BY snapshot_date, snapshot, token, corpus, unit;
