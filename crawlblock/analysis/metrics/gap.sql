-- title: How much more one kind of crawler is refused than another
-- unit: difference of shares of hosts, -1 to 1
-- note: The share of hosts that refuse / to the first less the share that refuse it to the second, among the same hosts; a set is refused if one of its crawlers is. open data: AI crawlers whose collection is open to all; closed training: the training crawlers of closed operators; each from the day it is documented. first_only and second_only are the hosts that refuse one side alone. The interval is Newcombe's for pairs with the effective number of hosts; mcnemar_p is the exact test of no difference, unweighted. n_unknown hosts could not be told and are left out.
WITH sides AS (
    SELECT 'open data - closed training' AS comparison, openness = 'open' AS is_first, token
    FROM crawlers WHERE ai AND (openness = 'open' OR purpose = 'training')
    UNION ALL
    SELECT first || ' - ' || second, token = first, token
    FROM (VALUES ('CCBot', 'GPTBot'), ('CCBot', 'ClaudeBot'), ('CCBot', 'Google-Extended'),
                 ('CCBot', 'Googlebot'), ('GPTBot', 'Googlebot')) pairs(first, second)
    JOIN crawlers ON token IN (first, second)
), sided AS (  -- one host's sides follow from its answer
    SELECT snapshot_date, answer, comparison,
           bool_or(NOT root_allowed) FILTER (is_first) AS first,
           bool_or(NOT root_allowed) FILTER (NOT is_first) AS second,
           bool_or(is_first) AND bool_or(NOT is_first) AS both_documented
    FROM counted_meanings JOIN sides USING (token)
    GROUP BY ALL
), refused AS (
    SELECT c.*, comparison, first, second
    FROM answer_counts c
    JOIN sided s ON s.snapshot_date = c.snapshot_date AND s.answer IS NOT DISTINCT FROM c.answer
    WHERE both_documented
), strata AS (
    SELECT population, reading, snapshot, snapshot_date, comparison, stratum,
           sum(weight) AS total, coalesce(sum(weight) FILTER (first IS NOT NULL), 0) AS known,
           coalesce(sum(weight_squared) FILTER (first IS NOT NULL), 0) AS known_squared,
           coalesce(sum(weight) FILTER (first AND second), 0) AS both_yes,
           coalesce(sum(weight) FILTER (first AND NOT second), 0) AS only_first,
           coalesce(sum(weight) FILTER (second AND NOT first), 0) AS only_second,
           coalesce(sum(hosts) FILTER (first IS NOT NULL), 0) AS n,
           coalesce(sum(hosts) FILTER (first IS NULL), 0) AS n_unknown,
           coalesce(sum(hosts) FILTER (first AND NOT second), 0) AS first_only,
           coalesce(sum(hosts) FILTER (second AND NOT first), 0) AS second_only
    FROM refused GROUP BY ALL
), shares AS (
    SELECT population, reading, snapshot, snapshot_date, comparison,
           CAST(sum(n) AS BIGINT) AS n, CAST(sum(n_unknown) AS BIGINT) AS n_unknown,
           CAST(sum(first_only) AS BIGINT) AS first_only,
           CAST(sum(second_only) AS BIGINT) AS second_only,
           stratified_share(total, known, both_yes) AS p_both,
           stratified_share(total, known, only_first) AS p_first,
           stratified_share(total, known, only_second) AS p_second,
           effective_n(total, known, known_squared) AS effective_n
    FROM strata GROUP BY ALL
)
SELECT population, reading, snapshot, snapshot_date, comparison, n, n_unknown, first_only,
       second_only, p_both + p_first AS first_share, p_both + p_second AS second_share,
       p_first - p_second AS estimate, paired_low(p_both, p_first, p_second, effective_n) AS low,
       paired_high(p_both, p_first, p_second, effective_n) AS high,
       CASE WHEN n > 0 THEN mcnemar_p(first_only, second_only) END AS mcnemar_p
FROM shares
ORDER BY population, reading, snapshot_date, snapshot, comparison;
