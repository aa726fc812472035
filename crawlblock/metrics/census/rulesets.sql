-- title: How many rule sets make the blocks
-- unit: share of hosts or of registered domains, 0 to 1
-- of: census
-- note: Those that block / to the crawler, counted by rule set. Hosts whose deciding groups are the same, with agents and rules in any order, share one. n_yes hosts have n_rulesets; effective_rulesets is Kish's effective number of them, which a rule set on thousands of hosts raises by little. Short rule sets are also alike by chance, so both are lower bounds; of a share of files both are of that share alone. largest is the part of the blocking hosts that the most copied rule set has.
WITH deciding AS (
    SELECT c.population, c.snapshot, m.token, m.ruleset, CAST(sum(c.hosts) AS BIGINT) AS hosts
    FROM answer_counts c
    JOIN counted_meanings m ON m.snapshot_date = c.snapshot_date AND m.answer = c.answer
    WHERE NOT m.root_allowed AND m.ruleset IS NOT NULL
    GROUP BY ALL
), rulesets AS (
    SELECT population, snapshot, token, count(*) AS n_rulesets,
           effective_rulesets(hosts) AS effective_rulesets, max(hosts) / sum(hosts) AS largest
    FROM deciding GROUP BY ALL
), asked AS (
    SELECT * EXCLUDE (restriction, basis, root_allowed), NOT root_allowed AS yes
    FROM verdict_counts
)
SELECT * REPLACE (coalesce(n_rulesets, 0) AS n_rulesets)
FROM shares_of('asked')
LEFT JOIN rulesets USING (population, snapshot, token)
JOIN crawlers USING (token)
ORDER BY population, http_profile, snapshot_date, snapshot, token;
