-- title: How many decisions stand behind the refusals
-- unit: share of hosts, 0 to 1
-- note: Hosts that refuse / to the crawler, counted as decisions: hosts whose deciding groups are the same, agents and rules in any order, have copied one. n_refusing hosts took n_decisions; effective_decisions counts them as Kish's effective number, which a text on thousands of hosts raises by little. Short texts, such as one that names a single crawler, are alike by chance too, so both are lower bounds. low and high apply the design effect of the refusing hosts' decisions to all hosts, as those that do not refuse share texts as well; naive_low and naive_high take every host as one.
WITH hosts AS (
    SELECT population, reading, snapshot, snapshot_date, token, root_allowed,
           CASE WHEN NOT root_allowed THEN coalesce(decision, answer) END AS decision,
           stratum, sum(hosts) AS hosts, sum(weight) AS weight,
           sum(weight_squared) AS weight_squared
    FROM access_counts GROUP BY ALL
), strata AS (
    SELECT population, reading, snapshot, snapshot_date, token, stratum, sum(weight) AS total,
           coalesce(sum(weight) FILTER (root_allowed IS NOT NULL), 0) AS known,
           coalesce(sum(weight_squared) FILTER (root_allowed IS NOT NULL), 0) AS known_squared,
           coalesce(sum(weight) FILTER (NOT root_allowed), 0) AS yes,
           coalesce(sum(hosts) FILTER (root_allowed IS NOT NULL), 0) AS n,
           coalesce(sum(hosts) FILTER (root_allowed IS NULL), 0) AS n_unknown,
           coalesce(sum(hosts) FILTER (NOT root_allowed), 0) AS n_refusing
    FROM hosts GROUP BY ALL
), shares AS (
    SELECT population, reading, snapshot, snapshot_date, token,
           CAST(sum(n) AS BIGINT) AS n, CAST(sum(n_unknown) AS BIGINT) AS n_unknown,
           CAST(sum(n_refusing) AS BIGINT) AS n_refusing,
           stratified_share(total, known, yes) AS estimate,
           effective_n(total, known, known_squared) AS effective_n
    FROM strata GROUP BY ALL
), adjusted AS (  -- as effective_n has them: the known hosts of a stratum stand for all of it
    SELECT h.*, h.weight * s.total / s.known AS full_weight,
           h.weight_squared * (s.total / s.known) ** 2 AS full_squared
    FROM hosts h
    JOIN strata s USING (population, snapshot, token, stratum)
    WHERE h.root_allowed IS NOT NULL
), clusters AS (  -- what HTTP refuses, and what nobody refuses, is each host's own decision
    SELECT population, snapshot, token, decision, NOT starts_with(decision, 'http ') AS copied,
           ordered_sum(CAST(full_weight AS DOUBLE)) AS weight,
           ordered_sum(CAST(full_squared AS DOUBLE)) AS squared
    FROM adjusted GROUP BY ALL
), effective AS (
    SELECT population, snapshot, token, CAST(count(*) FILTER (copied) AS BIGINT) AS n_decisions,
           ordered_sum(CASE WHEN copied THEN weight ** 2 WHEN NOT copied THEN squared END)
               / ordered_sum(CASE WHEN copied IS NOT NULL THEN squared END) AS design_effect,
           effective_decisions(CASE WHEN copied THEN weight END) AS effective_decisions
    FROM clusters GROUP BY ALL
)
SELECT population, reading, snapshot, snapshot_date, token, operator, purpose, openness, ai, n,
       n_unknown, n_refusing, n_decisions, effective_decisions, estimate,
       wilson_low(estimate, effective_n / coalesce(design_effect, 1)) AS low,
       wilson_high(estimate, effective_n / coalesce(design_effect, 1)) AS high,
       wilson_low(estimate, effective_n) AS naive_low,
       wilson_high(estimate, effective_n) AS naive_high
FROM shares
LEFT JOIN effective USING (population, snapshot, token)
JOIN crawlers USING (token)
ORDER BY population, reading, snapshot_date, snapshot, token;
