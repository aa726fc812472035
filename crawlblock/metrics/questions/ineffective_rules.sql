-- title: Hosts with a block that no parser obeys
-- unit: share of the hosts whose robots.txt could be read, 0 to 1
-- of: panel
-- note: A line of the robots.txt would block / for the crawler if parsers read it as it was meant, but as written it does not. Examples are two lines in one, an invisible character, and a misspelt or joined name (see fault and the view ineffective_lines). These hosts are not counted as blocking. n_unknown hosts have no robots.txt that could be read. The reconstructed files of the demo have such lines where the real files had them.
WITH missed AS (
    SELECT text, fault, unnest(blocks) AS token FROM conclusions.ineffective_lines
), kinds AS (
    SELECT text, 'any' AS fault, token FROM missed
    UNION SELECT text, fault, 'any' FROM missed
    UNION SELECT text, 'any', 'any' FROM missed
), missing AS (
    SELECT snapshot, dimension, segment, stratum, fault, token, sum(weight) AS yes,
           sum(hosts) AS n_yes
    FROM texts_of('kinds') JOIN kinds USING (text)
    GROUP BY ALL
), read AS (
    SELECT * EXCLUDE (kind, outcome, answer, known),
           CASE WHEN outcome = 'ok' AND NOT starts_with(coalesce(answer, ''), 'http ')
                THEN true END AS yes
    FROM segment_counts
    WHERE population = 'captured' OR snapshot NOT IN (FROM left_out_snapshots)
), strata AS (
    SELECT r.* REPLACE (coalesce(s.yes, 0) AS yes, coalesce(s.n_yes, 0) AS n_yes), k.fault, k.token
    FROM strata_of('read') r
    CROSS JOIN (SELECT fault, token FROM kinds UNION SELECT 'any', 'any') k
    LEFT JOIN missing s USING (snapshot, dimension, segment, stratum, fault, token)
    LEFT JOIN crawlers c ON c.token = k.token
    WHERE coalesce(r.snapshot_date >= c.documented_since, true)
)
FROM stratified_shares('strata')
ORDER BY population, http_profile, snapshot_date, snapshot, dimension, segment, token, fault,
         estimand DESC;
