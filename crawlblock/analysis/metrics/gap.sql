-- title: How much more one kind of crawler is refused than another
-- unit: difference of shares of hosts, -1 to 1
-- note: The share of hosts that refuse / to the first less the share that refuse it to the second, among the same hosts; a set is refused if one of its crawlers is. open data: AI crawlers whose collection is open to all; closed training: the training crawlers of closed operators; each from the day it is documented, so that a set grows: first_crawlers and second_crawlers say how many it had. first_only and second_only are the hosts that refuse one side alone, first_decisions and second_decisions the distinct texts behind them. The interval is Newcombe's for pairs, with the design effect of those texts: a text on many hosts is one observation. n_unknown hosts could not be told and are left out.
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
           count(*) FILTER (is_first) AS first_crawlers,
           count(*) FILTER (NOT is_first) AS second_crawlers,
           coalesce(string_agg(DISTINCT decision, ' ' ORDER BY decision)
               FILTER (NOT root_allowed), '') AS decisions
    FROM counted_meanings JOIN sides USING (token)
    GROUP BY ALL
), refused AS (
    SELECT c.*, comparison, first, second, first_crawlers, second_crawlers, decisions
    FROM answer_counts c
    JOIN sided s ON s.snapshot_date = c.snapshot_date AND s.answer IS NOT DISTINCT FROM c.answer
    WHERE first_crawlers > 0 AND second_crawlers > 0
), strata AS (
    SELECT population, reading, snapshot, snapshot_date, comparison, first_crawlers,
           second_crawlers, stratum, sum(weight) AS total, coalesce(sum(weight) FILTER (first IS NOT NULL), 0) AS known,
           coalesce(sum(weight_squared) FILTER (first IS NOT NULL), 0) AS known_squared,
           coalesce(sum(weight) FILTER (first AND second), 0) AS both_yes,
           coalesce(sum(weight) FILTER (first AND NOT second), 0) AS only_first,
           coalesce(sum(weight) FILTER (second AND NOT first), 0) AS only_second,
           coalesce(sum(hosts) FILTER (first IS NOT NULL), 0) AS n,
           coalesce(sum(hosts) FILTER (first IS NULL), 0) AS n_unknown,
           coalesce(sum(hosts) FILTER (first AND NOT second), 0) AS first_only,
           coalesce(sum(hosts) FILTER (second AND NOT first), 0) AS second_only
    FROM refused GROUP BY ALL
), clusters AS (  -- hosts whose refusals are the same texts; others, and HTTP's, each for itself
    SELECT r.population, r.snapshot, r.comparison, decisions <> '' AS copied, decisions, first,
           second, ordered_sum(CAST(r.weight AS DOUBLE) * s.total / s.known) AS weight,
           ordered_sum(CAST(r.weight_squared AS DOUBLE) * (s.total / s.known) ** 2) AS squared
    FROM refused r
    JOIN strata s USING (population, snapshot, comparison, stratum)
    WHERE first <> second
    GROUP BY ALL
), effective AS (
    SELECT population, snapshot, comparison,
           ordered_sum(CASE WHEN copied THEN weight ** 2 ELSE squared END) / ordered_sum(squared)
               AS design_effect,
           count(*) FILTER (copied AND first) AS first_decisions,
           count(*) FILTER (copied AND second) AS second_decisions
    FROM clusters GROUP BY ALL
), shares AS (
    SELECT population, reading, snapshot, snapshot_date, comparison, first_crawlers,
           second_crawlers,
           CAST(sum(n) AS BIGINT) AS n, CAST(sum(n_unknown) AS BIGINT) AS n_unknown,
           CAST(sum(first_only) AS BIGINT) AS first_only,
           CAST(sum(second_only) AS BIGINT) AS second_only,
           stratified_share(total, known, both_yes) AS p_both,
           stratified_share(total, known, only_first) AS p_first,
           stratified_share(total, known, only_second) AS p_second,
           effective_n(total, known, known_squared) AS effective_n
    FROM strata GROUP BY ALL
)
SELECT population, reading, snapshot, snapshot_date, comparison, first_crawlers, second_crawlers,
       n, n_unknown, first_only, second_only, coalesce(first_decisions, 0) AS first_decisions,
       coalesce(second_decisions, 0) AS second_decisions, p_both + p_first AS first_share,
       p_both + p_second AS second_share, p_first - p_second AS estimate,
       paired_low(p_both, p_first, p_second, effective_n / coalesce(design_effect, 1)) AS low,
       paired_high(p_both, p_first, p_second, effective_n / coalesce(design_effect, 1)) AS high
FROM shares
LEFT JOIN effective USING (population, snapshot, comparison)
ORDER BY population, reading, snapshot_date, snapshot, comparison;
