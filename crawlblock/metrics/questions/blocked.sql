-- title: Hosts that block a crawler
-- unit: share of hosts, 0 to 1
-- of: panel, census
-- note: By definition. root: robots.txt forbids / to the crawler, by its name, by another token that it obeys, or by *. full, all_but, partial: that restriction by robots.txt; any: one of the three. access: / may not be fetched, by robots.txt or by the HTTP status as the HTTP profile reads it. n hosts are known, n_unknown are not. A host whose server answers 429 or 5xx is unknown, because an outage is not a block (access follows the profile). n_refused hosts answer 401, 402, 403 or 451, or with a challenge page. They are counted separately and are not blocked by robots.txt. The bounds count all unknown hosts as open and as blocking. A crawler counts from the day it was documented.
WITH asked AS (
    SELECT c.* EXCLUDE (restriction, basis, root_allowed, blocked, rules), d.definition,
           CASE d.definition
               WHEN 'root' THEN blocked
               WHEN 'access' THEN NOT root_allowed
               WHEN 'any' THEN nullif(rules, 'unknown') <> 'none'
               ELSE nullif(rules, 'unknown') = d.definition
           END AS yes
    FROM verdict_counts c
    CROSS JOIN (VALUES ('root'), ('access'), ('full'), ('all_but'), ('partial'), ('any'))
        d(definition)
), refused AS (
    SELECT population, snapshot, sum(n_refused) AS n_refused FROM refused_by_server
    WHERE dimension = '' GROUP BY ALL
)
SELECT s.*, c.* EXCLUDE (token), CAST(coalesce(r.n_refused, 0) AS BIGINT) AS n_refused
FROM shares_of('asked') s
JOIN crawlers c USING (token)
LEFT JOIN refused r USING (population, snapshot)
ORDER BY population, http_profile, snapshot_date, snapshot, token, definition, estimand DESC;
