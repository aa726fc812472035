-- title: Hosts that block a crawler, by segment
-- unit: share of the segment's hosts, 0 to 1
-- of: panel
-- note: The only dimension is stratum: the strata of the panel. Hosts captured outside a panel are the one segment all. By definition: root (/ may not be fetched) or any (a restriction of any kind).
WITH asked AS (
    SELECT c.* EXCLUDE (restriction, basis, root_allowed), 'stratum' AS dimension,
           stratum AS segment, d.definition,
           CASE d.definition
               WHEN 'root' THEN NOT root_allowed
               ELSE nullif(restriction, 'unknown') <> 'none'
           END AS yes
    FROM verdict_counts c CROSS JOIN (VALUES ('root'), ('any')) d(definition)
)
FROM shares_of('asked') JOIN crawlers USING (token)
ORDER BY population, http_profile, snapshot_date, snapshot, token, segment, definition;
