-- title: Who wrote the rules that block
-- unit: share of the hosts or registered domains that block by robots.txt, 0 to 1
-- of: census
-- note: Of those whose robots.txt blocks / to the crawler, by who wrote the deciding line (authored_by) and where the rules come from (origin). For a template, origin says how it gets onto a site: default and switch (a platform or vendor writes it), copied (from a published list), group (one company's sites) or shared (author unknown). wildcard is a group for all crawlers. Rules of no known template are shared if at least five hosts of two registered domains have had them, or nearly the same, in any snapshot here and they name two registered crawlers; else alone. The interval covers the sampling of files. A vendor's text at many hosts counts once per host.
WITH blocked AS (
    SELECT population, snapshot, snapshot_date, token, cluster, authored_by,
           origin_of(authored_by, act, shared) AS origin, sum(hosts) AS hosts
    FROM census_access LEFT JOIN templates ON template = authored_by
    WHERE blocked AND authored_by IS NOT NULL
    GROUP BY ALL
), wholes AS (
    SELECT population, snapshot, snapshot_date, token, cluster, sum(hosts) AS x
    FROM blocked GROUP BY ALL
), unknown AS (
    SELECT population, snapshot, token, CAST(sum(hosts) AS BIGINT) AS n_unknown
    FROM census_access WHERE blocked IS NULL GROUP BY ALL
), clusters AS (
    SELECT w.*, a.authored_by, a.origin, coalesce(r.hosts, 0) AS y, 0 AS u
    FROM wholes w
    JOIN (SELECT DISTINCT population, snapshot, token, authored_by, origin FROM blocked) a
        USING (population, snapshot, token)
    LEFT JOIN blocked r ON r.population = w.population AND r.snapshot = w.snapshot
        AND r.token = w.token AND r.authored_by = a.authored_by AND r.origin = a.origin
        AND r.cluster IS NOT DISTINCT FROM w.cluster
)
SELECT c.* REPLACE (coalesce(u.n_unknown, 0) AS n_unknown), kind, act
FROM clustered_shares('clusters') c
LEFT JOIN unknown u USING (population, snapshot, token)
LEFT JOIN templates ON template = authored_by
ORDER BY population, http_profile, snapshot_date, snapshot, token, n_yes DESC, authored_by, origin;
