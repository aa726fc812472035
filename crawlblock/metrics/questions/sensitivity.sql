-- title: How much each headline depends on its definition
-- unit: share of hosts, 0 to 1
-- of: panel
-- note: By what counts as a block: bases (named; named+fallback; named+fallback+wildcard; named+fallback+wildcard+http; fallback: a group names another token that the crawler obeys) and restrictions (full; full+all_but; any). By denominator: known (known hosts), with_robots (hosts whose robots.txt could be read, which leaves out blocks by HTTP), all (every host, the unknown ones taken as open). The bounds add all unknown hosts to the denominator, as open and as blocking. AI crawlers only.
WITH kinds AS (
    FROM (VALUES ('known'), ('with_robots'), ('all')) d(denominator)
    CROSS JOIN (VALUES
        ('named', ['named']),
        ('named+fallback', ['named', 'fallback']),
        ('named+fallback+wildcard', ['named', 'fallback', 'wildcard']),
        ('named+fallback+wildcard+http', ['named', 'fallback', 'wildcard', 'http'])) b(bases, among_bases)
    CROSS JOIN (VALUES
        ('full', ['full']),
        ('full+all_but', ['full', 'all_but']),
        ('any', ['full', 'all_but', 'partial'])) r(restrictions, among)
), counts AS (
    FROM verdict_counts SEMI JOIN (SELECT token FROM crawlers WHERE ai) ai USING (token)
), wholes AS (
    SELECT population, snapshot, snapshot_date, token, stratum, sum(weight) AS total,
           coalesce(sum(weight) FILTER (restriction <> 'unknown'), 0) AS known,
           coalesce(sum(hosts) FILTER (restriction = 'unknown'), 0) AS n_unknown
    FROM counts GROUP BY ALL
), insides AS (
    SELECT population, snapshot, token, stratum, denominator, sum(weight) AS inside,
           sum(weight_squared) AS inside_squared, sum(hosts) AS n
    FROM counts
    CROSS JOIN (VALUES ('known'), ('with_robots'), ('all')) d(denominator)
    WHERE CASE denominator
        WHEN 'all' THEN true
        WHEN 'known' THEN restriction <> 'unknown'
        ELSE basis IN ('named', 'fallback', 'wildcard', 'default')
    END
    GROUP BY ALL
), blocks AS (
    SELECT population, snapshot, token, stratum, denominator, bases, restrictions,
           sum(weight) AS yes, sum(hosts) AS n_yes
    FROM counts
    JOIN kinds ON list_contains(among_bases, basis) AND list_contains(among, restriction)
    WHERE denominator <> 'with_robots' OR basis <> 'http'
    GROUP BY ALL
), strata AS (  -- what is inside the denominator represents its share of the unknown hosts too
    SELECT w.* EXCLUDE (total, known), k.denominator, k.bases, k.restrictions,
           CASE k.denominator WHEN 'all' THEN CAST(w.total AS DOUBLE)
                ELSE w.total * (coalesce(inside, 0) / nullif(known, 0)) END AS total,
           coalesce(inside, 0) AS known, coalesce(inside_squared, 0) AS known_squared,
           coalesce(yes, 0) AS yes, w.total - known AS unknown, coalesce(n, 0) AS n,
           coalesce(n_yes, 0) AS n_yes,
           CASE k.denominator WHEN 'all' THEN w.total
                ELSE coalesce(inside, 0) + w.total - known END AS at_most
    FROM wholes w
    CROSS JOIN (SELECT * EXCLUDE (among_bases, among) FROM kinds) k
    LEFT JOIN insides USING (population, snapshot, token, stratum, denominator)
    LEFT JOIN blocks USING (population, snapshot, token, stratum, denominator, bases, restrictions)
)
FROM stratified_shares('strata') JOIN crawlers USING (token)
ORDER BY population, http_profile, snapshot_date, snapshot, token, bases, restrictions, denominator,
         estimand DESC;
