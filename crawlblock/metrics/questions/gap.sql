-- title: How much more one kind of crawler is blocked than another
-- unit: difference of shares of hosts, -1 to 1
-- of: panel
-- note: The share of hosts that block / to the first minus the share that block it to the second, among the same hosts. A set is blocked if one of its crawlers is. open data: AI crawlers whose collection is open to all; closed training: the training crawlers of closed operators. Each crawler counts from the day it was documented, so a set grows: first_crawlers and second_crawlers say how many it had. first_only and second_only are the hosts that block one side alone, first_rulesets and second_rulesets the rule sets behind them. The interval is Newcombe's for pairs, with the design effect of those rule sets: a rule set on many hosts is one observation. n_unknown hosts are left out.
WITH blocked AS (  -- one host's sides follow from its answer
    SELECT c.* EXCLUDE (answer), s.* EXCLUDE (snapshot_date, answer)
    FROM answer_counts c
    JOIN sides_of('counted_meanings') s
        ON s.snapshot_date = c.snapshot_date AND s.answer IS NOT DISTINCT FROM c.answer
), strata AS (
    SELECT * EXCLUDE (first, second, rulesets, hosts, weight, weight_squared), sum(weight) AS total,
           coalesce(sum(weight) FILTER (first IS NOT NULL), 0) AS known,
           coalesce(sum(weight_squared) FILTER (first IS NOT NULL), 0) AS known_squared,
           coalesce(sum(weight) FILTER (first AND second), 0) AS both_yes,
           coalesce(sum(weight) FILTER (first AND NOT second), 0) AS only_first,
           coalesce(sum(weight) FILTER (second AND NOT first), 0) AS only_second,
           coalesce(sum(hosts) FILTER (first IS NOT NULL), 0) AS n,
           coalesce(sum(hosts) FILTER (first IS NULL), 0) AS n_unknown,
           coalesce(sum(hosts) FILTER (first AND NOT second), 0) AS first_only,
           coalesce(sum(hosts) FILTER (second AND NOT first), 0) AS second_only
    FROM blocked GROUP BY ALL
), clusters AS (  -- hosts whose blocks are the same rule sets; others, and HTTP's, each for itself
    SELECT b.population, b.snapshot, b.comparison, rulesets <> '' AS copied, rulesets, first,
           second, ordered_sum(CAST(b.weight AS DOUBLE) * s.total / s.known) AS weight,
           ordered_sum(CAST(b.weight_squared AS DOUBLE) * (s.total / s.known) ** 2) AS squared
    FROM blocked b
    JOIN strata s USING (population, snapshot, comparison, stratum)
    WHERE first <> second
    GROUP BY ALL
), effective AS (
    SELECT population, snapshot, comparison,
           ordered_sum(CASE WHEN copied THEN weight ** 2 ELSE squared END) / ordered_sum(squared)
               AS design_effect,
           count(*) FILTER (copied AND first) AS first_rulesets,
           count(*) FILTER (copied AND second) AS second_rulesets
    FROM clusters GROUP BY ALL
), shares AS (
    SELECT population, snapshot, snapshot_date, comparison, first_crawlers, second_crawlers,
           CAST(sum(n) AS BIGINT) AS n, CAST(sum(n_unknown) AS BIGINT) AS n_unknown,
           CAST(sum(first_only) AS BIGINT) AS first_only,
           CAST(sum(second_only) AS BIGINT) AS second_only,
           stratified_share(total, known, both_yes) AS p_both,
           stratified_share(total, known, only_first) AS p_first,
           stratified_share(total, known, only_second) AS p_second,
           effective_n(total, known, known_squared) AS effective_n
    FROM strata GROUP BY ALL
)
SELECT * REPLACE (coalesce(first_rulesets, 0) AS first_rulesets,
                  coalesce(second_rulesets, 0) AS second_rulesets),
       'rulesets' AS estimand, http_profile() AS http_profile, p_both + p_first AS first_share,
       p_both + p_second AS second_share, p_first - p_second AS estimate,
       paired_low(p_both, p_first, p_second, effective_n / coalesce(design_effect, 1)) AS low,
       paired_high(p_both, p_first, p_second, effective_n / coalesce(design_effect, 1)) AS high,
       no_estimate(n, n_unknown) AS no_interval, no_estimate(n, n_unknown) AS no_estimate
FROM shares
LEFT JOIN effective USING (population, snapshot, comparison)
ORDER BY population, http_profile, snapshot_date, snapshot, comparison;
