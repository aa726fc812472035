-- What answers mean for each crawler, and how that changes from one capture to the next.

-- What an answer (a policy, or an HTTP status where no rules were read) means for each crawler.
-- restriction, basis and root_allowed read a status by the HTTP profile.  blocked and rules are what
-- robots.txt alone says, which is how headlines count.
CREATE VIEW meanings AS
SELECT policy AS answer, token, restriction, basis, root_allowed, NOT root_allowed AS blocked,
       restriction AS rules, authored_by, ruleset
FROM verdicts
UNION ALL
SELECT 'http ' || h.status, k.token, h.restriction, h.basis, h.root_allowed,
       CASE WHEN rules_known(h.status) THEN false END,
       CASE WHEN rules_known(h.status) THEN 'none' ELSE 'unknown' END, NULL, NULL
FROM http_profiles h
CROSS JOIN crawlers k
WHERE h.http_profile = http_profile();

-- The crawlers that an answer blocks, or may block: blocked is then NULL.  It lets all others in.  Most
-- answers let most crawlers in, so sums over these rows take a fraction of the time.
CREATE VIEW not_open AS
SELECT a.answer, k.token, m.blocked, m.basis, m.ruleset
FROM (SELECT DISTINCT answer FROM points WHERE answer IS NOT NULL) a
CROSS JOIN crawlers k
LEFT JOIN meanings m ON m.answer = CAST(a.answer AS VARCHAR) AND m.token = k.token
WHERE m.blocked IS NOT false;

-- For each answer the first of those that block the same crawlers on the same basis.  Hosts that are
-- followed have many pairs of answers, and few that differ in whom they block.
CREATE VIEW alike_answers AS
WITH described AS (
    SELECT answer, list((token, blocked, basis) ORDER BY token) AS closed
    FROM not_open GROUP BY answer
)
SELECT a.answer, min(a.answer) OVER (PARTITION BY d.closed) AS alike
FROM (SELECT DISTINCT answer FROM points WHERE answer IS NOT NULL) a
LEFT JOIN described d ON d.answer = a.answer;

-- What the answers given at a date mean for each crawler counted then: from the day it was
-- documented, or always where that day is unknown.
CREATE VIEW counted_meanings AS
SELECT d.snapshot_date, d.answer, k.token,
       -- a name that others used before is in no sum over crawlers
       CASE WHEN k.reused IS NOT true THEN k.purpose END AS purpose,
       CASE WHEN k.reused IS NOT true THEN k.openness END AS openness,
       k.ai AND k.reused IS NOT true AS ai,
       coalesce(m.restriction, 'unknown') AS restriction, coalesce(m.basis, 'unknown') AS basis,
       m.root_allowed, m.blocked, coalesce(m.rules, 'unknown') AS rules, m.authored_by,
       m.ruleset
FROM (SELECT DISTINCT snapshot_date, answer FROM answer_counts) d
CROSS JOIN crawlers k
LEFT JOIN meanings m ON m.answer = d.answer AND m.token = k.token
WHERE coalesce(d.snapshot_date >= k.documented_since, true);

-- The population counted by crawler and verdict; answer is given only where it blocks / and no
-- ruleset is known.
CREATE VIEW access_counts AS
SELECT c.population, c.snapshot, c.snapshot_date, c.stratum,
       CASE WHEN m.ruleset IS NULL AND m.blocked THEN c.answer END AS answer,
       CAST(sum(c.hosts) AS BIGINT) AS hosts, sum(c.weight) AS weight,
       sum(c.weight_squared) AS weight_squared, k.token,
       coalesce(m.restriction, 'unknown') AS restriction, coalesce(m.basis, 'unknown') AS basis,
       m.root_allowed, m.blocked, coalesce(m.rules, 'unknown') AS rules, m.authored_by, m.ruleset
FROM answer_counts c
CROSS JOIN crawlers k
LEFT JOIN meanings m ON m.answer = c.answer AND m.token = k.token
WHERE coalesce(c.snapshot_date >= k.documented_since, true)
GROUP BY ALL;

-- The same without whose rule set decided.
CREATE VIEW verdict_counts AS
SELECT population, snapshot, snapshot_date, stratum, token, restriction, basis, root_allowed,
       blocked, rules, CAST(sum(hosts) AS BIGINT) AS hosts, sum(weight) AS weight,
       sum(weight_squared) AS weight_squared
FROM access_counts GROUP BY ALL;

-- For each answer in a relation like counted_meanings: does it block at least one crawler of a kind?
-- It is unknown unless one block is certain or all crawlers of the kind are known.
CREATE MACRO any_blocked_of(source) AS TABLE
SELECT snapshot_date, answer, kind, d.definition, count(*) AS crawlers,
       CASE WHEN bool_or(CASE d.definition WHEN 'root' THEN blocked
                         ELSE rules NOT IN ('none', 'unknown') END) THEN true
            WHEN NOT bool_or(blocked IS NULL) THEN false END AS yes
FROM query_table(source) CROSS JOIN (VALUES ('root'), ('any')) d(definition)
GROUP BY ALL;

-- For each answer in a relation like counted_meanings: how much of the first and of the second side of
-- a comparison it blocks, 0 to 1.  A side is one crawler, or a set of them (sets).
CREATE MACRO sides_of(source) AS TABLE
WITH kinds AS (
    SELECT token, CASE WHEN web_archive THEN 'web archives'
                       WHEN openness = 'open' THEN 'open data'
                       WHEN purpose = 'training' THEN 'closed training' END AS kind
    FROM crawlers WHERE ai AND reused IS NOT true
), comparisons AS (
    SELECT *, false AS sets
    FROM (VALUES ('CCBot', 'GPTBot'), ('CCBot', 'ClaudeBot'), ('CCBot', 'Google-Extended'),
                 ('CCBot', 'meta-externalagent'), ('CCBot', 'Bytespider'), ('CCBot', 'Amazonbot'),
                 ('CCBot', 'Applebot-Extended'), ('CCBot', 'Googlebot'), ('GPTBot', 'Googlebot'),
                 ('archive.org_bot', 'CCBot'), ('archive.org_bot', 'GPTBot')) p(one, other)
    UNION ALL
    SELECT *, true
    FROM (VALUES ('open data', 'closed training'), ('web archives', 'closed training'),
                 ('web archives', 'open data')) p(one, other)
), sides AS (
    SELECT one || ' - ' || other AS comparison, sets, true AS is_first, token
    FROM comparisons JOIN kinds ON one = CASE WHEN sets THEN kind ELSE token END
    UNION ALL
    SELECT one || ' - ' || other, sets, false, token
    FROM comparisons JOIN (SELECT token, NULL AS kind FROM crawlers WHERE NOT ai
                           UNION ALL FROM kinds) k
        ON other = CASE WHEN sets THEN kind ELSE token END
)
SELECT snapshot_date, answer, comparison, sets,
       count(*) FILTER (is_first AND blocked) / nullif(count(blocked) FILTER (is_first), 0)
           AS first,
       count(*) FILTER (NOT is_first AND blocked) / nullif(count(blocked) FILTER (NOT is_first), 0)
           AS second,
       count(*) FILTER (is_first) AS first_crawlers,
       count(*) FILTER (NOT is_first) AS second_crawlers
FROM query_table(source) JOIN sides USING (token)
GROUP BY ALL
HAVING first_crawlers > 0 AND second_crawlers > 0;

-- The crawlers that must both be let in where search is let in.
CREATE MACRO classic_search() AS TABLE FROM (VALUES ('Googlebot'), ('bingbot')) s(token);

-- The web archives and Common Crawl, each with its crawlers.  token is '' for all crawlers of an
-- archive; an archive that has several is also a row for each of them.
CREATE VIEW archive_crawlers AS
WITH archives AS (
    SELECT token AS crawler, web_archive,
           CASE WHEN national_library THEN 'national libraries' ELSE coalesce(operator, token) END
               AS archive
    FROM crawlers WHERE web_archive OR token = 'CCBot'
)
SELECT archive, '' AS token, crawler FROM archives
UNION ALL
SELECT archive, crawler, crawler FROM archives
QUALIFY count(*) OVER (PARTITION BY archive) > 1
UNION ALL
SELECT 'any web archive', '', crawler FROM archives WHERE web_archive;

-- For each answer in a relation like counted_meanings: does it block a web archive, and how?  An
-- archive of several crawlers is blocked where one of them is.  Any web archive has a row even where
-- no crawler of one was documented, and is unknown then.
CREATE MACRO archives_of(source) AS TABLE
WITH search AS (
    SELECT snapshot_date, answer, bool_or(blocked) AS shut
    FROM query_table(source) WHERE token IN (FROM classic_search()) GROUP BY ALL
), sets AS (
    SELECT m.snapshot_date, m.answer, a.archive, a.token, count(*) AS crawlers,
           bool_or(m.blocked) AS one, bool_or(m.blocked AND m.basis IN ('named', 'fallback')) AS named,
           bool_or(m.blocked IS NULL) AS lacking
    FROM query_table(source) m JOIN archive_crawlers a ON a.crawler = m.token
    GROUP BY ALL
), all_sets AS (
    FROM sets
    UNION ALL BY NAME
    SELECT DISTINCT snapshot_date, answer, 'any web archive' AS archive, '' AS token,
           0 AS crawlers, true AS lacking
    FROM query_table(source)
    WHERE snapshot_date NOT IN (SELECT snapshot_date FROM sets WHERE archive = 'any web archive')
), known AS (
    SELECT *, CASE WHEN one THEN true WHEN NOT lacking THEN false END AS blocked,
           CASE WHEN named THEN true WHEN NOT lacking THEN false END AS by_name
    FROM all_sets
)
SELECT k.snapshot_date, k.answer, archive, token, crawlers, m.measure, m.yes
FROM known k
LEFT JOIN search s ON s.snapshot_date = k.snapshot_date AND s.answer IS NOT DISTINCT FROM k.answer,
LATERAL (VALUES ('blocked', blocked), ('blocked by name', by_name),
                ('blocked, search let in', blocked AND NOT s.shut)) m(measure, yes);

-- For each answer in a relation like counted_meanings: whom it blocks while it lets others in.
CREATE MACRO selections_of(source) AS TABLE
WITH sides AS (
    SELECT m.snapshot_date, m.answer,
           bool_and(blocked IS NOT NULL) AS known,
           coalesce(bool_or(blocked) FILTER (m.token IN (FROM classic_search())), false) AS search,
           coalesce(bool_or(blocked) FILTER (m.ai AND m.purpose = 'training'), false) AS training,
           coalesce(bool_or(blocked) FILTER (m.ai AND m.purpose = 'ai_search'), false) AS ai_search,
           coalesce(bool_or(blocked AND basis IN ('named', 'fallback'))
               FILTER (k.openness = 'open' AND k.ai), false) AS open_named,
           coalesce(bool_or(blocked) FILTER (k.web_archive), false) AS archives,
           coalesce(bool_or(blocked) FILTER (k.openness = 'open' AND k.ai
               AND k.web_archive IS NOT true), false) AS open_data,
           coalesce(bool_or(blocked AND basis = 'named') FILTER (m.token = 'CCBot'), false) AS ccbot,
           count(*) FILTER (blocked AND k.ai AND m.token <> 'CCBot') AS others,
           count(*) FILTER (blocked AND k.ai AND basis IN ('named', 'fallback')) AS named,
           bool_and(blocked) FILTER (k.wildcard IS NOT false) AS everything
    FROM query_table(source) m JOIN crawlers k ON k.token = m.token
    GROUP BY ALL
)
SELECT snapshot_date, answer, k.selection, CASE WHEN known THEN k.yes END AS yes
FROM sides,
LATERAL (VALUES
    ('training blocked, search let in', training AND NOT search),
    ('AI search blocked, search let in', ai_search AND NOT search),
    ('open data blocked, search let in', open_data AND NOT search),
    ('web archives blocked, search let in', archives AND NOT search),
    ('open data or archives named, search let in', open_named AND NOT search),
    ('open data named in a list of ten or more', open_named AND named >= 10),
    ('only Common Crawl', ccbot AND others = 0),
    ('everything', everything)
) k(selection, yes);

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

-- Hosts counted by what they answered in a sound snapshot and in the sound ones before.
CREATE VIEW transition_counts AS
WITH sound AS (
    FROM points WHERE population = 'captured' OR snapshot NOT IN (FROM left_out_snapshots)
)
SELECT CAST(population AS VARCHAR) AS population, CAST(snapshot AS VARCHAR) AS snapshot,
       snapshot_date, CAST(stratum AS VARCHAR) AS stratum,
       CAST(answer_before AS VARCHAR) AS answer_before, CAST(answer AS VARCHAR) AS answer,
       CAST(sum(hosts) AS BIGINT) AS hosts, sum(weight * hosts) AS weight,
       sum(CAST(weight * weight AS DECIMAL(38, 6)) * hosts) AS weight_squared
FROM (
    SELECT population, snapshot, snapshot_date, stratum, answer_before, answer, weight,
           count(*) AS hosts
    FROM readable_in('sound') WHERE answer_before IS NOT NULL GROUP BY ALL
)
GROUP BY ALL;

-- Where / of a host closed or opened to a crawler, between one readable capture and the next.
CREATE MACRO changes_in(source) AS TABLE
WITH readable_captures AS MATERIALIZED (  -- once: to plan it takes DuckDB 1.5 as long as all the rest
    FROM readable_in(source)
), steps AS (
    SELECT DISTINCT answer_before, answer FROM readable_captures WHERE answer_before <> answer
), arrivals AS MATERIALIZED (  -- or DuckDB 1.5 joins all answers with all answers first
    SELECT t.answer_before, m.* FROM steps t JOIN meanings m ON m.answer = t.answer
), flips AS (
    SELECT a.answer_before, a.answer, a.token, k.documented_since,
           CASE WHEN a.blocked THEN 'started' ELSE 'stopped' END AS transition,
           b.restriction AS from_restriction, a.restriction AS to_restriction,
           b.basis AS from_basis, a.basis AS to_basis,
           coalesce(a.authored_by, b.authored_by) AS authored_by, a.ruleset
    FROM arrivals a
    JOIN meanings b ON b.answer = a.answer_before AND b.token = a.token
    JOIN crawlers k ON k.token = a.token
    WHERE a.blocked <> b.blocked
)
SELECT r.population, r.http_profile, r.snapshot, r.snapshot_date, r.host, r.stratum, r.weight, f.token,
       f.transition, r.time_before AS after, r.time AS before, f.from_restriction, f.to_restriction,
       f.from_basis, f.to_basis, f.authored_by, f.ruleset
FROM readable_captures r
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

COMMENT ON COLUMN meanings.answer IS 'A policy, or an HTTP status where no rules were read, as in population.';
COMMENT ON COLUMN meanings.blocked IS 'Whether robots.txt forbids /, as headlines count it: an outage leaves it unknown, another status says that there are no rules.';
COMMENT ON COLUMN meanings.rules IS 'The restriction by robots.txt alone, counted in the same way.';
COMMENT ON COLUMN meanings.basis IS 'named, wildcard, default, absent (no robots.txt), http (the status decided) or unknown.';
COMMENT ON VIEW not_open IS 'The crawlers that an answer blocks or may block; it lets all others in.';
COMMENT ON VIEW alike_answers IS 'For each answer the first one that blocks the same crawlers on the same basis.';
COMMENT ON VIEW counted_meanings IS 'What the answers given at a date mean for each crawler counted then.';
COMMENT ON VIEW transition_counts IS 'readable of sound snapshots, counted: hosts and weights by answer and the answer before, where there is one.';
COMMENT ON VIEW listed IS 'The hosts that are followed one by one: at most 20,000 of each population.';
COMMENT ON MACRO TABLE readable_in IS 'readable of any relation like population, given by name.';
COMMENT ON MACRO TABLE changes_in IS 'changes of any relation like population, given by name.';
COMMENT ON VIEW meanings IS 'What an answer (a policy, or a status where no rules were read) means for each crawler.';
COMMENT ON VIEW access_counts IS 'access, counted: hosts and weights by snapshot, stratum, crawler and verdict.';
COMMENT ON VIEW verdict_counts IS 'access_counts without the rule sets.';
COMMENT ON MACRO TABLE any_blocked_of IS 'Whether an answer blocks at least one crawler of each kind.';
COMMENT ON MACRO TABLE sides_of IS 'How much an answer blocks of each of two crawlers, or of two sets of them, that gap compares.';
COMMENT ON MACRO TABLE classic_search IS 'The crawlers that must both be let in where search is let in.';
COMMENT ON VIEW archive_crawlers IS 'The web archives and Common Crawl, each with its crawlers.';
COMMENT ON COLUMN archive_crawlers.archive IS 'Its operator; national libraries: all of them; any web archive: all but Common Crawl.';
COMMENT ON COLUMN archive_crawlers.token IS 'Empty for all crawlers of the archive together; else the crawler that a row is about.';
COMMENT ON COLUMN archive_crawlers.crawler IS 'Product token of a crawler that counts.';
COMMENT ON MACRO TABLE archives_of IS 'Whether an answer blocks each web archive, by name, and while it lets search in.';
COMMENT ON MACRO TABLE selections_of IS 'Whom an answer blocks while it lets others in.';
COMMENT ON VIEW readable IS 'The captures whose answer is known, in order of time, with the one before.';
COMMENT ON VIEW changes IS 'Transitions: where a host started or stopped blocking a crawler between one readable capture and the next, and who wrote the rule.';
