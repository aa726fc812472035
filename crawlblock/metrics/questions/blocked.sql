-- title: Hosts that block a crawler
-- unit: share of hosts, 0 to 1
-- of: panel, census
-- note: By definition: root (/ may not be fetched), full, all_but or partial (that restriction), any (a restriction of any kind). n hosts are known, n_unknown are not; the bounds take all unknown hosts as open and as blocking. Blocks by the wildcard and by HTTP status are included. A crawler counts from the day it was documented.
WITH asked AS (
    SELECT c.* EXCLUDE (restriction, basis, root_allowed), d.definition,
           CASE d.definition
               WHEN 'root' THEN NOT root_allowed
               WHEN 'any' THEN nullif(restriction, 'unknown') <> 'none'
               ELSE nullif(restriction, 'unknown') = d.definition
           END AS yes
    FROM verdict_counts c
    CROSS JOIN (VALUES ('root'), ('full'), ('all_but'), ('partial'), ('any')) d(definition)
)
FROM shares_of('asked') JOIN crawlers USING (token)
ORDER BY population, http_profile, snapshot_date, snapshot, token, definition;
