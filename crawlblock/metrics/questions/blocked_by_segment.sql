-- title: Hosts that block a crawler, by segment
-- unit: share of the segment's hosts, 0 to 1
-- of: panel
-- note: By dimension: stratum (where the panel has several) and every further column of the panel's list, such as a country. A cell of the list may name several segments with a semicolon, and the host counts in each. Segments below 30 hosts that were ever known, and those beyond the 200 largest of a dimension, are one row. By definition: root (robots.txt forbids /) or any (it has a restriction of any kind). n_refused hosts answer 401, 402, 403 or 451, or with a challenge page.
WITH counted AS (
    SELECT c.* EXCLUDE (answer, hosts, weight, weight_squared), m.token, m.blocked, m.rules,
           CAST(sum(hosts) AS BIGINT) AS hosts, sum(weight) AS weight,
           sum(weight_squared) AS weight_squared
    FROM segment_answers c
    JOIN counted_meanings m
        ON m.snapshot_date = c.snapshot_date AND m.answer IS NOT DISTINCT FROM c.answer
    WHERE c.dimension <> ''
    GROUP BY ALL
), asked AS (
    SELECT c.* EXCLUDE (blocked, rules), d.definition,
           CASE d.definition WHEN 'root' THEN blocked
                ELSE nullif(rules, 'unknown') <> 'none' END AS yes
    FROM counted c CROSS JOIN (VALUES ('root'), ('any')) d(definition)
)
SELECT s.*, c.* EXCLUDE (token), coalesce(r.n_refused, 0) AS n_refused
FROM shares_of('asked') s
JOIN crawlers c USING (token)
LEFT JOIN refused_by_server r USING (population, snapshot, dimension, segment)
ORDER BY population, http_profile, snapshot_date, snapshot, token, dimension = 'stratum' DESC,
         dimension, segment, definition, estimand DESC;
