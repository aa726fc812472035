-- title: Who wrote the rules that block
-- unit: share of the hosts that block by robots.txt, 0 to 1
-- of: panel
-- note: Of the hosts whose robots.txt blocks / to the crawler, by who wrote the deciding line (authored_by) and where the rules come from (origin). A template has its act: default and switch of a platform or vendor, copied from a published list, group of one company's sites, shared where who writes it is not known. wildcard is a group for all crawlers. Rules of no known template are shared if at least five hosts of two registered domains have had them, or nearly the same, in any snapshot here and they name two registered crawlers; else alone. The interval counts each rule set, which many hosts may share, as one.
WITH blocked AS (
    SELECT population, snapshot, snapshot_date, token, authored_by, ruleset,
           origin_of(authored_by, act, ruleset IN (SELECT ruleset FROM shared_rulesets)) AS origin,
           sum(hosts) AS hosts, CAST(sum(weight) AS DOUBLE) AS weight
    FROM access_counts LEFT JOIN templates ON template = authored_by
    WHERE NOT root_allowed AND authored_by IS NOT NULL
    GROUP BY ALL
), wholes AS (
    SELECT population, snapshot, snapshot_date, token, CAST(sum(hosts) AS BIGINT) AS n,
           ordered_sum(weight) AS whole
    FROM blocked GROUP BY ALL
), effective AS (
    SELECT population, snapshot, token, effective_rulesets(weight) AS effective_n
    FROM (SELECT population, snapshot, token, ruleset, sum(weight) AS weight
          FROM blocked GROUP BY ALL)
    GROUP BY ALL
), unknown AS (
    SELECT population, snapshot, token, CAST(sum(hosts) AS BIGINT) AS n_unknown
    FROM access_counts WHERE root_allowed IS NULL GROUP BY ALL
), authors AS (
    SELECT population, snapshot, token, authored_by, origin, CAST(sum(hosts) AS BIGINT) AS n_yes,
           ordered_sum(weight) AS weight
    FROM blocked GROUP BY ALL
)
SELECT * REPLACE (coalesce(n_unknown, 0) AS n_unknown), 'rulesets' AS estimand,
       http_profile() AS http_profile, least(1, weight / whole) AS estimate,
       wilson_low(least(1, weight / whole), effective_n) AS low,
       wilson_high(least(1, weight / whole), effective_n) AS high
FROM wholes
JOIN authors USING (population, snapshot, token)
JOIN effective USING (population, snapshot, token)
LEFT JOIN unknown USING (population, snapshot, token)
LEFT JOIN templates ON template = authored_by
ORDER BY population, http_profile, snapshot_date, snapshot, token, n_yes DESC, authored_by, origin;
