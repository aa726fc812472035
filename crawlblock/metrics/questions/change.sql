-- title: How the same hosts changed from the first snapshot to the last
-- unit: difference of shares of hosts, -1 to 1
-- of: panel
-- note: Of the hosts that are known in both snapshots: the share that blocks / to the crawler in the last snapshot minus the share in the first one since it was documented. n hosts are compared; n_unknown hosts of either snapshot are not, because one of the two does not have them or what it has is unknown. Where n is 0 the snapshots have no host in common, and nothing can be said of a change. Shares of blocked may be of other hosts in each snapshot. The interval is Newcombe's for pairs.
WITH sound AS (
    SELECT CAST(population AS VARCHAR) AS population, CAST(snapshot AS VARCHAR) AS snapshot,
           snapshot_date, host, CAST(stratum AS VARCHAR) AS stratum, weight,
           CAST(answer AS VARCHAR) AS answer, known
    FROM points
    WHERE population = 'captured' OR snapshot NOT IN (FROM left_out_snapshots)
), known_then AS (
    SELECT population, snapshot, snapshot_date FROM sound GROUP BY ALL HAVING bool_or(known)
), ends AS (
    SELECT t.population, k.token, min_by(snapshot, (snapshot_date, snapshot)) AS from_snapshot,
           max_by(snapshot, (snapshot_date, snapshot)) AS to_snapshot
    FROM known_then t JOIN crawlers k ON coalesce(t.snapshot_date >= k.documented_since, true)
    GROUP BY ALL HAVING from_snapshot <> to_snapshot
), spans AS (
    SELECT DISTINCT population, from_snapshot, to_snapshot FROM ends
), followed AS (
    SELECT p.population, p.from_snapshot, p.to_snapshot, s.host, s.stratum, s.weight,
           max(CASE WHEN s.snapshot = p.from_snapshot AND known THEN answer END) AS answer_then,
           max(CASE WHEN s.snapshot = p.to_snapshot AND known THEN answer END) AS answer_now
    FROM spans p
    JOIN sound s ON s.population = p.population AND s.snapshot IN (p.from_snapshot, p.to_snapshot)
    GROUP BY ALL
), pairs AS (
    SELECT * EXCLUDE (host, weight), count(*) AS hosts, sum(weight) AS weight,
           sum(CAST(weight * weight AS DECIMAL(38, 6))) AS weight_squared
    FROM followed GROUP BY ALL
), judged AS (
    SELECT e.token, p.*, NOT a.root_allowed AS blocked_then, NOT b.root_allowed AS blocked_now,
           a.root_allowed IS NOT NULL AND b.root_allowed IS NOT NULL AS both_known
    FROM ends e
    JOIN pairs p USING (population, from_snapshot, to_snapshot)
    LEFT JOIN meanings a ON a.answer = p.answer_then AND a.token = e.token
    LEFT JOIN meanings b ON b.answer = p.answer_now AND b.token = e.token
), strata AS (
    SELECT population, token, from_snapshot, to_snapshot, stratum, sum(weight) AS total,
           coalesce(sum(weight) FILTER (both_known), 0) AS known,
           coalesce(sum(weight_squared) FILTER (both_known), 0) AS known_squared,
           coalesce(sum(weight) FILTER (blocked_then AND blocked_now), 0) AS both_yes,
           coalesce(sum(weight) FILTER (blocked_now AND NOT blocked_then), 0) AS only_now,
           coalesce(sum(weight) FILTER (blocked_then AND NOT blocked_now), 0) AS only_then,
           coalesce(sum(hosts) FILTER (both_known), 0) AS n,
           coalesce(sum(hosts) FILTER (NOT both_known), 0) AS n_unknown
    FROM judged GROUP BY ALL
), shares AS (
    SELECT population, token, from_snapshot, to_snapshot, CAST(sum(n) AS BIGINT) AS n,
           CAST(sum(n_unknown) AS BIGINT) AS n_unknown,
           bool_or(known <> n) AS weighted,
           stratified_share(total, known, both_yes) AS p_both,
           stratified_share(total, known, only_now) AS p_now,
           stratified_share(total, known, only_then) AS p_then,
           effective_n(total, known, known_squared) AS effective_n
    FROM strata GROUP BY ALL
)
SELECT *, CASE WHEN weighted THEN 'sample' ELSE 'as_if_sample' END AS estimand,
       http_profile() AS http_profile, p_both + p_then AS from_share, p_both + p_now AS to_share,
       p_now - p_then AS estimate,
       paired_low(p_both, p_now, p_then, effective_n) AS low,
       paired_high(p_both, p_now, p_then, effective_n) AS high,
       CASE WHEN n = 0 THEN 'no host is known in both snapshots' END AS no_interval,
       CASE WHEN n = 0 THEN 'no host is known in both snapshots' END AS no_estimate
FROM shares
ORDER BY population, http_profile, token;
