-- What the metrics share: whom claims are about, what an answer means, how a share is estimated.
-- SET VARIABLE reading = 'ccbot' reads HTTP statuses as Common Crawl's crawler does, not as RFC 9309.

-- Wilson's score interval at 95 % (Wilson 1927); p may come from weights, n is then Kish's.
CREATE MACRO wilson_low(p, n) AS CASE WHEN n > 0 AND p IS NOT NULL THEN
    least(p, greatest(0, (p + 1.920729410347062 / n - 1.959963984540054
        * sqrt(greatest(0, p * (1 - p)) / n + 0.960364705173531 / (n * n)))
        / (1 + 3.841458820694124 / n))) END;
CREATE MACRO wilson_high(p, n) AS CASE WHEN n > 0 AND p IS NOT NULL THEN
    greatest(p, least(1, (p + 1.920729410347062 / n + 1.959963984540054
        * sqrt(greatest(0, p * (1 - p)) / n + 0.960364705173531 / (n * n)))
        / (1 + 3.841458820694124 / n))) END;

-- Over strata with the weights of all their hosts, of the known ones and of those that say yes: each
-- stratum counts as much as all its hosts, so hosts unknown in one stratum do not shift the mix.
-- The order makes sums of floats the same on every run.
CREATE MACRO stratified_share(total, known, yes) AS
    sum(total * (yes / nullif(known, 0)) ORDER BY total * (yes / nullif(known, 0)))
        / nullif(sum(CASE WHEN known > 0 THEN total END ORDER BY total), 0);
-- Kish's effective sample size, (sum w)^2 / sum w^2, of the weights so adjusted (Kish 1965).
CREATE MACRO effective_n(total, known, known_squared) AS
    sum(CASE WHEN known > 0 THEN total END ORDER BY total) ** 2
        / nullif(sum((total / nullif(known, 0)) ** 2 * known_squared
            ORDER BY (total / nullif(known, 0)) ** 2 * known_squared), 0);

-- Crawls and live runs that have not asked all of the panel yet: what they have is no fair sample of
-- it, for hosts are asked in the order of the index, so shares leave them out.
CREATE VIEW incomplete_snapshots AS
SELECT s.snapshot, count(*) AS asked, any_value(p.members) AS members
FROM snapshots s
JOIN captures c ON c.snapshot = s.snapshot AND c.resource = '/robots.txt'
SEMI JOIN current_panel m ON m.host = c.host
CROSS JOIN (SELECT count(DISTINCT host) AS members FROM current_panel) p
WHERE s.kind <> 'import'
GROUP BY s.snapshot
HAVING count(*) < any_value(p.members);

-- Whom claims are about: a row per snapshot and host, also for the panel's hosts without a capture.
-- A crawl or live run that asked the current panel, or an import within it, is of the panel; other
-- snapshots stand for the hosts they captured, each with weight 1. The two are never one series.
CREATE VIEW population AS
WITH members AS (
    SELECT host, min(stratum) AS stratum, max(weight) AS weight FROM current_panel GROUP BY host
), asked AS (
    SELECT * FROM captures WHERE resource = '/robots.txt'
), scopes AS (
    SELECT s.snapshot, s.kind, s.first_capture,
           bool_or(m.host IS NOT NULL)
               AND (s.kind <> 'import' OR bool_and(m.host IS NOT NULL)) AS of_panel
    FROM snapshots s
    JOIN asked c ON c.snapshot = s.snapshot
    LEFT JOIN members m ON m.host = c.host
    GROUP BY s.snapshot, s.kind, s.first_capture
), hosts AS (
    SELECT s.*, m.host, m.stratum, m.weight FROM scopes s CROSS JOIN members m WHERE s.of_panel
    UNION ALL
    SELECT s.*, c.host, 'all', 1 FROM scopes s JOIN asked c ON c.snapshot = s.snapshot
    WHERE NOT s.of_panel
)
SELECT CASE WHEN h.of_panel THEN 'panel' ELSE 'captured' END AS population,
       coalesce(getvariable('reading'), 'rfc9309') AS reading,
       h.snapshot, h.kind, CAST(h.first_capture AS DATE) AS snapshot_date, h.host, h.stratum,
       CAST(coalesce(h.weight, 1) AS DECIMAL(18, 6)) AS weight,  -- decimals add up in any order
       coalesce(c.fetch_time, h.first_capture) AS time,
       coalesce(c.outcome, 'not_captured') AS outcome,
       CASE WHEN c.digest IS NULL THEN 'http ' || c.status
            WHEN c.outcome = 'ok' THEN y.policy END AS answer
FROM hosts h
LEFT JOIN asked c ON c.snapshot = h.snapshot AND c.host = h.host
LEFT JOIN payloads y ON y.digest = c.digest;

-- Crawls and live runs that are more likely a fault of the network, of the archive or of ours than
-- news of the web, each with the reason: against the median of the five before of its kind, hosts
-- have fallen silent or, in a live run, share an outcome that they had not. Shares and changes leave
-- them out until a person accepts them (table accepted). A break of the archive explains a crawl's.
CREATE VIEW suspect_snapshots AS
WITH shares AS (
    SELECT snapshot, kind, snapshot_date, outcome, count(*) AS hosts
    FROM population WHERE population = 'panel' AND kind <> 'import'
        AND snapshot NOT IN (SELECT snapshot FROM incomplete_snapshots)
    GROUP BY ALL
), sizes AS (
    SELECT snapshot, kind, snapshot_date, sum(hosts) AS n FROM shares GROUP BY ALL
), measures AS (
    SELECT snapshot, 'answered' AS measure, sum(hosts) AS hosts FROM shares
    WHERE outcome NOT IN ('not_captured', 'dns', 'tls', 'connection_refused', 'timeout',
                          'unreachable', 'damaged')
    GROUP BY snapshot
    UNION ALL
    SELECT snapshot, outcome, hosts FROM shares WHERE outcome NOT IN ('ok', 'not_captured')
), compared AS (
    SELECT s.snapshot, s.kind, m.measure, s.n, coalesce(h.hosts, 0) / s.n AS share,
           median(coalesce(b.hosts, 0) / p.n) AS usual, count(p.snapshot) AS earlier
    FROM sizes s
    CROSS JOIN (SELECT 'answered' AS measure UNION SELECT measure FROM measures) m
    LEFT JOIN measures h ON h.snapshot = s.snapshot AND h.measure = m.measure
    LEFT JOIN (
        SELECT s.snapshot AS of_snapshot, p.snapshot, p.n
        FROM sizes s JOIN sizes p ON p.kind = s.kind
            AND (p.snapshot_date, p.snapshot) < (s.snapshot_date, s.snapshot)
        WHERE s.kind = 'live' OR NOT EXISTS (
            FROM breaks b WHERE b.date > p.snapshot_date AND b.date <= s.snapshot_date)
        QUALIFY row_number() OVER (
            PARTITION BY s.snapshot ORDER BY p.snapshot_date DESC, p.snapshot DESC) <= 5
    ) p ON p.of_snapshot = s.snapshot
    LEFT JOIN measures b ON b.snapshot = p.snapshot AND b.measure = m.measure
    GROUP BY ALL
), reasons AS (
    SELECT snapshot,
           CASE WHEN measure = 'answered' THEN 'hosts that answered: ' ELSE measure || ': ' END
               || round(100 * share, 1) || ' %'
               || CASE WHEN earlier > 0 THEN ', usually ' || round(100 * usual, 1) || ' %' ELSE '' END
               AS reason
    FROM compared
    WHERE CASE
        WHEN measure = 'answered' AND kind = 'live' AND share < 0.5 THEN true
        WHEN earlier = 0 OR abs(share - usual) * n < 5 THEN false  -- a few hosts are no wave
        WHEN measure = 'answered' THEN usual - share > CASE kind WHEN 'live' THEN 0.1 ELSE 0.2 END
        ELSE kind = 'live' AND share - usual > 0.1
    END
)
SELECT snapshot, string_agg(reason, '; ' ORDER BY reason) AS reason
FROM reasons WHERE snapshot NOT IN (SELECT snapshot FROM accepted)
GROUP BY snapshot;

-- What an answer (a policy, or an HTTP status where no rules were read) means for each crawler.
CREATE VIEW meanings AS
SELECT policy AS answer, token, restriction, basis, root_allowed, authored_by, decision
FROM verdicts
UNION ALL
SELECT 'http ' || h.status, k.token, h.restriction, h.basis, h.root_allowed, NULL, NULL
FROM http_readings h
CROSS JOIN crawlers k
WHERE h.reading = coalesce(getvariable('reading'), 'rfc9309');

-- The population counted: hosts with the same answer are added up before crawlers are looked up.
-- A crawler is counted from the day it was documented, or always where that day is unknown.
CREATE VIEW access_counts AS
WITH cells AS (
    SELECT population, reading, snapshot, snapshot_date, stratum, answer, count(*) AS hosts,
           sum(weight) AS weight, sum(CAST(weight * weight AS DECIMAL(38, 6))) AS weight_squared
    FROM population
    WHERE population = 'captured'
       OR snapshot NOT IN (SELECT snapshot FROM incomplete_snapshots
                           UNION ALL SELECT snapshot FROM suspect_snapshots)
    GROUP BY ALL
)
SELECT c.*, k.token, coalesce(m.restriction, 'unknown') AS restriction,
       coalesce(m.basis, 'unknown') AS basis, m.root_allowed, m.authored_by, m.decision
FROM cells c
CROSS JOIN crawlers k
LEFT JOIN meanings m ON m.answer = c.answer AND m.token = k.token
WHERE coalesce(c.snapshot_date >= k.documented_since, true);

-- The captures whose answer could be told, in the order of time, with the one before.
CREATE VIEW readable AS
SELECT p.*, lag(answer) OVER turns AS answer_before, lag(time) OVER turns AS time_before,
       max(snapshot_date) OVER (turns ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
           AS dates_before
FROM population p
WHERE answer IN (SELECT answer FROM meanings WHERE root_allowed IS NOT NULL)
  AND snapshot NOT IN (SELECT snapshot FROM suspect_snapshots)
WINDOW turns AS (PARTITION BY population, host ORDER BY time, snapshot);

-- Where / of a host closed or opened to a crawler, between one readable capture and the next.
CREATE VIEW changes AS
WITH turns AS (
    SELECT DISTINCT answer_before, answer FROM readable WHERE answer_before <> answer
), arrivals AS MATERIALIZED (  -- or DuckDB 1.5 joins all answers with all answers first
    SELECT t.answer_before, m.* FROM turns t JOIN meanings m ON m.answer = t.answer
), flips AS (
    SELECT a.answer_before, a.answer, a.token, k.documented_since,
           CASE WHEN a.root_allowed THEN 'opened' ELSE 'refused' END AS event,
           b.restriction AS from_restriction, a.restriction AS to_restriction,
           b.basis AS from_basis, a.basis AS to_basis,
           coalesce(a.authored_by, b.authored_by) AS authored_by, a.decision
    FROM arrivals a
    JOIN meanings b ON b.answer = a.answer_before AND b.token = a.token
    JOIN crawlers k ON k.token = a.token
    WHERE a.root_allowed <> b.root_allowed
)
SELECT r.population, r.reading, r.snapshot, r.snapshot_date, r.host, r.stratum, r.weight, f.token,
       f.event, r.time_before AS after, r.time AS before, f.from_restriction, f.to_restriction,
       f.from_basis, f.to_basis, f.authored_by, f.decision
FROM readable r
JOIN flips f ON f.answer_before = r.answer_before AND f.answer = r.answer
WHERE coalesce(r.snapshot_date >= f.documented_since, true);

COMMENT ON VIEW incomplete_snapshots IS 'Crawls and live runs that have not asked all of the current panel; shares leave them out.';
COMMENT ON VIEW suspect_snapshots IS 'Crawls and live runs that look like a fault rather than news, with the reason; shares and changes leave them out until they are accepted.';
COMMENT ON VIEW population IS 'Whom claims are about: a row per snapshot and host, with and without a capture.';
COMMENT ON VIEW meanings IS 'What an answer (a policy, or a status where no rules were read) means for each crawler.';
COMMENT ON VIEW access_counts IS 'access, counted: hosts and weights by snapshot, stratum, answer and crawler.';
COMMENT ON VIEW readable IS 'The captures whose answer could be told, in order of time, with the one before.';
COMMENT ON VIEW changes IS 'Where / of a host closed or opened to a crawler, between one readable capture and the next, and whose text refuses or refused it.';
COMMENT ON MACRO wilson_low IS 'Lower end of Wilson''s 95 % interval of share p among n.';
COMMENT ON MACRO wilson_high IS 'Upper end of Wilson''s 95 % interval of share p among n.';
COMMENT ON MACRO stratified_share IS 'Share over strata, each counting as all its hosts.';
COMMENT ON MACRO effective_n IS 'Kish''s effective sample size over strata.';
