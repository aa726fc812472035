-- title: How many different rule sets the blocking hosts have
-- unit: share of hosts, 0 to 1
-- of: panel
-- note: Hosts that block / to the crawler, counted by rule set. Hosts whose deciding groups are the same, with agents and rules in any order, share one. Rule sets of one agent and one rule are often the same by chance; such hosts share one only if they have one owner, which we see from the same registered name under another suffix. So there is a range: effective_rulesets_low counts all equal ones as one, effective_rulesets those that are not equal by chance, effective_rulesets_high every host as independent (each is Kish's effective number, which a rule set on thousands of hosts raises by little). low and high are about what the authors of all rule sets would do if they decided anew, including those that block nobody. For them, hosts whose texts have the same rules count as one. With fewer than 50 effective rule sets the interval is exact, else Wilson's. naive_low and naive_high count every host separately. The texts of the demo are reconstructed, so we do not know which are the same by chance or which open hosts share one.
WITH sites AS (  -- the names of owners that have several hosts
    SELECT number, owner
    FROM (SELECT h.number, split_part(coalesce(f.domain, f.host), '.', 1) AS owner
          FROM hosts h JOIN facts.hosts f ON f.id = h.id)
    QUALIFY count(*) OVER (PARTITION BY owner) > 1
), texts AS MATERIALIZED (
    SELECT population, snapshot, snapshot_date, stratum, answer, weight, text,
           CASE WHEN text IS NOT NULL THEN owner END AS owner, count(*) AS hosts
    FROM points LEFT JOIN sites ON number = host
    WHERE population = 'captured' OR snapshot NOT IN (FROM left_out_snapshots)
    GROUP BY ALL
), rules AS (  -- rules and owners only where two hosts of a snapshot have them
    SELECT snapshot, rules
    FROM texts JOIN conclusions.text_rules USING (text)
    WHERE NOT alike_by_chance(rules)
    GROUP BY ALL HAVING sum(hosts) > 1
), owners AS (
    SELECT snapshot, owner FROM texts GROUP BY ALL HAVING sum(hosts) > 1
), all_open AS (  -- most answers let every crawler in, and are one where nobody shares them
    FROM alike_answers ANTI JOIN not_open USING (answer)
), alike_counts AS (
    SELECT CAST(population AS VARCHAR) AS population, CAST(s.snapshot AS VARCHAR) AS snapshot,
           snapshot_date, CAST(stratum AS VARCHAR) AS stratum,
           CASE WHEN o.owner IS NULL THEN coalesce(a.alike, s.answer) ELSE s.answer END AS answer,
           CAST(weight AS DOUBLE) AS weight, r.rules, o.owner, CAST(sum(hosts) AS BIGINT) AS hosts
    FROM texts s
    LEFT JOIN conclusions.text_rules t ON t.text = s.text
    LEFT JOIN rules r ON r.snapshot = s.snapshot AND r.rules = t.rules
    LEFT JOIN owners o ON o.snapshot = s.snapshot AND o.owner = s.owner
    LEFT JOIN all_open a ON a.answer = s.answer
    GROUP BY ALL
), hosts AS (
    SELECT a.* EXCLUDE (weight), token, a.hosts * weight AS weight,
           a.hosts * weight ** 2 AS weight_squared, m.ruleset,
           CASE WHEN a.answer IS NOT NULL AND m.answer IS NULL THEN false ELSE m.blocked END AS yes
    FROM alike_counts a
    CROSS JOIN crawlers k
    LEFT JOIN not_open m USING (answer, token)
    WHERE coalesce(a.snapshot_date >= k.documented_since, true)
), asked AS (
    SELECT population, snapshot, snapshot_date, stratum, token, blocked AS yes, hosts, weight,
           weight_squared
    FROM verdict_counts
), strata AS (
    FROM strata_of('asked')
), shares AS (
    SELECT population, snapshot, snapshot_date, token, CAST(sum(n_yes) AS BIGINT) AS n_yes,
           CAST(sum(n) AS BIGINT) AS n, CAST(sum(n_unknown) AS BIGINT) AS n_unknown,
           bool_or(known <> n OR unknown <> n_unknown) AS weighted,
           CASE WHEN weighted THEN stratified_share(total, known, yes)
                ELSE CAST(sum(yes) / nullif(sum(known), 0) AS DOUBLE) END AS estimate,
           CASE WHEN weighted THEN effective_n(total, known, known_squared)
                ELSE sum(n) END AS effective_n,
           CAST(sum(yes) / nullif(sum(total), 0) AS DOUBLE) AS bound_low,
           CAST(sum(yes + unknown) / nullif(sum(total), 0) AS DOUBLE) AS bound_high
    FROM strata GROUP BY ALL
), factors AS (  -- as in the estimate: of a sample the known hosts of a stratum represent all of it
    SELECT population, snapshot, token, stratum,
           CASE WHEN weighted THEN s.total / nullif(s.known, 0) ELSE 1 END AS factor
    FROM strata s JOIN shares USING (population, snapshot, token)
), adjusted AS (
    SELECT h.population, h.snapshot, h.token, h.hosts, h.yes, h.ruleset,
           h.weight * s.factor AS weight, h.weight_squared * s.factor ** 2 AS squared,
           CASE WHEN h.yes AND NOT alike_by_chance(h.ruleset) THEN h.ruleset
                WHEN h.yes OR h.rules IS NULL THEN owner || ' ' || coalesce(h.ruleset, answer)
                ELSE h.rules END AS shared  -- NULL: each host its own
    FROM hosts h
    JOIN factors s USING (population, snapshot, token, stratum)
    WHERE h.yes IS NOT NULL AND h.weight > 0
), clusters AS (  -- sizes of clusters and how many have each
    SELECT population, snapshot, token, ordered_sum(weight) AS size, CAST(1 AS DOUBLE) AS clusters,
           bool_or(yes AND ruleset IS NOT NULL) AS blocks
    FROM adjusted WHERE shared IS NOT NULL GROUP BY population, snapshot, token, yes, shared
    UNION ALL
    SELECT population, snapshot, token, weight / hosts, CAST(sum(hosts) AS DOUBLE),
           yes AND ruleset IS NOT NULL
    FROM adjusted WHERE shared IS NULL GROUP BY ALL
), effective AS (
    SELECT population, snapshot, token, ordered_sum(size * clusters) ** 2
               / nullif(ordered_sum(size ** 2 * clusters), 0) AS independent,
           ordered_sum(CASE WHEN blocks THEN size * clusters END) ** 2
               / nullif(ordered_sum(CASE WHEN blocks THEN size ** 2 * clusters END), 0)
               AS effective_rulesets,
           CASE WHEN independent < 50 THEN
               list(struct_pack(size, clusters) ORDER BY size, clusters) END AS clusters
    FROM clusters GROUP BY ALL
), blocking AS (  -- what HTTP blocks is no rule set
    SELECT population, snapshot, token, ruleset, ordered_sum(weight) AS weight,
           ordered_sum(squared) AS squared
    FROM adjusted WHERE yes AND ruleset IS NOT NULL GROUP BY ALL
), ranges AS (
    SELECT population, snapshot, token, count(*) AS n_rulesets,
           effective_rulesets(weight) AS effective_rulesets_low,
           ordered_sum(weight) ** 2 / nullif(ordered_sum(squared), 0) AS effective_rulesets_high
    FROM blocking GROUP BY ALL
), known AS (
    SELECT *, is_demo(snapshot) AS reconstructed FROM shares
)
SELECT known.* EXCLUDE (weighted, effective_n, reconstructed), operator, purpose, openness, ai,
       'rulesets' AS estimand, http_profile() AS http_profile,
       coalesce(n_rulesets, 0) AS n_rulesets, effective_rulesets_low,
       CASE WHEN NOT reconstructed THEN effective_rulesets END AS effective_rulesets,
       effective_rulesets_high,
       CASE WHEN NOT reconstructed THEN wilson_low(estimate, independent) END AS low,
       CASE WHEN NOT reconstructed THEN wilson_high(estimate, independent) END AS high,
       CASE WHEN NOT reconstructed THEN clusters END AS clusters,
       wilson_low(estimate, effective_n) AS naive_low,
       wilson_high(estimate, effective_n) AS naive_high,
       no_estimate(n, n_unknown, estimate := estimate) AS no_estimate,
       coalesce(no_estimate(n, n_unknown, estimate := estimate), CASE WHEN reconstructed THEN
           'the texts are reconstructed, so which hosts share one is not known' END) AS no_interval
FROM known
LEFT JOIN effective USING (population, snapshot, token)
LEFT JOIN ranges USING (population, snapshot, token)
JOIN crawlers USING (token)
ORDER BY population, http_profile, snapshot_date, snapshot, token;
