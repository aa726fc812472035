-- title: Hosts that block a crawler, by segment
-- unit: share of the segment's hosts or registered domains that block /, 0 to 1
-- of: census
-- note: By dimension: tld (the hundred with most hosts, the others as one), domain_size (hosts of the registered domain in the merged files), provider (whose infrastructure answered, according to the headers), template (whose text is in the robots.txt; a host with several counts in each) and rank_band (rank of the registered domain in the ranking given to scan merge; none: not in it). Hosts whose segment is not known and crawlers that no host blocks are left out.
WITH largest AS (
    SELECT snapshot, tld
    FROM (SELECT snapshot, tld, sum(hosts) AS hosts FROM census_cells
          WHERE tld IS NOT NULL GROUP BY ALL)
    QUALIFY row_number() OVER (PARTITION BY snapshot ORDER BY hosts DESC, tld) <= 100
), parts AS (
    SELECT c.* EXCLUDE (tld, template), CASE WHEN l.tld IS NULL THEN 'others' ELSE c.tld END AS tld,
           c.tld IS NOT NULL AS has_tld, unnest(string_split(coalesce(template, ''), ',')) AS template,
           generate_subscripts(string_split(coalesce(template, ''), ','), 1) AS turn
    FROM census_cells c LEFT JOIN largest l ON l.snapshot = c.snapshot AND l.tld = c.tld
), kinds AS (
    SELECT p.population, snapshot, snapshot_date, cluster, answer, known, g.dimension, g.segment,
           sum(hosts) AS hosts
    FROM parts
    JOIN (VALUES ('hosts'), ('domains')) p(population) ON population = 'hosts' OR representative,
    LATERAL (VALUES
        ('tld', CASE WHEN has_tld AND turn = 1 THEN tld END),
        ('domain_size', CASE WHEN turn = 1 THEN domain_size END),
        ('provider', CASE WHEN turn = 1 THEN provider END),
        ('template', nullif(template, '')),
        ('rank_band', CASE WHEN turn = 1 AND EXISTS (FROM ranks) THEN rank_band END)
    ) g(dimension, segment)
    WHERE g.segment IS NOT NULL
    GROUP BY ALL
), known AS (
    SELECT population, snapshot, snapshot_date, cluster, dimension, segment,
           coalesce(sum(hosts) FILTER (known), 0) AS x, coalesce(sum(hosts) FILTER (NOT known), 0) AS u
    FROM kinds GROUP BY ALL
), blocking AS (
    SELECT population, snapshot, cluster, dimension, segment, token, sum(hosts) AS y
    FROM kinds k
    JOIN counted_meanings m ON m.snapshot_date = k.snapshot_date AND m.answer = k.answer
    WHERE m.blocked
    GROUP BY ALL
), tokens AS (
    SELECT DISTINCT population, snapshot, dimension, token FROM blocking
), clusters AS (
    SELECT k.*, t.token, coalesce(r.y, 0) AS y
    FROM known k
    JOIN tokens t USING (population, snapshot, dimension)
    LEFT JOIN blocking r ON r.population = k.population AND r.snapshot = k.snapshot
        AND r.dimension = k.dimension AND r.segment = k.segment AND r.token = t.token
        AND r.cluster IS NOT DISTINCT FROM k.cluster
)
FROM clustered_shares('clusters') JOIN crawlers USING (token)
ORDER BY population, http_profile, snapshot_date, snapshot, token, dimension, n DESC, segment;
