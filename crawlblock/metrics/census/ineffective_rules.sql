-- title: Hosts with a block that no parser obeys
-- unit: share of the hosts or registered domains whose robots.txt could be read, 0 to 1
-- of: census
-- note: A line of the robots.txt would block / for the crawler if parsers read it as it was meant, but as written it does not. Examples are two lines in one, an invisible character, and a misspelt or joined name (see fault and the view ineffective_lines). These hosts are not counted as blocking. n_unknown hosts have no robots.txt that could be read. The reconstructed files of the demo have such lines where the real files had them.
WITH missed AS (
    SELECT text, fault, unnest(blocks) AS token FROM conclusions.ineffective_lines
), kinds AS (
    SELECT text, 'any' AS fault, token FROM missed
    UNION SELECT text, fault, 'any' FROM missed
    UNION SELECT text, 'any', 'any' FROM missed
), missing AS (
    SELECT p.population, c.snapshot, CASE WHEN NOT s.whole THEN c.file % 1000 END AS cluster,
           k.fault, k.token, count(*) AS y
    FROM census c
    JOIN scan_shares s ON s.snapshot = c.snapshot
    JOIN kinds k ON k.text = c.text
    JOIN (VALUES ('hosts'), ('domains')) p(population)
        ON p.population = 'hosts' OR c.representative
    WHERE c.outcome = 'ok'
    GROUP BY ALL
), read AS (
    SELECT population, snapshot, snapshot_date, cluster, hosts,
           outcome = 'ok' AND NOT starts_with(coalesce(answer, ''), 'http ')
               AS readable
    FROM census_counts
), wholes AS (
    SELECT population, snapshot, snapshot_date, cluster,
           coalesce(sum(hosts) FILTER (readable), 0) AS x,
           coalesce(sum(hosts) FILTER (NOT readable), 0) AS u
    FROM read GROUP BY ALL
), clusters AS (
    SELECT w.*, k.fault, k.token, coalesce(m.y, 0) AS y
    FROM wholes w
    CROSS JOIN (SELECT fault, token FROM kinds UNION SELECT 'any', 'any') k
    LEFT JOIN missing m ON m.population = w.population AND m.snapshot = w.snapshot
        AND m.fault = k.fault AND m.token = k.token AND m.cluster IS NOT DISTINCT FROM w.cluster
    LEFT JOIN crawlers c ON c.token = k.token
    WHERE coalesce(w.snapshot_date >= c.documented_since, true)
)
FROM clustered_shares('clusters')
ORDER BY population, http_profile, snapshot_date, snapshot, token, fault;
