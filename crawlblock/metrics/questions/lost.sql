-- title: How much of a corpus is on blocked domains
-- unit: share of pages, bytes or tokens, 0 to 1
-- of: panel
-- note: Of the corpora in the table weights, the part on domains that block /. A domain's weight is combined with the robots.txt of its apex or www host, though some of it may be on hosts with other rules, and is as old as the corpus. n domains with a weight are known, n_unknown are not. A stratum's unknown domains count like its known ones; the bounds take them as open and as blocked. covered: what the population's domains hold of the whole corpus (where that is not stored, of all weights); largest: the largest domain's part of what they hold. The interval is that of sampling the panel. A stratum that was taken whole and is known whole adds nothing to it.
WITH amounts AS (
    FROM weights UNPIVOT (amount FOR unit IN (pages, bytes, tokens))
), wholes AS (
    SELECT corpus, unit, coalesce(max(amount) FILTER (domain = '*'), sum(amount)) AS whole
    FROM amounts GROUP BY ALL
), domains AS (
    SELECT DISTINCT domain FROM amounts WHERE amount > 0
), places AS (  -- www.gov.uk is a registered domain itself
    SELECT h.number, d.domain FROM hosts h JOIN domains d ON d.domain = h.host
    UNION ALL
    SELECT h.number, d.domain FROM hosts h JOIN domains d ON 'www.' || d.domain = h.host
), representatives AS (
    SELECT CAST(population AS VARCHAR) AS population,
           CAST(snapshot AS VARCHAR) AS snapshot, snapshot_date, stratum, weight,
           CAST(answer AS VARCHAR) AS answer, domain
    FROM points p JOIN places ON number = p.host
    WHERE population = 'captured'
       OR snapshot NOT IN (FROM left_out_snapshots)
), weighed AS (  -- an apex and its www host in one panel share the weight
    SELECT s.*, corpus, unit,
           amount / count(*) OVER (PARTITION BY snapshot, domain, corpus, unit) AS amount
    FROM representatives s
    JOIN amounts USING (domain)
    WHERE amount > 0
), cells AS MATERIALIZED (
    SELECT population, snapshot, snapshot_date, corpus, unit, stratum, answer,
           count(*) AS hosts, sum(weight) AS weight, ordered_sum(weight * amount) AS size,
           ordered_sum((weight * amount) ** 2) AS size_squared,
           max(weight * amount) AS largest, ordered_sum(amount) AS amount
    FROM weighed GROUP BY ALL
), judged AS (
    SELECT population, snapshot, snapshot_date, corpus, unit, stratum, token,
           NOT m.root_allowed AS blocked, sum(hosts) AS hosts, sum(weight) AS weight,
           ordered_sum(size) AS size, ordered_sum(size_squared) AS size_squared
    FROM cells c
    CROSS JOIN crawlers k
    LEFT JOIN meanings m USING (answer, token)
    WHERE coalesce(c.snapshot_date >= k.documented_since, true)
    GROUP BY ALL
), strata AS (
    SELECT population, snapshot, snapshot_date, corpus, unit, stratum, token,
           CAST(sum(weight) AS DOUBLE) AS members, ordered_sum(size) AS total,
           coalesce(ordered_sum(CASE WHEN blocked IS NOT NULL THEN size END), 0) AS known,
           coalesce(ordered_sum(CASE WHEN blocked IS NOT NULL THEN size_squared END), 0)
               AS known_squared,
           coalesce(ordered_sum(CASE WHEN blocked THEN size END), 0) AS yes,
           coalesce(sum(hosts) FILTER (blocked IS NOT NULL), 0) AS n,
           coalesce(sum(hosts) FILTER (blocked IS NULL), 0) AS n_unknown,
           coalesce(sum(hosts) FILTER (blocked), 0) AS n_yes
    FROM judged GROUP BY ALL
), shares AS (
    SELECT population, snapshot, snapshot_date, corpus, unit, token,
           CAST(sum(n) AS BIGINT) AS n, CAST(sum(n_unknown) AS BIGINT) AS n_unknown,
           CAST(sum(n_yes) AS BIGINT) AS n_yes,
           stratified_share(total, known, yes) AS estimate,
           total_low(total, known, yes, part_n(known, known_squared, n, members)) AS low,
           total_high(total, known, yes, part_n(known, known_squared, n, members)) AS high,
           ordered_sum(yes) / ordered_sum(total) AS bound_low,
           ordered_sum(yes + total - known) / ordered_sum(total) AS bound_high,
           bool_and(n > 0) AS each_known,  -- a stratum of which nothing is known has no interval
           CASE WHEN bool_or(members > n + n_unknown) THEN 'sample'
                WHEN sum(n_unknown) > 0 THEN 'as_if_sample' ELSE 'list' END AS estimand
    FROM strata GROUP BY ALL
), coverages AS (
    SELECT snapshot, corpus, unit, ordered_sum(amount) / any_value(whole) AS covered,
           max(largest) / ordered_sum(size) AS largest
    FROM cells JOIN wholes USING (corpus, unit) GROUP BY ALL
)
SELECT * REPLACE (
           CASE WHEN each_known AND estimand <> 'list' THEN low END AS low,
           CASE WHEN each_known AND estimand <> 'list' THEN high END AS high
       ),
       http_profile() AS http_profile, no_estimate(n, n_unknown) AS no_estimate,
       CASE WHEN n = 0 THEN no_estimate(n, n_unknown)
            WHEN NOT each_known THEN 'no host of a stratum is known'
            WHEN estimand = 'list' THEN 'every host of the list is known, so nothing was sampled'
       END AS no_interval
FROM shares
JOIN coverages USING (snapshot, corpus, unit)
JOIN crawlers USING (token)
ORDER BY population, http_profile, snapshot_date, snapshot, token, corpus, unit;
