-- What the metrics share: which hosts results are about, what an answer means, how a share is estimated.
-- SET VARIABLE http_profile = 'ccbot' reads HTTP statuses as Common Crawl's crawler does, not as RFC 9309.

CREATE MACRO http_profile() AS coalesce(getvariable('http_profile'), 'rfc9309');

-- The crawls of the demo are reconstructed: their texts say what the real ones meant and stated, in
-- other lines, so which texts are alike is not known.
CREATE MACRO is_demo(name) AS starts_with(name, 'DEMO-');

-- An outage is no block: of a host whose server answers by 429 or 5xx the rules are unknown.  Other
-- statuses say that there are no rules to follow, whatever an HTTP profile makes of them.
CREATE MACRO rules_known(status) AS status <> 429 AND status < 500;

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

-- The cells of a panel's list by host.  A cell may name several segments with `;`, each with the days on
-- which the host belonged to it: `top sites 2022-08-07/2024-07-12`.  Without days it always did.
-- A segment that is a simple random sample names the size of what it was sampled from:
-- `US government (sample of 7585)`.
CREATE VIEW list_cells AS
WITH cells AS (
    SELECT p.host, c.column_name AS dimension, trim(s.cell) AS cell,
           regexp_extract(trim(s.cell), '^(.*\S)\s+(\d{4}-\d\d-\d\d)(?:/(\d{4}-\d\d-\d\d))?$',
                          ['segment', 'since', 'until']) AS dated
    FROM panel_columns c
    JOIN current_panel p ON p.panel = c.panel AND p.domain = c.domain,
    LATERAL (SELECT unnest(string_split(c.value, ';')) AS cell) s
    WHERE trim(s.cell) <> ''
), named AS (
    SELECT host, dimension, dated, coalesce(nullif(dated.segment, ''), cell) AS name,
           regexp_extract(name, '^(.*\S)\s+\(sample of (\d{1,9})\)$',
                          ['segment', 'hosts']) AS sampled
    FROM cells
)
SELECT DISTINCT host, dimension, coalesce(nullif(sampled.segment, ''), name) AS segment,
       coalesce(TRY_CAST(dated.since AS DATE), DATE '-infinity') AS since,
       coalesce(TRY_CAST(coalesce(nullif(dated.until, ''), dated.since) AS DATE), DATE 'infinity')
           AS until,
       TRY_CAST(sampled.hosts AS BIGINT) AS sampled_from
FROM named;

-- The panel's hosts that are not followed in a snapshot, as its day is outside of all that their list gives
-- them: they are not asked then, and not unknown either.
CREATE VIEW unfollowed AS
WITH dated AS MATERIALIZED (
    SELECT DISTINCT host, since, until FROM list_cells WHERE isfinite(since) OR isfinite(until)
)
SELECT s.snapshot, d.host
FROM (SELECT snapshot, CAST(first_capture AS DATE) AS day FROM snapshots) s CROSS JOIN dated d
WHERE s.day IS NOT NULL
GROUP BY s.snapshot, d.host HAVING NOT bool_or(s.day BETWEEN d.since AND d.until);

-- What a snapshot knows about the robots.txt of a host: captures, with numbers in place of names and
-- without what only evidence needs, since results look at every one.
CREATE VIEW robots_captures AS
SELECT c.snapshot, c.host, time_within(s.kind, l.fetch_time, s.first_capture, s.last_capture)
           AS fetch_time, l.status, c.outcome, p.text
FROM conclusions.captures c
JOIN kept_snapshots s ON s.id = c.snapshot
LEFT JOIN (
    SELECT id, fetch_time, status, CASE WHEN ended IS NULL THEN payload END AS payload
    FROM facts.fetches
) l ON l.id = c.last
LEFT JOIN facts.payloads p ON p.id = l.payload
WHERE c.resource = '/robots.txt';

-- How far each snapshot is of the panel: a crawl or live run that asked one of the current panel's
-- hosts, or an import within it, is; other snapshots stand for the hosts they captured.
CREATE VIEW scopes AS
SELECT s.id, s.snapshot, s.kind, s.first_capture,
       bool_or(m.host IS NOT NULL)
           AND (s.kind <> 'import' OR bool_and(m.host IS NOT NULL)) AS of_panel,
       count(m.host) - count(u.host) AS asked,
       any_value(p.members) - coalesce(any_value(n.members), 0) AS members
FROM kept_snapshots s
JOIN conclusions.captures c ON c.snapshot = s.id AND c.resource = '/robots.txt'
LEFT JOIN (SELECT DISTINCT h.id AS host FROM current_panel JOIN facts.hosts h USING (host)) m
    ON m.host = c.host
LEFT JOIN (SELECT u.snapshot, h.id AS host FROM unfollowed u JOIN facts.hosts h USING (host)) u
    ON u.snapshot = s.snapshot AND u.host = c.host
LEFT JOIN (SELECT snapshot, count(*) AS members FROM unfollowed GROUP BY snapshot) n
    ON n.snapshot = s.snapshot
CROSS JOIN (SELECT count(DISTINCT host) AS members FROM current_panel) p
GROUP BY s.id, s.snapshot, s.kind, s.first_capture;

-- Crawls and live runs that have not asked all of the panel yet: what they have is no fair sample of
-- it, for hosts are asked in the order of the index, so shares leave them out.
CREATE VIEW incomplete_snapshots AS
SELECT snapshot, asked, members FROM scopes
WHERE kind <> 'import' AND asked > 0 AND asked < members;

-- The hosts of the panel, and those captured outside of it; a number is shorter than a name.
CREATE VIEW hosts AS
SELECT CAST(row_number() OVER (ORDER BY of_panel, host) AS INTEGER) AS number, *
FROM (
    SELECT true AS of_panel, p.host, min(p.stratum) AS stratum,
           CAST(max(p.weight) AS DECIMAL(19, 6)) AS weight,  -- decimals add up in any order,
           -- and squares of 18 digits would overflow
           any_value(h.id) AS id
    FROM current_panel p LEFT JOIN facts.hosts h ON h.host = p.host GROUP BY p.host
    UNION ALL
    SELECT false, h.host, 'all', 1, h.id
    FROM facts.hosts h
    SEMI JOIN (
        SELECT c.host
        FROM scopes s
        JOIN conclusions.captures c ON c.snapshot = s.id AND c.resource = '/robots.txt'
        WHERE NOT s.of_panel
    ) c ON c.host = h.id
);

-- The hosts of the domains that have weights: the domain itself and its www.  www.gov.uk is a
-- registered domain itself.
CREATE VIEW weighted_hosts AS
WITH domains AS (SELECT DISTINCT domain FROM weights)
SELECT h.number AS host, h.of_panel, d.domain FROM hosts h JOIN domains d ON d.domain = h.host
UNION ALL
SELECT h.number, h.of_panel, d.domain FROM hosts h JOIN domains d ON 'www.' || d.domain = h.host;

-- The hosts that results are about: a row per snapshot and host, also for the panel's hosts without a capture.
-- A host that its list gives days is there on these days alone.
-- Hosts captured outside of the panel have weight 1. The two populations are never one series.
CREATE VIEW population AS
WITH scope AS (  -- each is planned once
    FROM scopes
), host AS (
    FROM hosts
), lacking AS (
    SELECT * FROM scope WHERE of_panel AND asked < members
), found AS (  -- one by one, or DuckDB 1.5 joins all hosts with all snapshots first
    SELECT s.*, h.number, h.host, h.stratum, h.weight, c.fetch_time, c.outcome, c.status, c.text
    FROM robots_captures c
    JOIN scope s ON s.id = c.snapshot AND s.of_panel
    JOIN host h ON h.id = c.host AND h.of_panel
    UNION ALL
    SELECT s.*, h.number, h.host, h.stratum, h.weight, c.fetch_time, c.outcome, c.status, c.text
    FROM robots_captures c
    JOIN scope s ON s.id = c.snapshot AND NOT s.of_panel
    JOIN host h ON h.id = c.host AND NOT h.of_panel
    UNION ALL BY NAME
    SELECT s.*, h.number, h.host, h.stratum, h.weight, 'not_captured' AS outcome
    FROM lacking s
    JOIN host h ON h.of_panel
    ANTI JOIN (FROM robots_captures WHERE snapshot IN (SELECT id FROM lacking)) c
        ON c.snapshot = s.id AND c.host = h.id
), texts AS (
    SELECT j.text, q.policy,
           j.policy IN (SELECT policy FROM conclusions.verdicts WHERE root_allowed IS NOT NULL)
               AS known
    FROM conclusions.judgements j JOIN conclusions.policies q ON q.id = j.policy
), statuses AS (
    SELECT status, bool_or(root_allowed IS NOT NULL) AND rules_known(status) AS known
    FROM http_profiles WHERE http_profile = http_profile() GROUP BY status
)
SELECT CASE WHEN f.of_panel THEN 'panel' ELSE 'captured' END AS population,
       http_profile() AS http_profile,
       f.snapshot, f.kind, CAST(f.first_capture AS DATE) AS snapshot_date, f.host, f.stratum,
       f.weight, coalesce(f.fetch_time, f.first_capture) AS time, f.outcome,
       CASE WHEN f.text IS NULL THEN 'http ' || f.status
            WHEN f.outcome = 'ok' THEN y.policy END AS answer,
       coalesce(CASE WHEN f.text IS NULL THEN h.known
                     WHEN f.outcome = 'ok' THEN y.known END, false) AS known,
       f.number, CASE WHEN f.outcome = 'ok' THEN f.text END AS text
FROM found f
ANTI JOIN (SELECT *, true AS of_panel FROM unfollowed) u  -- equal columns alone: joined by hash
    ON u.of_panel = f.of_panel AND u.snapshot = f.snapshot AND u.host = f.host
LEFT JOIN texts y ON y.text = f.text
LEFT JOIN statuses h ON h.status = f.status;

-- The population with its hosts as numbers, for what must look at every host.
CREATE VIEW points AS
SELECT population, snapshot, snapshot_date, number AS host, stratum, weight, time, outcome, answer,
       known, text
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

COMMENT ON VIEW incomplete_snapshots IS 'Crawls and live runs that have not asked all of the current panel; shares leave them out.';
COMMENT ON VIEW left_out_snapshots IS 'The snapshots that shares leave out: incomplete and suspect ones.';
COMMENT ON VIEW suspect_snapshots IS 'Crawls and live runs that look like a network or collection failure, with the reason; shares and changes leave them out until they are accepted.';
COMMENT ON VIEW bodies IS 'The payloads to read, or the texts that scans kept of them.';
COMMENT ON VIEW robots_captures IS 'What snapshots know about the robots.txt of hosts, in numbers.';
COMMENT ON VIEW population IS 'The hosts that results are about: a row per snapshot and host, with and without a capture.';
COMMENT ON COLUMN population.population IS 'panel, or captured: a host outside of the panel; the two are never combined in one series.';
COMMENT ON COLUMN population.http_profile IS 'How HTTP statuses are read: rfc9309 or ccbot.';
COMMENT ON COLUMN population.snapshot_date IS 'Day of the snapshot''s first capture.';
COMMENT ON COLUMN population.stratum IS 'The band of the frame the host was sampled from; all outside of the panel.';
COMMENT ON COLUMN population.weight IS '1 / inclusion probability; 1 outside of the panel.';
COMMENT ON COLUMN population.time IS 'When the answer was fetched; the snapshot''s first capture where there is none.';
COMMENT ON COLUMN population.answer IS 'What was answered, by what it means: a policy, or an HTTP status where no rules were read; empty if neither is known, which does not mean that crawling is allowed.';
COMMENT ON COLUMN population.known IS 'Whether we know what the answer means; if not, every crawler''s restriction is unknown.';
COMMENT ON COLUMN population.number IS 'Number of the host in the view hosts.';
COMMENT ON COLUMN population.text IS 'Number of the text that was read as the robots.txt; empty if there was none.';
COMMENT ON VIEW list_cells IS 'What the list of the current panel says of its hosts, by segment and days.';
COMMENT ON COLUMN list_cells.since IS 'First day on which the host belonged to the segment; -infinity: it always did.';
COMMENT ON COLUMN list_cells.sampled_from IS 'How many hosts the segment was sampled from; empty: it was not, or its list does not say.';
COMMENT ON COLUMN list_cells.until IS 'Last day on which the host belonged to the segment; infinity: it still does.';
COMMENT ON COLUMN scopes.id IS 'Number of the snapshot in facts.snapshots.';
COMMENT ON VIEW unfollowed IS 'The panel''s hosts in snapshots outside of the days that their list gives them.';
COMMENT ON VIEW scopes IS 'Whether a snapshot is of the current panel, and how many of the hosts followed then it asked.';
COMMENT ON VIEW hosts IS 'The hosts that results are about, numbered.';
COMMENT ON COLUMN hosts.id IS 'Number of the host in facts.hosts; empty if no snapshot has it.';
COMMENT ON VIEW weighted_hosts IS 'The hosts of the domains that have weights.';
COMMENT ON COLUMN weighted_hosts.host IS 'Number of the host in the view hosts.';
COMMENT ON VIEW points IS 'The population with its hosts as numbers.';
COMMENT ON VIEW point_counts IS 'The population counted: hosts and weights by snapshot, stratum, outcome and answer.';
COMMENT ON MACRO http_profile IS 'How HTTP statuses are read: the variable http_profile, else rfc9309.';
COMMENT ON MACRO wilson_low IS 'Lower end of Wilson''s 95 % interval of share p among n.';
COMMENT ON MACRO wilson_high IS 'Upper end of Wilson''s 95 % interval of share p among n.';
COMMENT ON MACRO stratified_share IS 'Share over strata, each counting as all its hosts.';
COMMENT ON MACRO effective_n IS 'Kish''s effective sample size over strata.';
COMMENT ON MACRO rules_known IS 'Whether a status shows that there are no rules; an outage does not.';
