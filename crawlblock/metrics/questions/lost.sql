-- title: How much of a corpus is on blocked domains
-- unit: share of pages, bytes or tokens, 0 to 1
-- of: panel
-- note: Of the corpora in the table weights, the part on domains that block /. A domain's weight is combined with the robots.txt of its apex or www host, although some of the weight may be on hosts with other rules. The weights are as old as the corpus. n domains with a weight are known, n_unknown are not. A stratum's unknown domains count like its known ones; the bounds take them as open and as blocked. covered is the part of the whole corpus (if its total is not stored, of all weights) that is on the population's domains, so it says how much we looked at. known_blocked is the part of it that is on known domains that block, so it says how much is certain. largest is the largest domain's part of the weight that the hosts represent; largest_domain names this domain if the part is more than a tenth. The interval covers the sampling of the panel, with Student's quantile. A stratum that was taken whole and is known whole does not widen it. For a sample by size or from a ranking, the totals of the frame are those in the table weights, unless the table has fewer than half as many of its domains as the sample shows.
WITH amounts AS (
    FROM weights UNPIVOT (amount FOR unit IN (pages, bytes, tokens))
), corpora AS (
    SELECT corpus, unit, coalesce(max(amount) FILTER (domain = '*'), sum(amount)) AS whole
    FROM amounts GROUP BY ALL
), representatives AS (
    SELECT CAST(population AS VARCHAR) AS population,
           CAST(snapshot AS VARCHAR) AS snapshot, snapshot_date, stratum, weight,
           CAST(answer AS VARCHAR) AS answer, domain
    FROM points p JOIN weighted_hosts USING (host)
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
           ordered_sum(weight * amount ** 2) AS size_once,
           max(struct_pack(size := weight * amount, domain)) AS largest,
           ordered_sum(amount) AS amount
    FROM weighed GROUP BY ALL
), frame_sizes AS (  -- what a sample by size was taken from is known whole
    SELECT a.corpus, a.unit, sum(a.amount) AS frame
    FROM amounts a
    JOIN panels p ON p.frame = 'domains of ' || a.corpus || ' by ' || a.unit
    SEMI JOIN current_panel c ON c.panel = p.panel
    WHERE a.domain <> '*' AND a.amount > 0
    GROUP BY ALL
), frame_strata AS (  -- the same of the strata of a ranking
    SELECT a.corpus, a.unit, f.stratum, sum(a.amount) AS frame_total, count(*) AS frame_domains
    FROM frames f
    JOIN amounts a ON a.domain = f.domain
    SEMI JOIN current_panel c ON c.panel = f.panel
    WHERE a.amount > 0
    GROUP BY ALL
), answers AS (  -- known for every crawler, for none, or (NULL) only for some
    SELECT answer, CASE count(blocked) WHEN count(*) THEN true WHEN 0 THEN false END AS known
    FROM (SELECT DISTINCT answer FROM cells) CROSS JOIN crawlers
    LEFT JOIN meanings USING (answer, token)
    GROUP BY answer
), judged AS (  -- what blocks a crawler, and the answers that are known only for some
    SELECT population, snapshot, snapshot_date, corpus, unit, stratum, token, known, blocked,
           hosts, size, size_squared, size_once, amount
    FROM cells JOIN answers USING (answer) JOIN not_open USING (answer)
    WHERE known AND blocked
    UNION ALL
    SELECT population, snapshot, snapshot_date, corpus, unit, stratum, token, known, blocked,
           hosts, size, size_squared, size_once, amount
    FROM cells JOIN answers USING (answer) CROSS JOIN crawlers
    LEFT JOIN meanings USING (answer, token)
    WHERE known IS NULL
), by_crawler AS (
    SELECT population, snapshot, corpus, unit, stratum, token,
           ordered_sum(CASE WHEN blocked THEN size END) AS yes,
           ordered_sum(CASE WHEN blocked THEN size_squared END) AS yes_squared,
           ordered_sum(CASE WHEN blocked THEN size_once END) AS yes_once,
           ordered_sum(CASE WHEN blocked THEN amount END) AS amount_blocked,
           sum(hosts) FILTER (blocked) AS n_yes,
           -- of the answers that are known only for some crawlers
           ordered_sum(CASE WHEN known IS NULL AND blocked IS NOT NULL THEN size END) AS known,
           ordered_sum(CASE WHEN known IS NULL AND blocked IS NOT NULL THEN size_squared END)
               AS known_squared,
           ordered_sum(CASE WHEN known IS NULL AND blocked IS NOT NULL THEN size_once END)
               AS known_once,
           ordered_sum(CASE WHEN known IS NULL AND blocked IS NULL THEN size_squared END)
               AS unknown_squared,
           sum(hosts) FILTER (known IS NULL AND blocked IS NOT NULL) AS n,
           sum(hosts) FILTER (known IS NULL AND blocked IS NULL) AS n_unknown
    FROM judged GROUP BY ALL
), wholes AS (
    SELECT population, snapshot, snapshot_date, corpus, unit, stratum,
           CAST(sum(weight) AS DOUBLE) AS members, ordered_sum(size) AS size,
           ordered_sum(CASE WHEN known THEN size END) AS known,
           ordered_sum(CASE WHEN known THEN size_squared END) AS known_squared,
           ordered_sum(CASE WHEN known THEN size_once END) AS known_once,
           ordered_sum(CASE WHEN NOT known THEN size_squared END) AS unknown_squared,
           sum(hosts) FILTER (known) AS n, sum(hosts) FILTER (NOT known) AS n_unknown
    FROM cells JOIN answers ON answers.answer IS NOT DISTINCT FROM cells.answer
    GROUP BY ALL
), sampled AS (
    SELECT w.population, w.snapshot, w.snapshot_date, w.corpus, w.unit, w.stratum, k.token,
           w.members, w.size, coalesce(b.yes, 0) AS yes, coalesce(b.yes_squared, 0) AS yes_squared,
           coalesce(b.yes_once, 0) AS yes_once, coalesce(b.amount_blocked, 0) AS amount_blocked,
           coalesce(b.n_yes, 0) AS n_yes,
           coalesce(w.known, 0) + coalesce(b.known, 0) AS known,
           coalesce(w.known_squared, 0) + coalesce(b.known_squared, 0) AS known_squared,
           coalesce(w.known_once, 0) + coalesce(b.known_once, 0) AS known_once,
           coalesce(w.unknown_squared, 0) + coalesce(b.unknown_squared, 0) AS unknown_squared,
           coalesce(w.n, 0) + coalesce(b.n, 0) AS n,
           coalesce(w.n_unknown, 0) + coalesce(b.n_unknown, 0) AS n_unknown
    FROM wholes w
    JOIN crawlers k ON coalesce(w.snapshot_date >= k.documented_since, true)
    LEFT JOIN by_crawler b ON b.population = w.population AND b.snapshot = w.snapshot
        AND b.corpus = w.corpus AND b.unit = w.unit AND b.stratum = w.stratum AND b.token = k.token
), strata AS (
    SELECT s.* EXCLUDE (size, frame, frame_total, frame_domains),
           coalesce(CASE WHEN population <> 'panel' OR members = n + n_unknown THEN size
                         -- of another corpus or unit the frame is NULL, which greatest would pass over
                        WHEN stratum = 'by size' AND frame IS NOT NULL THEN greatest(0, frame - coalesce(sum(size)
                             FILTER (stratum = 'whole') OVER (PARTITION BY population, snapshot,
                                 corpus, unit, token), 0))
                         -- where the table knows too few, its total is none
                         WHEN frame_domains >= members / 2 THEN frame_total END, size) AS total,
           total / nullif(size, 0) AS factor,
           -- which part of the variance is left: where all were asked, that of the unknown ones
           -- with their sizes; else of a sample, where each host counts by its weight
           CASE WHEN members = n + n_unknown THEN ((size - known) ** 2
                    + known ** 2 * unknown_squared / nullif(known_squared, 0)) / size ** 2
                ELSE 1 - spread_of(yes / known, yes_once, known_once)
                    / nullif(spread_of(yes / known, yes_squared, known_squared), 0)
                    * n / (n + n_unknown) END AS left_over,
           part_n(known, known_squared, left_over) AS part
    FROM (
        FROM sampled
        LEFT JOIN frame_sizes USING (corpus, unit)
        LEFT JOIN frame_strata USING (corpus, unit, stratum)
    ) s
), shares AS (
    SELECT population, snapshot, snapshot_date, corpus, unit, token,
           CAST(sum(n) AS BIGINT) AS n, CAST(sum(n_unknown) AS BIGINT) AS n_unknown,
           CAST(sum(n_yes) AS BIGINT) AS n_yes, ordered_sum(amount_blocked) AS amount_blocked,
           stratified_share(total, known, yes) AS estimate,
           total_low(total, known, yes, part) AS low,
           total_high(total, known, yes, part) AS high,
           ordered_sum(yes * factor) / nullif(ordered_sum(total), 0) AS bound_low,
           ordered_sum(yes * factor + total - known * factor) / nullif(ordered_sum(total), 0)
               AS bound_high,
           bool_and(n > 0) AS each_known,  -- a stratum of which nothing is known has no interval
           CASE WHEN bool_or(members > n + n_unknown) THEN 'sample'
                WHEN sum(n_unknown) > 0 THEN 'as_if_sample' ELSE 'list' END AS estimand
    FROM strata GROUP BY ALL
), coverages AS (
    SELECT population, snapshot, corpus, unit, any_value(whole) AS whole,
           ordered_sum(amount) / any_value(whole) AS covered,
           max(largest).size / nullif(ordered_sum(size), 0) AS largest,
           CASE WHEN max(largest).size > 0.1 * ordered_sum(size) THEN max(largest).domain END
               AS largest_domain
    FROM cells JOIN corpora USING (corpus, unit) GROUP BY ALL
)
SELECT * REPLACE (
           CASE WHEN each_known AND estimand <> 'list' THEN low END AS low,
           CASE WHEN each_known AND estimand <> 'list' THEN high END AS high
       ),
       amount_blocked / whole AS known_blocked, http_profile() AS http_profile,
       no_estimate(n, n_unknown, estimate := estimate) AS no_estimate,
       CASE WHEN estimate IS NULL THEN no_estimate(n, n_unknown, estimate := estimate)
            WHEN NOT each_known THEN 'no host of a stratum is known'
            WHEN estimand = 'list' THEN 'every host of the list is known, so nothing was sampled'
       END AS no_interval
FROM shares
JOIN coverages USING (population, snapshot, corpus, unit)
JOIN crawlers USING (token)
ORDER BY population, http_profile, snapshot_date, snapshot, token, corpus, unit;
