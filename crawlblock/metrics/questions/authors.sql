-- title: Who wrote the rules that block
-- unit: share of the hosts that block by robots.txt, 0 to 1
-- of: panel
-- note: Of the hosts whose robots.txt blocks / to the crawler, by who wrote the deciding line (authored_by) and where the rules come from (origin). For a template, origin says how it gets onto a site: default and switch (a platform or vendor writes it), copied (from a published list), group (one company's sites) or shared (author unknown). wildcard is a group for all crawlers. Rules of no known template are shared if at least five hosts of two registered domains have had them, or nearly the same, in any snapshot here and they name two registered crawlers; else alone. In a sample, unknown hosts of a stratum count like its known ones. The interval covers the sampling of hosts; a list has none. For what would happen if authors decided anew, see rulesets.
WITH hosts AS (  -- those that block or are unknown: all others are open
    SELECT a.*, m.token, m.blocked, m.authored_by, m.ruleset
    FROM segment_answers a
    JOIN counted_meanings m ON m.answer IS NOT DISTINCT FROM a.answer
        AND m.snapshot_date IS NOT DISTINCT FROM a.snapshot_date
    WHERE m.blocked IS NULL OR (m.blocked AND m.authored_by IS NOT NULL)
), strata AS (
    SELECT population, snapshot, dimension, segment, stratum, sum(weight) AS members,
           bool_or(sum(weight) > sum(hosts)) OVER (
               PARTITION BY population, snapshot, dimension, segment) AS sampled
    FROM segment_answers GROUP BY population, snapshot, dimension, segment, stratum
), unknown AS (
    SELECT population, snapshot, dimension, segment, token, stratum, sum(hosts) AS hosts,
           sum(weight) AS weight
    FROM hosts WHERE blocked IS NULL GROUP BY ALL
), whole AS (
    SELECT population, snapshot, dimension, segment, token, CAST(sum(hosts) AS BIGINT) AS n_unknown
    FROM unknown GROUP BY ALL
), counted AS (
    SELECT h.population, h.snapshot, h.snapshot_date, h.dimension, h.segment, h.token, h.stratum,
           h.authored_by,
           origin_of(h.authored_by, t.act, h.ruleset IN (SELECT ruleset FROM shared_rulesets))
               AS origin,
           sum(h.hosts) AS hosts, sum(h.weight) AS weight, sum(h.weight_squared) AS squared
    FROM hosts h
    LEFT JOIN templates t ON t.template = h.authored_by
    WHERE h.blocked
    GROUP BY ALL
), blocked AS (  -- of a sample the unknown hosts of a stratum are as its known ones
    SELECT c.* REPLACE (c.weight * f.factor AS weight, c.squared * f.factor ** 2 AS squared),
           s.sampled
    FROM counted c
    JOIN strata s USING (population, snapshot, dimension, segment, stratum)
    LEFT JOIN unknown u USING (population, snapshot, dimension, segment, token, stratum),
    LATERAL (SELECT CASE WHEN s.sampled THEN CAST(s.members AS DOUBLE)
                             / nullif(CAST(s.members - coalesce(u.weight, 0) AS DOUBLE), 0)
                         ELSE 1 END AS factor) f
), totals AS (
    SELECT population, snapshot, snapshot_date, dimension, segment, token, stratum, sampled,
           sum(hosts) AS n, ordered_sum(weight) AS total, ordered_sum(squared) AS squared
    FROM blocked GROUP BY ALL
), parts AS (  -- of each author in every stratum, also where it has none
    SELECT t.*, a.authored_by, a.origin, coalesce(b.hosts, 0) AS hosts,
           coalesce(b.weight, 0) AS yes
    FROM totals t
    JOIN (
        SELECT DISTINCT population, snapshot, dimension, segment, token, authored_by, origin
        FROM blocked
    ) a USING (population, snapshot, dimension, segment, token)
    LEFT JOIN blocked b
        USING (population, snapshot, dimension, segment, token, stratum, authored_by, origin)
), designs AS (
    SELECT population, snapshot, dimension, segment, token, authored_by, origin,
           design_n(total, total, squared, yes) AS design_n
    FROM parts WHERE sampled GROUP BY ALL
), shares AS (
    SELECT population, snapshot, snapshot_date, dimension, segment, token, sampled, authored_by,
           origin, CAST(sum(hosts) AS BIGINT) AS n_yes, CAST(sum(n) AS BIGINT) AS n,
           least(1, ordered_sum(yes) / ordered_sum(total)) AS estimate
    FROM parts GROUP BY ALL
)
SELECT shares.*, coalesce(n_unknown, 0) AS n_unknown, http_profile() AS http_profile, kind, act,
       CASE WHEN sampled THEN 'sample' ELSE 'list' END AS estimand,
       wilson_low(estimate, design_n) AS low, wilson_high(estimate, design_n) AS high,
       CASE WHEN NOT sampled THEN 'these hosts are a list, so nothing was sampled'
            WHEN low IS NULL THEN 'all hosts that are known to block are in strata known whole'
       END AS no_interval
FROM shares
LEFT JOIN whole USING (population, snapshot, dimension, segment, token)
LEFT JOIN designs USING (population, snapshot, dimension, segment, token, authored_by, origin)
LEFT JOIN templates ON template = authored_by
ORDER BY population, http_profile, snapshot_date, snapshot, dimension, segment, token,
         n_yes DESC, authored_by, origin;
