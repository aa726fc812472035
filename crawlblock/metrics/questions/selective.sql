-- title: Who is blocked while another is let in
-- unit: share of hosts, 0 to 1
-- of: panel, census
-- note: Hosts that select whose access to / they block, or block by a list. archive, not search: a named archive or open-data crawler is blocked and no registered search crawler is. GPTBot, not CCBot and CCBot, not GPTBot: the first is blocked and the second is not. open data as collateral: an open-data crawler and ten or more AI crawlers are blocked by name, as in a list. Crawlers count from the day they were documented.
WITH sides AS (
    SELECT snapshot_date, answer,
           bool_and(root_allowed IS NOT NULL) AS known,
           bool_or(NOT root_allowed AND basis = 'named') FILTER (openness = 'open') AS open_named,
           bool_or(NOT root_allowed) FILTER (purpose = 'search') AS search,
           bool_or(NOT root_allowed) FILTER (token = 'CCBot') AS ccbot,
           bool_or(NOT root_allowed) FILTER (token = 'GPTBot') AS gptbot,
           count(*) FILTER (ai AND NOT root_allowed AND basis = 'named') AS named
    FROM counted_meanings GROUP BY ALL
), asked AS (
    SELECT c.* EXCLUDE (answer), k.selection,
           CASE WHEN known THEN CASE k.selection
               WHEN 'archive, not search' THEN open_named AND NOT search
               WHEN 'GPTBot, not CCBot' THEN gptbot > ccbot  -- NULL until both are documented
               WHEN 'CCBot, not GPTBot' THEN ccbot > gptbot
               ELSE open_named AND named >= 10
           END END AS yes
    FROM answer_counts c
    JOIN sides s ON s.snapshot_date = c.snapshot_date AND s.answer IS NOT DISTINCT FROM c.answer
    CROSS JOIN (VALUES ('archive, not search'), ('GPTBot, not CCBot'), ('CCBot, not GPTBot'),
                       ('open data as collateral')) k(selection)
)
FROM shares_of('asked')
ORDER BY population, http_profile, snapshot_date, snapshot, selection;
