-- title: Hosts that refuse a crawler, by what the refusal rests on
-- unit: share of hosts, 0 to 1
-- note: By basis: named (a group names the crawler), wildcard (inherited from *), http (the status refuses). By definition: root (/ may not be fetched) or any (a restriction of any kind). The shares of the bases add up to that of all refusals.
WITH counts AS (
    SELECT population, reading, snapshot, snapshot_date, stratum, token, restriction,
           basis AS found, root_allowed, sum(hosts) AS hosts, sum(weight) AS weight,
           sum(weight_squared) AS weight_squared
    FROM access_counts GROUP BY ALL
), defined AS (
    SELECT c.*, d.definition, b.basis,
           CASE WHEN root_allowed IS NOT NULL THEN
               found = b.basis AND CASE d.definition
                   WHEN 'root' THEN NOT root_allowed
                   ELSE restriction <> 'none'
               END
           END AS refusing
    FROM counts c
    CROSS JOIN (VALUES ('root'), ('any')) d(definition)
    CROSS JOIN (VALUES ('named'), ('wildcard'), ('http')) b(basis)
), strata AS (
    SELECT population, reading, snapshot, snapshot_date, token, definition, basis, stratum,
           sum(weight) AS total,
           coalesce(sum(weight) FILTER (refusing IS NOT NULL), 0) AS known,
           coalesce(sum(weight_squared) FILTER (refusing IS NOT NULL), 0) AS known_squared,
           coalesce(sum(weight) FILTER (refusing), 0) AS yes,
           coalesce(sum(hosts) FILTER (refusing IS NOT NULL), 0) AS n,
           coalesce(sum(hosts) FILTER (refusing IS NULL), 0) AS n_unknown,
           coalesce(sum(hosts) FILTER (refusing), 0) AS n_refusing
    FROM defined GROUP BY ALL
), claims AS (
    SELECT population, reading, snapshot, snapshot_date, token, definition, basis,
           CAST(sum(n) AS BIGINT) AS n, CAST(sum(n_unknown) AS BIGINT) AS n_unknown,
           CAST(sum(n_refusing) AS BIGINT) AS n_refusing,
           stratified_share(total, known, yes) AS estimate,
           effective_n(total, known, known_squared) AS effective_n,
           CAST(sum(yes) / sum(total) AS DOUBLE) AS bound_low,
           CAST(sum(yes + total - known) / sum(total) AS DOUBLE) AS bound_high
    FROM strata GROUP BY ALL
)
SELECT population, reading, snapshot, snapshot_date, token, operator, purpose, openness, ai,
       definition, basis,
       n, n_unknown, n_refusing, estimate, wilson_low(estimate, effective_n) AS low,
       wilson_high(estimate, effective_n) AS high, bound_low, bound_high
FROM claims
JOIN crawlers USING (token)
ORDER BY population, reading, snapshot_date, snapshot, token, definition, basis;
