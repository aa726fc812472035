-- title: How much of a corpus is on blocked domains
-- unit: share of pages, bytes or tokens, 0 to 1
-- of: census
-- note: Of the corpora in the table weights, the part on registered domains that block /, although some of it may be on hosts with other rules. The weights are as old as the corpus. The verdict on a domain is that of its apex host, else its www, else its host with the shortest name. n domains with a weight are known, n_unknown are not; the bounds take them as open and as blocked. covered is the part of the whole corpus (if its total is not stored, of all weights) that is on the crawl's domains, so it says how much we looked at. known_blocked is the part of it that is on known domains that block, so it says how much is certain. largest is the largest domain's part of the weight of these domains; largest_domain names this domain if the part is more than a tenth. The interval is never shorter than for Kish's effective number of equal domains. If a few domains have most of the weight, the interval is too short; look at covered and largest instead.
WITH amounts AS (
    FROM weights UNPIVOT (amount FOR unit IN (pages, bytes, tokens))
), wholes AS (
    SELECT corpus, unit, coalesce(max(amount) FILTER (domain = '*'), sum(amount)) AS whole
    FROM amounts GROUP BY ALL
), cells AS MATERIALIZED (
    SELECT snapshot, snapshot_date, cluster, corpus, unit, answer, count(*) AS hosts,
           sum(amount) AS size, ordered_sum(CAST(amount AS DOUBLE) ** 2) AS squared,
           max(struct_pack(size := amount, c.domain)) AS largest
    FROM census_hosts c
    JOIN amounts a ON a.domain = c.domain
    WHERE representative AND amount > 0
    GROUP BY ALL
), clusters AS (
    SELECT snapshot, snapshot_date, corpus, unit, token, cluster,
           coalesce(sum(size) FILTER (blocked IS NOT NULL), 0) AS x,
           coalesce(sum(size) FILTER (blocked), 0) AS y,
           coalesce(sum(size) FILTER (blocked IS NULL), 0) AS u,
           ordered_sum(CASE WHEN blocked IS NOT NULL THEN squared ELSE 0 END) AS squared,
           coalesce(sum(hosts) FILTER (blocked IS NOT NULL), 0) AS known,
           coalesce(sum(hosts) FILTER (blocked IS NULL), 0) AS unknown,
           coalesce(sum(hosts) FILTER (blocked), 0) AS n_yes
    FROM cells c
    CROSS JOIN crawlers k
    LEFT JOIN meanings m USING (answer, token)
    WHERE coalesce(c.snapshot_date >= k.documented_since, true)
    GROUP BY ALL
), shares AS (
    SELECT snapshot, snapshot_date, corpus, unit, token, CAST(sum(known) AS BIGINT) AS n,
           CAST(sum(unknown) AS BIGINT) AS n_unknown, CAST(sum(n_yes) AS BIGINT) AS n_yes,
           sum(y) / nullif(sum(x), 0) AS estimate, sum(y) AS amount_blocked,
           CAST(sum(x) AS DOUBLE) ** 2 / nullif(ordered_sum(squared), 0) AS effective_n,
           cluster_variance(y, x, clusters, files, of) AS variance,
           count(*) FILTER (x > 0) - 1 AS freedom, max(files) AS files,
           max(no_clusters) AS no_clusters, max(of) AS of,
           sum(y) / nullif(sum(x + u), 0) AS bound_low,
           sum(y + u) / nullif(sum(x + u), 0) AS bound_high
    FROM clusters JOIN scan_shares USING (snapshot, snapshot_date)
    GROUP BY ALL
), coverages AS (
    SELECT snapshot, corpus, unit, any_value(whole) AS whole,
           sum(size) / any_value(whole) AS covered, max(largest).size / sum(size) AS largest,
           CASE WHEN max(largest).size > 0.1 * sum(size) THEN max(largest).domain END
               AS largest_domain
    FROM cells JOIN wholes USING (corpus, unit) GROUP BY ALL
)
SELECT *, 'domains' AS population, cluster_estimand(files, of) AS estimand,
       http_profile() AS http_profile, amount_blocked / whole AS known_blocked,
       cluster_low(estimate, variance, effective_n, freedom, files, of) AS low,
       cluster_high(estimate, variance, effective_n, freedom, files, of) AS high,
       coalesce(no_estimate(n, n_unknown),
                no_cluster_interval(freedom, no_clusters, files, of)) AS no_interval,
       no_estimate(n, n_unknown) AS no_estimate
FROM shares
JOIN coverages USING (snapshot, corpus, unit)
JOIN crawlers USING (token)
ORDER BY snapshot_date, snapshot, token, corpus, unit;
