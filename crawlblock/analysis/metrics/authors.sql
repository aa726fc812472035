-- title: Whose text refuses
-- unit: share of the hosts that refuse by robots.txt, 0 to 1
-- note: Of the hosts whose robots.txt refuses / to the crawler, by who wrote the deciding line: a template (see the table templates: kind and act), own (the site's own text), wildcard (a group for all crawlers that no template is known for). The interval takes each decision, a text shared by many hosts, as one.
WITH refusals AS (
    SELECT population, reading, snapshot, snapshot_date, stratum, token, authored_by, decision,
           sum(hosts) AS hosts, CAST(sum(weight) AS DOUBLE) AS weight
    FROM access_counts WHERE NOT root_allowed AND authored_by IS NOT NULL
    GROUP BY ALL
), wholes AS (
    SELECT population, reading, snapshot, snapshot_date, token, CAST(sum(hosts) AS BIGINT) AS n,
           ordered_sum(weight) AS weight
    FROM refusals GROUP BY ALL
), decisions AS (
    SELECT population, snapshot, token, decision, sum(weight) AS weight FROM refusals GROUP BY ALL
), effective AS (
    SELECT population, snapshot, token, effective_decisions(weight) AS effective_n
    FROM decisions GROUP BY ALL
), unknown AS (
    SELECT population, snapshot, token, CAST(sum(hosts) AS BIGINT) AS n_unknown
    FROM access_counts WHERE root_allowed IS NULL GROUP BY ALL
), authors AS (
    SELECT population, snapshot, token, authored_by, CAST(sum(hosts) AS BIGINT) AS n_hosts,
           ordered_sum(weight) AS weight
    FROM refusals GROUP BY ALL
)
SELECT population, reading, snapshot, snapshot_date, token, authored_by, t.kind, t.act, n,
       coalesce(n_unknown, 0) AS n_unknown, n_hosts, least(1, a.weight / w.weight) AS estimate,
       wilson_low(least(1, a.weight / w.weight), effective_n) AS low,
       wilson_high(least(1, a.weight / w.weight), effective_n) AS high
FROM wholes w
JOIN authors a USING (population, snapshot, token)
JOIN effective e USING (population, snapshot, token)
LEFT JOIN unknown u USING (population, snapshot, token)
LEFT JOIN templates t ON t.template = a.authored_by
ORDER BY population, reading, snapshot_date, snapshot, token, n_hosts DESC, authored_by;
