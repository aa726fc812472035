-- title: Hosts that block a crawler, by what the block rests on
-- unit: share of hosts, 0 to 1
-- of: panel, census
-- note: By basis: named (a group names the crawler), fallback (a group names another token that it obeys), wildcard (inherited from *), http (the status decides). By definition: root (/ may not be fetched) or any (a restriction of any kind). The shares of the bases add up to the share of all blocks.
WITH asked AS (
    SELECT c.* EXCLUDE (restriction, basis, root_allowed), d.definition, b.basis,
           CASE WHEN root_allowed IS NOT NULL THEN
               c.basis = b.basis
               AND CASE d.definition WHEN 'root' THEN NOT root_allowed ELSE restriction <> 'none' END
           END AS yes
    FROM verdict_counts c
    CROSS JOIN (VALUES ('root'), ('any')) d(definition)
    CROSS JOIN (VALUES ('named'), ('fallback'), ('wildcard'), ('http')) b(basis)
)
FROM shares_of('asked') JOIN crawlers USING (token)
ORDER BY population, http_profile, snapshot_date, snapshot, token, definition, basis;
