-- title: How much more one kind of crawler is blocked than another
-- unit: difference of shares of hosts or of registered domains, -1 to 1
-- of: census
-- note: The share of hosts that block / to the first minus the share that block it to the second, among the same hosts, by the rules of robots.txt. Of a set of crawlers (open data, web archives, closed training) each share is the mean over its crawlers, so the size of a set does not matter; first_crawlers and second_crawlers say how many were documented by then. first_only and second_only are the hosts that block more of the one side than of the other. n_unknown hosts are left out. The interval of two crawlers is Newcombe's for pairs, with the effective number of hosts; that of sets is normal, with Student's quantile.
WITH clusters AS (
    SELECT c.population, c.snapshot, c.snapshot_date, c.cluster, comparison, sets, first_crawlers,
           second_crawlers,
           coalesce(sum(hosts) FILTER (first IS NOT NULL), 0) AS x,
           coalesce(sum(hosts) FILTER (first IS NULL), 0) AS u,
           coalesce(ordered_sum(hosts * first), 0) AS firsts,
           coalesce(ordered_sum(hosts * second), 0) AS seconds,
           coalesce(ordered_sum(hosts * first * second), 0) AS both_yes,
           coalesce(sum(hosts) FILTER (first > second), 0) AS first_only,
           coalesce(sum(hosts) FILTER (second > first), 0) AS second_only
    FROM answer_counts c
    JOIN sides_of('counted_meanings') s
        ON s.snapshot_date = c.snapshot_date AND s.answer IS NOT DISTINCT FROM c.answer
    GROUP BY ALL
), shares AS (
    SELECT population, snapshot, snapshot_date, comparison, sets, first_crawlers, second_crawlers,
           CAST(sum(x) AS BIGINT) AS n, CAST(sum(u) AS BIGINT) AS n_unknown,
           CAST(sum(first_only) AS BIGINT) AS first_only,
           CAST(sum(second_only) AS BIGINT) AS second_only,
           ordered_sum(firsts) / nullif(sum(x), 0) AS first_share,
           ordered_sum(seconds) / nullif(sum(x), 0) AS second_share,
           ordered_sum(both_yes) / nullif(sum(x), 0) AS p_both,
           cluster_variance(firsts - seconds, x, clusters, files, of) AS variance,
           count(*) FILTER (x > 0) - 1 AS freedom, max(files) AS files,
           max(no_clusters) AS no_clusters, max(of) AS of
    FROM clusters JOIN scan_shares USING (snapshot, snapshot_date)
    GROUP BY ALL
), sized AS (
    SELECT *, first_share - second_share AS estimate, first_share - p_both AS p_first,
           second_share - p_both AS p_second,
           cluster_size(p_first + p_second - estimate ** 2, variance, n, freedom, files, of)
               AS effective_n,
           CASE WHEN sets AND variance > 1e-12 THEN student_95(freedom) * sqrt(variance) END
               AS reach
    FROM shares
)
SELECT *, cluster_estimand(files, of) AS estimand, http_profile() AS http_profile,
       CASE WHEN files < of THEN coalesce(
           as_difference(estimate - reach), paired_low(p_both, p_first, p_second, effective_n)) END AS low,
       CASE WHEN files < of THEN coalesce(
           as_difference(estimate + reach), paired_high(p_both, p_first, p_second, effective_n)) END AS high,
       coalesce(no_estimate(n, n_unknown),
                no_cluster_interval(freedom, no_clusters, files, of)) AS no_interval,
       no_estimate(n, n_unknown) AS no_estimate
FROM sized
ORDER BY population, http_profile, snapshot_date, snapshot, comparison;
