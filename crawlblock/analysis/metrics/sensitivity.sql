-- title: How much each headline depends on its definition
-- unit: share of hosts, 0 to 1
-- note: By what counts as a refusal: bases (named; named+wildcard; named+wildcard+http) and restrictions (full; full+all_but; any). By denominator: told (hosts that could be told), with_robots (hosts whose robots.txt could be read; refusals by HTTP are outside of it), all (every host, the unknown ones taken as open). The bounds take all unknown hosts into the denominator, as open and as refusing. AI crawlers only.
WITH kinds AS (
    FROM (VALUES ('told'), ('with_robots'), ('all')) d(denominator)
    CROSS JOIN (VALUES
        ('named', ['named']),
        ('named+wildcard', ['named', 'wildcard']),
        ('named+wildcard+http', ['named', 'wildcard', 'http'])) b(bases, among_bases)
    CROSS JOIN (VALUES
        ('full', ['full']),
        ('full+all_but', ['full', 'all_but']),
        ('any', ['full', 'all_but', 'partial'])) r(restrictions, among)
), counts AS (
    SELECT population, reading, snapshot, snapshot_date, stratum, token, restriction, basis,
           sum(hosts) AS hosts, sum(weight) AS weight, sum(weight_squared) AS weight_squared
    FROM access_counts
    SEMI JOIN (SELECT token FROM crawlers WHERE ai) ai USING (token)
    GROUP BY ALL
), wholes AS (
    SELECT population, reading, snapshot, snapshot_date, token, stratum, sum(weight) AS total,
           coalesce(sum(weight) FILTER (restriction <> 'unknown'), 0) AS told,
           coalesce(sum(hosts) FILTER (restriction = 'unknown'), 0) AS n_unknown
    FROM counts GROUP BY ALL
), insides AS (
    SELECT population, snapshot, token, stratum, denominator, sum(weight) AS inside,
           sum(weight_squared) AS inside_squared, sum(hosts) AS n
    FROM counts
    CROSS JOIN (VALUES ('told'), ('with_robots'), ('all')) d(denominator)
    WHERE CASE denominator
        WHEN 'all' THEN true
        WHEN 'told' THEN restriction <> 'unknown'
        ELSE basis IN ('named', 'wildcard', 'default')
    END
    GROUP BY ALL
), refusals AS (
    SELECT population, snapshot, token, stratum, denominator, bases, restrictions,
           sum(weight) AS yes, sum(hosts) AS n_refusing
    FROM counts
    JOIN kinds ON list_contains(among_bases, basis) AND list_contains(among, restriction)
    WHERE denominator <> 'with_robots' OR basis <> 'http'
    GROUP BY ALL
), strata AS (  -- what is inside the denominator stands for its share of the unknown hosts too
    SELECT w.*, k.denominator, k.bases, k.restrictions, coalesce(inside, 0) AS inside,
           coalesce(inside_squared, 0) AS inside_squared, coalesce(yes, 0) AS yes,
           coalesce(n, 0) AS n, coalesce(n_refusing, 0) AS n_refusing,
           CASE k.denominator WHEN 'all' THEN CAST(total AS DOUBLE)
                ELSE total * (coalesce(inside, 0) / nullif(told, 0)) END AS stands_for,
           total - told AS unknown,
           CASE k.denominator WHEN 'all' THEN total
                ELSE coalesce(inside, 0) + total - told END AS at_most
    FROM wholes w
    CROSS JOIN kinds k
    LEFT JOIN insides i USING (population, snapshot, token, stratum, denominator)
    LEFT JOIN refusals r
        USING (population, snapshot, token, stratum, denominator, bases, restrictions)
), shares AS (
    SELECT population, reading, snapshot, snapshot_date, token, bases, restrictions, denominator,
           CAST(sum(n) AS BIGINT) AS n, CAST(sum(n_unknown) AS BIGINT) AS n_unknown,
           CAST(sum(n_refusing) AS BIGINT) AS n_refusing,
           stratified_share(stands_for, inside, yes) AS estimate,
           effective_n(stands_for, inside, inside_squared) AS effective_n,
           CAST(sum(yes) / nullif(sum(at_most), 0) AS DOUBLE) AS bound_low,
           CAST(sum(yes + unknown) / nullif(sum(at_most), 0) AS DOUBLE) AS bound_high
    FROM strata GROUP BY ALL
)
SELECT population, reading, snapshot, snapshot_date, token, operator, purpose, openness, bases,
       restrictions, denominator, n, n_unknown, n_refusing, estimate,
       wilson_low(estimate, effective_n) AS low, wilson_high(estimate, effective_n) AS high,
       bound_low, bound_high
FROM shares
JOIN crawlers USING (token)
ORDER BY population, reading, snapshot_date, snapshot, token, bases, restrictions, denominator;
