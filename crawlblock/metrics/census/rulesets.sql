-- title: How many different rule sets the blocking hosts have
-- unit: share of hosts or of registered domains, 0 to 1
-- of: census
-- note: Those that block / to the crawler, counted by rule set. Hosts whose deciding groups are the same, with agents and rules in any order, share one. n_yes hosts have n_rulesets different rule sets. Rule sets of one agent and one rule are often the same by chance, so there is a range: effective_rulesets_low counts all equal ones as one, effective_rulesets those that are not equal by chance, effective_rulesets_high every host as independent (each is Kish's effective number, which a rule set on thousands of hosts raises by little). If a share of the files was read, all numbers are about that share alone. largest is the most common rule set's part of the blocking hosts.
WITH deciding AS (
    SELECT c.population, c.snapshot, m.token, m.ruleset, CAST(sum(c.hosts) AS BIGINT) AS hosts
    FROM answer_counts c
    JOIN counted_meanings m ON m.snapshot_date = c.snapshot_date AND m.answer = c.answer
    WHERE m.blocked AND m.ruleset IS NOT NULL
    GROUP BY ALL
), rulesets AS (
    SELECT population, snapshot, token, count(*) AS n_rulesets,
           effective_rulesets(hosts) AS effective_rulesets_low,
           CASE WHEN NOT is_demo(snapshot) THEN  -- its texts are reconstructed
               sum(hosts) ** 2 / sum(CASE WHEN alike_by_chance(ruleset) THEN hosts
                                          ELSE CAST(hosts AS DOUBLE) ** 2 END)
           END AS effective_rulesets,
           CAST(sum(hosts) AS DOUBLE) AS effective_rulesets_high,
           max(hosts) / sum(hosts) AS largest
    FROM deciding GROUP BY population, snapshot, token
), asked AS (
    SELECT * EXCLUDE (restriction, basis, root_allowed, blocked, rules), blocked AS yes
    FROM verdict_counts
)
SELECT * REPLACE (coalesce(n_rulesets, 0) AS n_rulesets)
FROM shares_of('asked')
LEFT JOIN rulesets USING (population, snapshot, token)
JOIN crawlers USING (token)
ORDER BY population, http_profile, snapshot_date, snapshot, token;
