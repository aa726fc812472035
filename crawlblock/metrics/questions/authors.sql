-- title: Who wrote the rules that block
-- unit: share of the hosts that block by robots.txt, 0 to 1
-- of: panel
-- note: Of the hosts whose robots.txt blocks / to the crawler, by who wrote the deciding line (authored_by) and where the rules come from (origin). A template has its act: default and switch of a platform or vendor, copied from a published list, group of one company's sites, shared where who writes it is not known. wildcard is a group for all crawlers. Rules of no known template are shared if at least five hosts of two registered domains have had them, or nearly the same, in any snapshot here and they name two registered crawlers; else alone. In a sample, unknown hosts of a stratum count like its known ones. The interval is that of sampling the hosts; of a list there is none. It does not say what authors would decide anew: rulesets does.
WITH answered AS (
    SELECT * REPLACE (CAST(weight AS DOUBLE) AS weight,
                      CAST(weight_squared AS DOUBLE) AS weight_squared)
    FROM segment_answers
), hosts AS (
    SELECT a.*, token, m.blocked, m.authored_by, m.ruleset
    FROM answered a
    CROSS JOIN crawlers k
    LEFT JOIN meanings m USING (answer, token)
    WHERE coalesce(a.snapshot_date >= k.documented_since, true)
), strata AS (
    SELECT population, snapshot, dimension, segment, token, stratum,
           ordered_sum(weight)
               / nullif(ordered_sum(CASE WHEN blocked IS NOT NULL THEN weight END), 0)
               AS factor,
           sum(weight) AS members, sum(hosts) AS asked,
           coalesce(sum(hosts) FILTER (blocked IS NULL), 0) AS unknown
    FROM hosts GROUP BY ALL
), whole AS (
    SELECT population, snapshot, dimension, segment, token, CAST(sum(unknown) AS BIGINT) AS n_unknown,
           bool_or(members > asked) AS sampled
    FROM strata GROUP BY ALL
), blocked AS (
    SELECT h.population, h.snapshot, h.snapshot_date, h.dimension, h.segment, h.token, h.stratum, h.authored_by,
           origin_of(h.authored_by, t.act, h.ruleset IN (SELECT ruleset FROM shared_rulesets))
               AS origin,
           sum(h.hosts) AS hosts,
           ordered_sum(h.weight * CASE WHEN sampled THEN s.factor ELSE 1 END) AS weight,
           ordered_sum(h.weight_squared * CASE WHEN sampled THEN s.factor ** 2 ELSE 1 END)
               AS squared
    FROM hosts h
    JOIN strata s USING (population, snapshot, dimension, segment, token, stratum)
    JOIN whole USING (population, snapshot, dimension, segment, token)
    LEFT JOIN templates t ON t.template = h.authored_by
    WHERE h.blocked AND h.authored_by IS NOT NULL
    GROUP BY ALL
), totals AS (
    SELECT population, snapshot, snapshot_date, dimension, segment, token, stratum, sum(hosts) AS n,
           ordered_sum(weight) AS total, ordered_sum(squared) AS squared
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
), shares AS (
    SELECT population, snapshot, snapshot_date, dimension, segment, token, authored_by, origin,
           CAST(sum(hosts) AS BIGINT) AS n_yes, CAST(sum(n) AS BIGINT) AS n,
           least(1, ordered_sum(yes) / ordered_sum(total)) AS estimate,
           design_n(total, total, squared, yes) AS design_n
    FROM parts GROUP BY ALL
)
SELECT shares.* EXCLUDE (design_n), n_unknown, http_profile() AS http_profile, kind, act,
       CASE WHEN sampled THEN 'sample' ELSE 'list' END AS estimand,
       CASE WHEN sampled THEN wilson_low(estimate, design_n) END AS low,
       CASE WHEN sampled THEN wilson_high(estimate, design_n) END AS high,
       CASE WHEN NOT sampled THEN 'these hosts are a list, so nothing was sampled'
            WHEN low IS NULL THEN 'all hosts that are known to block are in strata known whole'
       END AS no_interval
FROM shares
JOIN whole USING (population, snapshot, dimension, segment, token)
LEFT JOIN templates ON template = authored_by
ORDER BY population, http_profile, snapshot_date, snapshot, dimension, segment, token,
         n_yes DESC, authored_by, origin;
