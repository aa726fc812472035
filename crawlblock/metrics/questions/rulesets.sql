-- title: How many rule sets make the blocks
-- unit: share of hosts, 0 to 1
-- of: panel
-- note: Hosts that block / to the crawler, counted by rule set. Hosts whose deciding groups are the same, with agents and rules in any order, share one. n_yes hosts have n_rulesets; effective_rulesets is Kish's effective number of them, which a rule set on thousands of hosts raises by little. Short rule sets, such as one that names a single crawler, are also alike by chance, so both are lower bounds. low and high apply the design effect of the blocking hosts' rule sets to all hosts, because hosts that do not block share texts as well. naive_low and naive_high count every host as one.
WITH hosts AS (
    SELECT population, snapshot, snapshot_date, stratum, token, NOT root_allowed AS yes,
           CASE WHEN NOT root_allowed THEN coalesce(ruleset, answer) END AS ruleset,
           sum(hosts) AS hosts, sum(weight) AS weight, sum(weight_squared) AS weight_squared
    FROM access_counts GROUP BY ALL
), asked AS (
    SELECT * EXCLUDE (ruleset) FROM hosts
), adjusted AS (  -- as effective_n has them: the known hosts of a stratum represent all of it
    SELECT h.*, h.weight * s.total / s.known AS full_weight,
           h.weight_squared * (s.total / s.known) ** 2 AS full_squared
    FROM hosts h
    JOIN strata_of('asked') s USING (population, snapshot, token, stratum)
    WHERE h.yes IS NOT NULL
), clusters AS (  -- what HTTP blocks, and what nobody blocks, is each host's own ruleset
    SELECT population, snapshot, token, ruleset, NOT starts_with(ruleset, 'http ') AS copied,
           ordered_sum(CAST(full_weight AS DOUBLE)) AS weight,
           ordered_sum(CAST(full_squared AS DOUBLE)) AS squared
    FROM adjusted GROUP BY ALL
), effective AS (
    SELECT population, snapshot, token, CAST(count(*) FILTER (copied) AS BIGINT) AS n_rulesets,
           ordered_sum(CASE WHEN copied THEN weight ** 2 WHEN NOT copied THEN squared END)
               / ordered_sum(CASE WHEN copied IS NOT NULL THEN squared END) AS design_effect,
           effective_rulesets(CASE WHEN copied THEN weight END) AS effective_rulesets
    FROM clusters GROUP BY ALL
)
SELECT * REPLACE (
           'rulesets' AS estimand,
           wilson_low(estimate, effective_n / coalesce(design_effect, 1)) AS low,
           wilson_high(estimate, effective_n / coalesce(design_effect, 1)) AS high
       ),
       low AS naive_low, high AS naive_high
FROM shares_of('asked')
LEFT JOIN effective USING (population, snapshot, token)
JOIN crawlers USING (token)
ORDER BY population, http_profile, snapshot_date, snapshot, token;
