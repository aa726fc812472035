-- title: Hosts that block a crawler, by segment
-- unit: share of the segment's hosts, 0 to 1
-- of: panel
-- note: By dimension: stratum (the strata of the panel; hosts captured outside of a panel are the one segment all) and every further column of the panel's list, such as a country. A cell of the list may name several segments with a semicolon, and the host counts in each. Segments below 30 known hosts are one row. By definition: root (/ may not be fetched) or any (a restriction of any kind).
WITH cells AS (
    SELECT CAST(p.population AS VARCHAR) AS population, CAST(p.snapshot AS VARCHAR) AS snapshot,
           p.snapshot_date, CAST(p.stratum AS VARCHAR) AS stratum,
           CAST(p.answer AS VARCHAR) AS answer, s.dimension, s.segment, p.weight, count(*) AS hosts
    FROM points p
    JOIN folded_segments s ON s.host = p.host
    WHERE p.population = 'panel' AND p.snapshot NOT IN (FROM left_out_snapshots)
    GROUP BY ALL
), counted AS (
    SELECT c.population, c.snapshot, c.snapshot_date, c.stratum, c.dimension, c.segment, m.token,
           m.restriction, m.root_allowed, CAST(sum(hosts) AS BIGINT) AS hosts,
           sum(weight * hosts) AS weight,
           sum(CAST(weight * weight AS DECIMAL(38, 6)) * hosts) AS weight_squared
    FROM cells c
    JOIN counted_meanings m
        ON m.snapshot_date = c.snapshot_date AND m.answer IS NOT DISTINCT FROM c.answer
    GROUP BY ALL
    UNION ALL BY NAME
    SELECT * EXCLUDE (basis), 'stratum' AS dimension, stratum AS segment FROM verdict_counts
), asked AS (
    SELECT c.* EXCLUDE (restriction, root_allowed), d.definition,
           CASE d.definition
               WHEN 'root' THEN NOT root_allowed
               ELSE nullif(restriction, 'unknown') <> 'none'
           END AS yes
    FROM counted c CROSS JOIN (VALUES ('root'), ('any')) d(definition)
)
FROM shares_of('asked') JOIN crawlers USING (token)
ORDER BY population, http_profile, snapshot_date, snapshot, token, dimension = 'stratum' DESC,
         dimension, segment, definition;
