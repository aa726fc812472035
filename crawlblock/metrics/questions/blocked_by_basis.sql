-- title: Hosts that block a crawler, by the basis of the block
-- unit: share of hosts, 0 to 1
-- of: panel, census
-- note: By basis: named (a group names the crawler), fallback (a group names another token that it obeys), wildcard (inherited from *), http (the status decides, as the HTTP profile reads it). By definition: root (robots.txt forbids /), any (it has a restriction of any kind) or access (/ may not be fetched, by robots.txt or by status). http occurs in access alone. The shares of the bases add up to the share of blocked with that definition.
WITH defined AS (
    SELECT c.* EXCLUDE (restriction, basis, root_allowed, blocked, rules), d.definition,
           c.basis AS rests_on,
           CASE d.definition
               WHEN 'root' THEN blocked
               WHEN 'access' THEN NOT root_allowed
               ELSE nullif(rules, 'unknown') <> 'none'
           END AS yes
    FROM verdict_counts c
    CROSS JOIN (VALUES ('root'), ('any'), ('access')) d(definition)
), asked AS (
    SELECT d.* EXCLUDE (rests_on) REPLACE (
               CASE WHEN yes IS NOT NULL THEN yes AND rests_on = b.basis END AS yes), b.basis
    FROM defined d
    CROSS JOIN (VALUES ('named'), ('fallback'), ('wildcard'), ('http')) b(basis)
    WHERE b.basis <> 'http' OR d.definition = 'access'
)
FROM shares_of('asked') JOIN crawlers USING (token)
ORDER BY population, http_profile, snapshot_date, snapshot, token, definition, basis, estimand DESC;
