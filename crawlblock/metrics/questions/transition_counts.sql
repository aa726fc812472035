-- title: Hosts that started or stopped blocking a crawler since their last known capture
-- unit: share of hosts, 0 to 1
-- of: panel
-- note: n hosts are known in this snapshot and in an earlier one, n_unknown of the population are not. A transition is counted in the first snapshot that shows it. It may be older where captures in between are unknown (see transitions). started minus stopped is the net change among the n hosts.
WITH wholes AS (
    SELECT population, snapshot, snapshot_date, stratum, sum(weight) AS total, sum(hosts) AS hosts
    FROM point_counts
    WHERE population = 'captured' OR snapshot NOT IN (FROM left_out_snapshots)
    GROUP BY ALL
), comparable AS (
    SELECT population, snapshot, stratum, sum(weight) AS known,
           sum(weight_squared) AS known_squared, sum(hosts) AS n
    FROM transition_counts GROUP BY ALL
), pairs AS (
    SELECT w.* EXCLUDE (hosts), coalesce(known, 0) AS known,
           coalesce(known_squared, 0) AS known_squared, coalesce(n, 0) AS n,
           hosts - coalesce(n, 0) AS n_unknown, total - coalesce(known, 0) AS unknown,
           total AS at_most
    FROM wholes w LEFT JOIN comparable USING (population, snapshot, stratum)
), effects AS (  -- answers that close and open / to the same crawlers are one, and a few of many
    SELECT answer, min(answer) OVER (PARTITION BY effect) AS alike
    FROM (
        SELECT answer, md5(string_agg(token || ' ' || blocked, ';' ORDER BY token)) AS effect
        FROM meanings WHERE blocked IS NOT NULL GROUP BY answer
    )
), steps AS (
    SELECT t.population, t.snapshot, t.snapshot_date, t.stratum, b.alike AS answer_before,
           a.alike AS answer, sum(hosts) AS hosts, sum(weight) AS weight
    FROM transition_counts t
    JOIN effects a ON a.answer = t.answer
    JOIN effects b ON b.answer = t.answer_before
    WHERE a.alike <> b.alike GROUP BY ALL
), arrivals AS MATERIALIZED (  -- or DuckDB 1.5 joins all answers with all answers first
    SELECT t.*, m.token, m.blocked
    FROM steps t
    JOIN meanings m ON m.answer = t.answer AND m.blocked IS NOT NULL
    JOIN crawlers k ON k.token = m.token
    WHERE coalesce(t.snapshot_date >= k.documented_since, true)
), changed AS (
    SELECT a.population, a.snapshot, a.stratum, a.token,
           CASE WHEN a.blocked THEN 'started' ELSE 'stopped' END AS transition,
           sum(a.weight) AS yes, sum(a.hosts) AS n_yes
    FROM arrivals a
    JOIN meanings b ON b.answer = a.answer_before AND b.token = a.token
        AND b.blocked <> a.blocked
    GROUP BY ALL
), strata AS (
    SELECT p.*, k.token, e.transition,
           coalesce(c.yes, 0) AS yes, coalesce(c.n_yes, 0) AS n_yes
    FROM pairs p
    CROSS JOIN crawlers k
    CROSS JOIN (VALUES ('started'), ('stopped')) e(transition)
    LEFT JOIN changed c ON c.population = p.population AND c.snapshot = p.snapshot
        AND c.stratum = p.stratum AND c.token = k.token AND c.transition = e.transition
    WHERE coalesce(p.snapshot_date >= k.documented_since, true)
)
FROM stratified_shares('strata') JOIN crawlers USING (token)
ORDER BY population, http_profile, snapshot_date, snapshot, token, transition,
         estimand DESC;
