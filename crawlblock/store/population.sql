-- What the metrics share: which hosts results are about, what an answer means, how a share is estimated.
-- SET VARIABLE http_profile = 'ccbot' reads HTTP statuses as Common Crawl's crawler does, not as RFC 9309.

CREATE MACRO http_profile() AS coalesce(getvariable('http_profile'), 'rfc9309');

-- The crawls of the demo are reconstructed from verdicts: their texts state nothing else.
CREATE MACRO is_demo(name) AS starts_with(name, 'DEMO-');

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

-- How far each snapshot is of the panel: a crawl or live run that asked one of the current panel's
-- hosts, or an import within it, is; other snapshots stand for the hosts they captured.
CREATE VIEW scopes AS
SELECT s.snapshot, s.kind, s.first_capture,
       bool_or(m.host IS NOT NULL)
           AND (s.kind <> 'import' OR bool_and(m.host IS NOT NULL)) AS of_panel,
       count(m.host) AS asked, any_value(p.members) AS members
FROM snapshots s
JOIN captures c ON c.snapshot = s.snapshot AND c.resource = '/robots.txt'
LEFT JOIN (SELECT DISTINCT host FROM current_panel) m ON m.host = c.host
CROSS JOIN (SELECT count(DISTINCT host) AS members FROM current_panel) p
GROUP BY s.snapshot, s.kind, s.first_capture;

-- Crawls and live runs that have not asked all of the panel yet: what they have is no fair sample of
-- it, for hosts are asked in the order of the index, so shares leave them out.
CREATE VIEW incomplete_snapshots AS
SELECT snapshot, asked, members FROM scopes
WHERE kind <> 'import' AND asked > 0 AND asked < members;

-- The hosts of the panel, and those captured outside of it; a number is shorter than a name.
CREATE VIEW hosts AS
SELECT CAST(row_number() OVER (ORDER BY of_panel, host) AS INTEGER) AS number, *
FROM (
    SELECT true AS of_panel, host, min(stratum) AS stratum,
           CAST(max(weight) AS DECIMAL(19, 6)) AS weight  -- decimals add up in any order,
           -- and squares of 18 digits would overflow
    FROM current_panel GROUP BY host
    UNION ALL
    SELECT DISTINCT false, c.host, 'all', 1
    FROM scopes s
    JOIN captures c ON c.snapshot = s.snapshot AND c.resource = '/robots.txt'
    WHERE NOT s.of_panel
);

-- The hosts that results are about: a row per snapshot and host, also for the panel's hosts without a capture.
-- Hosts captured outside of the panel have weight 1. The two populations are never one series.
CREATE VIEW population AS
WITH lacking AS (
    SELECT * FROM scopes WHERE of_panel AND asked < members
), found AS (  -- one by one, or DuckDB 1.5 joins all hosts with all snapshots first
    SELECT s.*, h.number, c.host, h.stratum, h.weight, c.fetch_time, c.outcome, c.status, c.digest
    FROM captures c
    JOIN scopes s ON s.snapshot = c.snapshot AND s.of_panel
    JOIN hosts h ON h.host = c.host AND h.of_panel
    WHERE c.resource = '/robots.txt'
    UNION ALL
    SELECT s.*, h.number, c.host, h.stratum, h.weight, c.fetch_time, c.outcome, c.status, c.digest
    FROM captures c
    JOIN scopes s ON s.snapshot = c.snapshot AND NOT s.of_panel
    JOIN hosts h ON h.host = c.host AND NOT h.of_panel
    WHERE c.resource = '/robots.txt'
    UNION ALL BY NAME
    SELECT s.*, h.number, h.host, h.stratum, h.weight, 'not_captured' AS outcome
    FROM lacking s
    JOIN hosts h ON h.of_panel
    ANTI JOIN (
        FROM captures SEMI JOIN lacking USING (snapshot) WHERE resource = '/robots.txt'
    ) c
        ON c.snapshot = s.snapshot AND c.host = h.host
), texts AS (
    SELECT digest, policy,
           policy IN (SELECT policy FROM verdicts WHERE root_allowed IS NOT NULL) AS known
    FROM payloads
), statuses AS (
    SELECT status, bool_or(root_allowed IS NOT NULL) AS known FROM http_profiles
    WHERE http_profile = http_profile() GROUP BY status
)
SELECT CASE WHEN f.of_panel THEN 'panel' ELSE 'captured' END AS population,
       http_profile() AS http_profile,
       f.snapshot, f.kind, CAST(f.first_capture AS DATE) AS snapshot_date, f.host, f.stratum,
       f.weight, coalesce(f.fetch_time, f.first_capture) AS time, f.outcome,
       CASE WHEN f.digest IS NULL THEN 'http ' || f.status
            WHEN f.outcome = 'ok' THEN y.policy END AS answer,
       coalesce(CASE WHEN f.digest IS NULL THEN h.known
                     WHEN f.outcome = 'ok' THEN y.known END, false) AS known,
       f.number
FROM found f
LEFT JOIN texts y ON y.digest = f.digest
LEFT JOIN statuses h ON h.status = f.status;

-- The hosts by the text of their robots.txt, for the digests in a relation.
CREATE MACRO texts_of(source) AS TABLE
WITH read AS MATERIALIZED (  -- or DuckDB 1.5 joins all hosts with all snapshots first
    SELECT c.snapshot, s.of_panel, c.host, c.digest
    FROM captures c
    SEMI JOIN query_table(source) k ON k.digest = c.digest
    JOIN scopes s ON s.snapshot = c.snapshot
    WHERE c.resource = '/robots.txt' AND c.outcome = 'ok'
)
SELECT r.snapshot, CAST(h.stratum AS VARCHAR) AS stratum, r.digest, count(*) AS hosts,
       sum(h.weight) AS weight
FROM read r
JOIN hosts h ON h.of_panel = r.of_panel AND h.host = r.host
GROUP BY ALL;

-- The population with its hosts as numbers, for what must look at every host.
CREATE VIEW points AS
SELECT population, snapshot, snapshot_date, number AS host, stratum, weight, time, outcome, answer,
       known
FROM population;

-- The population counted: hosts that answered the same. Equal weights are added up by multiplying.
CREATE VIEW point_counts AS
WITH counts AS (
    SELECT population, snapshot, snapshot_date, stratum, outcome, answer, known, weight,
           count(*) AS hosts
    FROM points GROUP BY ALL
)
SELECT CAST(population AS VARCHAR) AS population,
       CAST(c.snapshot AS VARCHAR) AS snapshot, any_value(s.kind) AS kind, snapshot_date,
       CAST(stratum AS VARCHAR) AS stratum, CAST(outcome AS VARCHAR) AS outcome,
       CAST(answer AS VARCHAR) AS answer, known, CAST(sum(hosts) AS BIGINT) AS hosts,
       sum(weight * hosts) AS weight,
       sum(CAST(weight * weight AS DECIMAL(38, 6)) * hosts) AS weight_squared
FROM counts c
JOIN snapshots s ON s.snapshot = CAST(c.snapshot AS VARCHAR)
GROUP BY ALL;

-- Crawls and live runs that are more likely a fault of the network, of the archive or of ours than
-- news of the web, each with the reason: against the median of the five before of its kind, hosts
-- have fallen silent or, in a live run, share an outcome that they had not. Shares and changes leave
-- them out until a person accepts them (table accepted). A break of the archive explains a crawl's.
CREATE VIEW suspect_snapshots AS
WITH shares AS (
    SELECT snapshot, kind, snapshot_date, outcome, CAST(sum(hosts) AS BIGINT) AS hosts
    FROM point_counts WHERE population = 'panel' AND kind <> 'import'
        AND snapshot NOT IN (SELECT snapshot FROM incomplete_snapshots)
    GROUP BY ALL
), sizes AS (
    SELECT snapshot, kind, snapshot_date, sum(hosts) AS n FROM shares GROUP BY ALL
), measures AS (
    SELECT snapshot, 'answered' AS measure, sum(hosts) AS hosts FROM shares
    WHERE outcome IN (SELECT outcome FROM outcomes WHERE answered)
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
            FROM breaks b WHERE b.date > p.snapshot_date AND b.date <= s.snapshot_date
                AND list_has_any(b.affects, ['coverage', 'verdicts']))
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

-- What shares leave out; one name for it, so that no result forgets a part.
CREATE VIEW left_out_snapshots AS
SELECT snapshot FROM incomplete_snapshots UNION ALL SELECT snapshot FROM suspect_snapshots;

-- What an answer (a policy, or an HTTP status where no rules were read) means for each crawler.
CREATE VIEW meanings AS
SELECT policy AS answer, token, restriction, basis, root_allowed, authored_by, ruleset
FROM verdicts
UNION ALL
SELECT 'http ' || h.status, k.token, h.restriction, h.basis, h.root_allowed, NULL, NULL
FROM http_profiles h
CROSS JOIN crawlers k
WHERE h.http_profile = http_profile();

-- The hosts of sound snapshots, counted by what they answered.
CREATE VIEW answer_counts AS
SELECT population, snapshot, snapshot_date, stratum, answer,
       CAST(sum(hosts) AS BIGINT) AS hosts, sum(weight) AS weight,
       sum(weight_squared) AS weight_squared
FROM point_counts
WHERE population = 'captured'
   OR snapshot NOT IN (FROM left_out_snapshots)
GROUP BY ALL;

-- What the answers given at a date mean for each crawler counted then: from the day it was
-- documented, or always where that day is unknown.
CREATE VIEW counted_meanings AS
SELECT d.snapshot_date, d.answer, k.token,
       -- a name that others used before is in no sum over crawlers
       CASE WHEN k.reused IS NOT true THEN k.purpose END AS purpose,
       CASE WHEN k.reused IS NOT true THEN k.openness END AS openness,
       k.ai AND k.reused IS NOT true AS ai,
       coalesce(m.restriction, 'unknown') AS restriction, coalesce(m.basis, 'unknown') AS basis,
       m.root_allowed, m.ruleset
FROM (SELECT DISTINCT snapshot_date, answer FROM answer_counts) d
CROSS JOIN crawlers k
LEFT JOIN meanings m ON m.answer = d.answer AND m.token = k.token
WHERE coalesce(d.snapshot_date >= k.documented_since, true);

-- The population counted by crawler and verdict; answer is given only where it blocks / and no
-- ruleset is known.
CREATE VIEW access_counts AS
SELECT c.population, c.snapshot, c.snapshot_date, c.stratum,
       CASE WHEN m.ruleset IS NULL AND NOT m.root_allowed THEN c.answer END AS answer,
       CAST(sum(c.hosts) AS BIGINT) AS hosts, sum(c.weight) AS weight,
       sum(c.weight_squared) AS weight_squared, k.token,
       coalesce(m.restriction, 'unknown') AS restriction, coalesce(m.basis, 'unknown') AS basis,
       m.root_allowed, m.authored_by, m.ruleset
FROM answer_counts c
CROSS JOIN crawlers k
LEFT JOIN meanings m ON m.answer = c.answer AND m.token = k.token
WHERE coalesce(c.snapshot_date >= k.documented_since, true)
GROUP BY ALL;

-- The same without whose rule set decided.
CREATE VIEW verdict_counts AS
SELECT population, snapshot, snapshot_date, stratum, token, restriction, basis, root_allowed,
       CAST(sum(hosts) AS BIGINT) AS hosts, sum(weight) AS weight,
       sum(weight_squared) AS weight_squared
FROM access_counts GROUP BY ALL;

-- For each answer in a relation like counted_meanings: does it block at least one crawler of a kind?
-- It is unknown unless one block is certain or all crawlers of the kind are known.
CREATE MACRO any_blocked_of(source) AS TABLE
SELECT snapshot_date, answer, kind, d.definition, count(*) AS crawlers,
       CASE WHEN bool_or(CASE d.definition WHEN 'root' THEN NOT root_allowed
                         ELSE restriction NOT IN ('none', 'unknown') END) THEN true
            WHEN NOT bool_or(root_allowed IS NULL) THEN false END AS yes
FROM query_table(source) CROSS JOIN (VALUES ('root'), ('any')) d(definition)
GROUP BY ALL;

-- For each answer in a relation like counted_meanings: does it block the first and the second of what
-- is compared?  A set of crawlers is blocked if one of them is.
CREATE MACRO sides_of(source) AS TABLE
WITH sides AS (
    SELECT 'open data - closed training' AS comparison, openness = 'open' AS is_first, token
    FROM crawlers WHERE ai AND reused IS NOT true AND (openness = 'open' OR purpose = 'training')
    UNION ALL
    SELECT first || ' - ' || second, token = first, token
    FROM (VALUES ('CCBot', 'GPTBot'), ('CCBot', 'ClaudeBot'), ('CCBot', 'Google-Extended'),
                 ('CCBot', 'Googlebot'), ('GPTBot', 'Googlebot')) pairs(first, second)
    JOIN crawlers ON token IN (first, second)
)
SELECT snapshot_date, answer, comparison,
       bool_or(NOT root_allowed) FILTER (is_first) AS first,
       bool_or(NOT root_allowed) FILTER (NOT is_first) AS second,
       count(*) FILTER (is_first) AS first_crawlers,
       count(*) FILTER (NOT is_first) AS second_crawlers,
       coalesce(string_agg(DISTINCT ruleset, ' ' ORDER BY ruleset)
           FILTER (NOT root_allowed), '') AS rulesets
FROM query_table(source) JOIN sides USING (token)
GROUP BY ALL
HAVING first_crawlers > 0 AND second_crawlers > 0;

-- The captures whose answer is known, in the order of time, with the one before; `source` is a
-- relation like population.
CREATE MACRO readable_in(source) AS TABLE
SELECT p.*, lag(answer) OVER steps AS answer_before, lag(time) OVER steps AS time_before,
       max(snapshot_date) OVER (steps ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
           AS dates_before
FROM query_table(source) p
WHERE known AND snapshot NOT IN (SELECT snapshot FROM suspect_snapshots)
WINDOW steps AS (PARTITION BY population, host ORDER BY time, snapshot);

CREATE VIEW readable AS FROM readable_in('population');

-- Hosts counted by what they answered in a snapshot and before.
CREATE VIEW transition_counts AS
SELECT CAST(population AS VARCHAR) AS population, CAST(snapshot AS VARCHAR) AS snapshot,
       snapshot_date, CAST(stratum AS VARCHAR) AS stratum,
       CAST(answer_before AS VARCHAR) AS answer_before, CAST(answer AS VARCHAR) AS answer,
       CAST(sum(hosts) AS BIGINT) AS hosts, sum(weight * hosts) AS weight,
       sum(CAST(weight * weight AS DECIMAL(38, 6)) * hosts) AS weight_squared
FROM (
    SELECT population, snapshot, snapshot_date, stratum, answer_before, answer, weight,
           count(*) AS hosts
    FROM readable_in('points') WHERE answer_before IS NOT NULL GROUP BY ALL
)
GROUP BY ALL;

-- Where / of a host closed or opened to a crawler, between one readable capture and the next.
CREATE MACRO changes_in(source) AS TABLE
WITH steps AS (
    SELECT DISTINCT answer_before, answer FROM readable_in(source) WHERE answer_before <> answer
), arrivals AS MATERIALIZED (  -- or DuckDB 1.5 joins all answers with all answers first
    SELECT t.answer_before, m.* FROM steps t JOIN meanings m ON m.answer = t.answer
), flips AS (
    SELECT a.answer_before, a.answer, a.token, k.documented_since,
           CASE WHEN a.root_allowed THEN 'stopped' ELSE 'started' END AS transition,
           b.restriction AS from_restriction, a.restriction AS to_restriction,
           b.basis AS from_basis, a.basis AS to_basis,
           coalesce(a.authored_by, b.authored_by) AS authored_by, a.ruleset
    FROM arrivals a
    JOIN meanings b ON b.answer = a.answer_before AND b.token = a.token
    JOIN crawlers k ON k.token = a.token
    WHERE a.root_allowed <> b.root_allowed
)
SELECT r.population, r.http_profile, r.snapshot, r.snapshot_date, r.host, r.stratum, r.weight, f.token,
       f.transition, r.time_before AS after, r.time AS before, f.from_restriction, f.to_restriction,
       f.from_basis, f.to_basis, f.authored_by, f.ruleset
FROM readable_in(source) r
JOIN flips f ON f.answer_before = r.answer_before AND f.answer = r.answer
WHERE coalesce(r.snapshot_date >= f.documented_since, true);

CREATE VIEW changes AS FROM changes_in('population');

-- The hosts that are followed one by one: of each population 20,000, those first by the MD5 of their
-- names, or all. A row per snapshot as in population.
CREATE VIEW listed AS
SELECT CAST(population AS VARCHAR) AS population,
       http_profile() AS http_profile,
       CAST(snapshot AS VARCHAR) AS snapshot, snapshot_date, h.host,
       CAST(p.stratum AS VARCHAR) AS stratum, p.weight, time,
       CAST(outcome AS VARCHAR) AS outcome, CAST(answer AS VARCHAR) AS answer, known
FROM points p
JOIN (
    SELECT number, host FROM hosts
    QUALIFY row_number() OVER (PARTITION BY of_panel ORDER BY md5(host), host) <= 20000
) h ON h.number = p.host;

COMMENT ON VIEW incomplete_snapshots IS 'Crawls and live runs that have not asked all of the current panel; shares leave them out.';
COMMENT ON VIEW left_out_snapshots IS 'The snapshots that shares leave out: incomplete and suspect ones.';
COMMENT ON VIEW suspect_snapshots IS 'Crawls and live runs that look like a fault rather than news, with the reason; shares and changes leave them out until they are accepted.';
COMMENT ON VIEW bodies IS 'The payloads to read, or the texts that scans kept of them.';
COMMENT ON VIEW population IS 'The hosts that results are about: a row per snapshot and host, with and without a capture.';
COMMENT ON COLUMN population.population IS 'panel, or captured: a host outside of the panel; the two are never one series.';
COMMENT ON COLUMN population.http_profile IS 'How HTTP statuses are read: rfc9309 or ccbot.';
COMMENT ON COLUMN population.snapshot_date IS 'Day of the snapshot''s first capture.';
COMMENT ON COLUMN population.stratum IS 'The band of the frame the host was sampled from; all outside of the panel.';
COMMENT ON COLUMN population.weight IS '1 / inclusion probability; 1 outside of the panel.';
COMMENT ON COLUMN population.time IS 'When the answer was fetched; the snapshot''s first capture where there is none.';
COMMENT ON COLUMN population.answer IS 'What was answered, by what it means: a policy, or an HTTP status where no rules were read; empty if neither is known, which is no leave.';
COMMENT ON COLUMN population.known IS 'Whether we know what the answer means; if not, every crawler''s restriction is unknown.';
COMMENT ON COLUMN meanings.answer IS 'A policy, or an HTTP status where no rules were read, as in population.';
COMMENT ON COLUMN meanings.basis IS 'named, wildcard, default, absent (no robots.txt), http (the status decided) or unknown.';
COMMENT ON VIEW scopes IS 'Whether a snapshot is of the current panel, and how many of its hosts it asked.';
COMMENT ON VIEW hosts IS 'The hosts that results are about, numbered.';
COMMENT ON VIEW points IS 'The population with its hosts as numbers.';
COMMENT ON VIEW point_counts IS 'The population counted: hosts and weights by snapshot, stratum, outcome and answer.';
COMMENT ON VIEW answer_counts IS 'Hosts and weights of sound snapshots by stratum and answer.';
COMMENT ON VIEW counted_meanings IS 'What the answers given at a date mean for each crawler counted then.';
COMMENT ON VIEW transition_counts IS 'readable, counted: hosts and weights by answer and the answer before, where there is one.';
COMMENT ON VIEW listed IS 'The hosts that are followed one by one: at most 20,000 of each population.';
COMMENT ON MACRO TABLE readable_in IS 'readable of any relation like population, given by name.';
COMMENT ON MACRO TABLE changes_in IS 'changes of any relation like population, given by name.';
COMMENT ON VIEW meanings IS 'What an answer (a policy, or a status where no rules were read) means for each crawler.';
COMMENT ON VIEW access_counts IS 'access, counted: hosts and weights by snapshot, stratum, crawler and verdict.';
COMMENT ON VIEW verdict_counts IS 'access_counts without the rule sets.';
COMMENT ON MACRO TABLE any_blocked_of IS 'Whether an answer blocks at least one crawler of each kind.';
COMMENT ON MACRO TABLE sides_of IS 'Whether an answer blocks each of two crawlers, or of two sets of them, that gap compares.';
COMMENT ON MACRO http_profile IS 'How HTTP statuses are read: the variable reading, else rfc9309.';
COMMENT ON VIEW readable IS 'The captures whose answer is known, in order of time, with the one before.';
COMMENT ON VIEW changes IS 'Transitions: where a host started or stopped blocking a crawler between one readable capture and the next, and who wrote the rule.';
COMMENT ON MACRO wilson_low IS 'Lower end of Wilson''s 95 % interval of share p among n.';
COMMENT ON MACRO wilson_high IS 'Upper end of Wilson''s 95 % interval of share p among n.';
COMMENT ON MACRO stratified_share IS 'Share over strata, each counting as all its hosts.';
COMMENT ON MACRO effective_n IS 'Kish''s effective sample size over strata.';
