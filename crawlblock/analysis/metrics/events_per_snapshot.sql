-- title: Hosts that closed or opened to a crawler since their last readable capture
-- unit: share of hosts, 0 to 1
-- note: n hosts could be told in this snapshot and in an earlier one, n_unknown of the population could not. A change is counted in the first snapshot that shows it; it may lie further back where captures in between could not be told (see events). refused less opened is the net change among the n hosts.
WITH paired AS (
    SELECT p.*, r.host IS NOT NULL AS comparable
    FROM population p
    LEFT JOIN readable r ON r.population = p.population AND r.snapshot = p.snapshot
        AND r.host = p.host AND r.answer_before IS NOT NULL
), pairs AS (
    SELECT population, reading, snapshot, snapshot_date, stratum,
           sum(weight) AS total,
           coalesce(sum(weight) FILTER (comparable), 0) AS known,
           coalesce(sum(CAST(weight * weight AS DECIMAL(38, 6))) FILTER (comparable), 0)
               AS known_squared,
           count(*) FILTER (comparable) AS n, count(*) FILTER (NOT comparable) AS n_unknown
    FROM paired GROUP BY ALL
), changed AS (
    SELECT population, snapshot, stratum, token, event, sum(weight) AS yes, count(*) AS n_changed
    FROM changes GROUP BY ALL
), strata AS (
    SELECT p.*, k.token, e.event,
           coalesce(c.yes, 0) AS yes, coalesce(c.n_changed, 0) AS n_changed
    FROM pairs p
    CROSS JOIN crawlers k
    CROSS JOIN (VALUES ('refused'), ('opened')) e(event)
    LEFT JOIN changed c ON c.population = p.population AND c.snapshot = p.snapshot
        AND c.stratum = p.stratum AND c.token = k.token AND c.event = e.event
    WHERE coalesce(p.snapshot_date >= k.documented_since, true)
), claims AS (
    SELECT population, reading, snapshot, snapshot_date, token, event,
           CAST(sum(n) AS BIGINT) AS n, CAST(sum(n_unknown) AS BIGINT) AS n_unknown,
           CAST(sum(n_changed) AS BIGINT) AS n_changed,
           stratified_share(total, known, yes) AS estimate,
           effective_n(total, known, known_squared) AS effective_n,
           CAST(sum(yes) / sum(total) AS DOUBLE) AS bound_low,
           CAST(sum(yes + total - known) / sum(total) AS DOUBLE) AS bound_high
    FROM strata GROUP BY ALL
)
SELECT population, reading, snapshot, snapshot_date, token, operator, purpose, openness, ai, event,
       n, n_unknown, n_changed, estimate, wilson_low(estimate, effective_n) AS low,
       wilson_high(estimate, effective_n) AS high, bound_low, bound_high
FROM claims
JOIN crawlers USING (token)
ORDER BY population, reading, snapshot_date, snapshot, token, event;
