-- title: Hosts that refuse at least one AI crawler, by its purpose
-- unit: share of hosts, 0 to 1
-- note: crawlers is how many AI crawlers of the purpose were documented at that date: the share grows with them. A host is unknown unless one refusal is certain or all crawlers are known. By definition: root (/ may not be fetched) or any.
WITH purposes AS (
    SELECT snapshot_date, answer, purpose, count(*) AS crawlers,
           bool_or(NOT root_allowed) AS root_refused,
           bool_or(restriction NOT IN ('none', 'unknown')) AS some_refused,
           bool_or(root_allowed IS NULL) AS some_unknown
    FROM counted_meanings WHERE ai AND purpose IS NOT NULL GROUP BY ALL
), answers AS (
    SELECT c.*, p.* EXCLUDE (snapshot_date, answer)
    FROM answer_counts c
    JOIN purposes p ON p.snapshot_date = c.snapshot_date AND p.answer IS NOT DISTINCT FROM c.answer
), defined AS (
    SELECT *,
           CASE
               WHEN definition = 'root' AND root_refused THEN true
               WHEN definition = 'any' AND some_refused THEN true
               WHEN NOT some_unknown THEN false
           END AS refusing
    FROM answers
    CROSS JOIN (VALUES ('root'), ('any')) d(definition)
), strata AS (
    SELECT population, reading, snapshot, snapshot_date, purpose, definition, crawlers, stratum,
           sum(weight) AS total,
           coalesce(sum(weight) FILTER (refusing IS NOT NULL), 0) AS known,
           coalesce(sum(weight_squared) FILTER (refusing IS NOT NULL), 0) AS known_squared,
           coalesce(sum(weight) FILTER (refusing), 0) AS yes,
           coalesce(sum(hosts) FILTER (refusing IS NOT NULL), 0) AS n,
           coalesce(sum(hosts) FILTER (refusing IS NULL), 0) AS n_unknown,
           coalesce(sum(hosts) FILTER (refusing), 0) AS n_refusing
    FROM defined GROUP BY ALL
), claims AS (
    SELECT population, reading, snapshot, snapshot_date, purpose, definition, crawlers,
           CAST(sum(n) AS BIGINT) AS n, CAST(sum(n_unknown) AS BIGINT) AS n_unknown,
           CAST(sum(n_refusing) AS BIGINT) AS n_refusing,
           stratified_share(total, known, yes) AS estimate,
           effective_n(total, known, known_squared) AS effective_n,
           CAST(sum(yes) / sum(total) AS DOUBLE) AS bound_low,
           CAST(sum(yes + total - known) / sum(total) AS DOUBLE) AS bound_high
    FROM strata GROUP BY ALL
)
SELECT population, reading, snapshot, snapshot_date, purpose, definition, crawlers,
       n, n_unknown, n_refusing, estimate, wilson_low(estimate, effective_n) AS low,
       wilson_high(estimate, effective_n) AS high, bound_low, bound_high
FROM claims
ORDER BY population, reading, snapshot_date, snapshot, purpose, definition;
