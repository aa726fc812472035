-- title: Who is refused while another is let in
-- unit: share of hosts, 0 to 1
-- note: Hosts that pick whom to refuse /, or refuse by a list. archive, not search: a named archive or open-data crawler is refused, no registered search crawler is. GPTBot, not CCBot and CCBot, not GPTBot: the one without the other. open data as collateral: an open-data crawler and ten or more AI crawlers are refused by name, as in a list. Crawlers count from the day they are documented.
WITH sides AS (
    SELECT snapshot_date, answer,
           bool_and(root_allowed IS NOT NULL) AS known,
           bool_or(NOT root_allowed AND basis = 'named') FILTER (openness = 'open') AS open_named,
           bool_or(NOT root_allowed) FILTER (purpose = 'search') AS search,
           bool_or(NOT root_allowed) FILTER (token = 'CCBot') AS ccbot,
           bool_or(NOT root_allowed) FILTER (token = 'GPTBot') AS gptbot,
           count(*) FILTER (ai AND NOT root_allowed AND basis = 'named') AS named
    FROM counted_meanings GROUP BY ALL
), answers AS (
    SELECT c.*, s.* EXCLUDE (snapshot_date, answer)
    FROM answer_counts c
    JOIN sides s ON s.snapshot_date = c.snapshot_date AND s.answer IS NOT DISTINCT FROM c.answer
), kinds AS (
    SELECT a.*, k.selection,
           CASE k.selection
               WHEN 'archive, not search' THEN open_named AND NOT search
               WHEN 'GPTBot, not CCBot' THEN gptbot > ccbot  -- NULL until both are documented
               WHEN 'CCBot, not GPTBot' THEN ccbot > gptbot
               ELSE open_named AND named >= 10
           END AS holds
    FROM answers a
    CROSS JOIN (VALUES ('archive, not search'), ('GPTBot, not CCBot'), ('CCBot, not GPTBot'),
                       ('open data as collateral')) k(selection)
), strata AS (
    SELECT population, reading, snapshot, snapshot_date, selection, stratum,
           sum(weight) AS total,
           coalesce(sum(weight) FILTER (known AND holds IS NOT NULL), 0) AS inside,
           coalesce(sum(weight_squared) FILTER (known AND holds IS NOT NULL), 0) AS inside_squared,
           coalesce(sum(weight) FILTER (known AND holds), 0) AS yes,
           coalesce(sum(hosts) FILTER (known AND holds IS NOT NULL), 0) AS n,
           coalesce(sum(hosts) FILTER (NOT known OR holds IS NULL), 0) AS n_unknown,
           coalesce(sum(hosts) FILTER (known AND holds), 0) AS n_holding
    FROM kinds GROUP BY ALL
), shares AS (
    SELECT population, reading, snapshot, snapshot_date, selection,
           CAST(sum(n) AS BIGINT) AS n, CAST(sum(n_unknown) AS BIGINT) AS n_unknown,
           CAST(sum(n_holding) AS BIGINT) AS n_holding,
           stratified_share(total, inside, yes) AS estimate,
           effective_n(total, inside, inside_squared) AS effective_n
    FROM strata GROUP BY ALL
)
SELECT population, reading, snapshot, snapshot_date, selection, n, n_unknown, n_holding, estimate,
       wilson_low(estimate, effective_n) AS low, wilson_high(estimate, effective_n) AS high
FROM shares
ORDER BY population, reading, snapshot_date, snapshot, selection;
