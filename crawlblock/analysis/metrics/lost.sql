-- title: How much of a corpus is refused
-- unit: share of pages, bytes or tokens, 0 to 1
-- note: Of the corpora in the table weights, what lies on domains whose / may not be fetched. A domain's weight is read with the robots.txt of its apex or www host, though some of it may lie on hosts with other rules, and is as old as the corpus. n domains with a weight could be told, n_unknown could not; a stratum's unknown domains count as its told ones, the bounds take them as open and as refusing. covered: what the population's domains hold of the whole corpus (where that is not stored, of all weights); largest: of what they hold, what the largest alone does. The interval is that of drawing the panel; a stratum taken whole and told whole adds nothing to it, so of a list it is about the list.
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
), standing AS (
    SELECT CAST(population AS VARCHAR) AS population,
           coalesce(getvariable('reading'), 'rfc9309') AS reading,
           CAST(snapshot AS VARCHAR) AS snapshot, snapshot_date, stratum, weight,
           CAST(answer AS VARCHAR) AS answer, domain
    FROM points p JOIN places ON number = p.host
    WHERE population = 'captured'
       OR snapshot NOT IN (FROM left_out_snapshots)
), weighed AS (  -- an apex and its www host in one panel share the weight
    SELECT s.*, corpus, unit,
           amount / count(*) OVER (PARTITION BY snapshot, domain, corpus, unit) AS amount
    FROM standing s
    JOIN amounts USING (domain)
    WHERE amount > 0
), cells AS MATERIALIZED (
    SELECT population, reading, snapshot, snapshot_date, corpus, unit, stratum, answer,
           count(*) AS hosts, sum(weight) AS weight, ordered_sum(weight * amount) AS size,
           ordered_sum((weight * amount) ** 2) AS size_squared,
           max(weight * amount) AS largest, ordered_sum(amount) AS amount
    FROM weighed GROUP BY ALL
), said AS (
    SELECT population, reading, snapshot, snapshot_date, corpus, unit, stratum, token,
           NOT m.root_allowed AS refusing, sum(hosts) AS hosts, sum(weight) AS weight,
           ordered_sum(size) AS size, ordered_sum(size_squared) AS size_squared
    FROM cells c
    CROSS JOIN crawlers k
    LEFT JOIN meanings m USING (answer, token)
    WHERE coalesce(c.snapshot_date >= k.documented_since, true)
    GROUP BY ALL
), strata AS (
    SELECT population, reading, snapshot, snapshot_date, corpus, unit, stratum, token,
           CAST(sum(weight) AS DOUBLE) AS members, ordered_sum(size) AS total,
           coalesce(ordered_sum(CASE WHEN refusing IS NOT NULL THEN size END), 0) AS known,
           coalesce(ordered_sum(CASE WHEN refusing IS NOT NULL THEN size_squared END), 0)
               AS known_squared,
           coalesce(ordered_sum(CASE WHEN refusing THEN size END), 0) AS yes,
           coalesce(sum(hosts) FILTER (refusing IS NOT NULL), 0) AS n,
           coalesce(sum(hosts) FILTER (refusing IS NULL), 0) AS n_unknown,
           coalesce(sum(hosts) FILTER (refusing), 0) AS n_refusing
    FROM said GROUP BY ALL
), claims AS (
    SELECT population, reading, snapshot, snapshot_date, corpus, unit, token,
           CAST(sum(n) AS BIGINT) AS n, CAST(sum(n_unknown) AS BIGINT) AS n_unknown,
           CAST(sum(n_refusing) AS BIGINT) AS n_refusing,
           stratified_share(total, known, yes) AS estimate,
           total_low(total, known, yes, part_n(known, known_squared, n, members)) AS low,
           total_high(total, known, yes, part_n(known, known_squared, n, members)) AS high,
           ordered_sum(yes) / ordered_sum(total) AS bound_low,
           ordered_sum(yes + total - known) / ordered_sum(total) AS bound_high,
           bool_and(n > 0) AS each_told  -- a stratum of which nothing is told has no interval
    FROM strata GROUP BY ALL
), coverages AS (
    SELECT snapshot, corpus, unit, ordered_sum(amount) / any_value(whole) AS covered,
           max(largest) / ordered_sum(size) AS largest
    FROM cells JOIN wholes USING (corpus, unit) GROUP BY ALL
)
SELECT population, reading, snapshot, snapshot_date, token, operator, purpose, openness, corpus,
       unit, n, n_unknown, n_refusing, estimate, CASE WHEN each_told THEN low END AS low,
       CASE WHEN each_told THEN high END AS high, bound_low, bound_high, covered,
       largest, silence(n, n_unknown) AS silence
FROM claims
JOIN coverages USING (snapshot, corpus, unit)
JOIN crawlers USING (token)
ORDER BY population, reading, snapshot_date, snapshot, token, corpus, unit;
