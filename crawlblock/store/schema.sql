-- The database, top to bottom: facts, conclusions, questions.
-- Every time is UTC without a zone; every length and offset is in bytes.

CREATE TABLE schema_version (version INTEGER NOT NULL);
INSERT INTO schema_version VALUES (3);
COMMENT ON TABLE schema_version IS 'The layout of this database; a newer one is refused.';
COMMENT ON COLUMN schema_version.version IS 'Raised with every change of a table.';

-- Facts: what was captured. Nothing here is ever changed or deleted.

CREATE TABLE snapshots (
    snapshot      VARCHAR PRIMARY KEY,
    kind          VARCHAR NOT NULL CHECK (kind IN ('crawl', 'live', 'import')),
    first_capture TIMESTAMP,
    last_capture  TIMESTAMP
);
COMMENT ON TABLE snapshots IS 'A point of the time axis: a crawl, a live run or an import.';
COMMENT ON COLUMN snapshots.snapshot IS 'Name: CC-MAIN-2025-33, 2025-08, ...';
COMMENT ON COLUMN snapshots.kind IS 'crawl, live or import.';
COMMENT ON COLUMN snapshots.first_capture IS 'Time of the first capture: the crawl''s own, else the earliest stored.';
COMMENT ON COLUMN snapshots.last_capture IS 'Time of the last capture: the crawl''s own, else the latest stored.';

CREATE TABLE panels (
    panel VARCHAR PRIMARY KEY,
    frame VARCHAR NOT NULL,
    seed  VARCHAR,
    drawn TIMESTAMP NOT NULL
);
COMMENT ON TABLE panels IS 'How each panel was drawn.';
COMMENT ON COLUMN panels.panel IS 'Name of the panel.';
COMMENT ON COLUMN panels.frame IS 'Where its domains come from: a crawl''s index, a ranking, a list.';
COMMENT ON COLUMN panels.seed IS 'Seed of the draw; empty for a list taken whole.';
COMMENT ON COLUMN panels.drawn IS 'When it was drawn; the newest panel is the current one.';

CREATE TABLE panel (
    panel         VARCHAR NOT NULL,
    domain        VARCHAR NOT NULL,
    host          VARCHAR NOT NULL,
    fallback_host VARCHAR,
    stratum       VARCHAR NOT NULL,
    rank          BIGINT,
    weight        DOUBLE NOT NULL,
    position      BIGINT NOT NULL,
    PRIMARY KEY (panel, domain, host)
);
COMMENT ON TABLE panel IS 'The followed domains.';
COMMENT ON COLUMN panel.panel IS 'Which panel.';
COMMENT ON COLUMN panel.domain IS 'Registered domain, the sampling unit; of a list, the entry as given.';
COMMENT ON COLUMN panel.host IS 'The host that stands for it.';
COMMENT ON COLUMN panel.fallback_host IS 'Stands in where host has no capture in a snapshot; captures.url_asked tells.';
COMMENT ON COLUMN panel.stratum IS 'The band of the frame it was drawn from.';
COMMENT ON COLUMN panel.rank IS 'Its rank in the frame, 1 first; empty if the frame has none.';
COMMENT ON COLUMN panel.weight IS '1 / inclusion probability.';
COMMENT ON COLUMN panel.position IS 'Its place in the seeded draw of its stratum, from 0; a larger panel keeps the smaller one.';

CREATE TABLE captures (
    snapshot    VARCHAR NOT NULL,
    host        VARCHAR NOT NULL,
    resource    VARCHAR NOT NULL,
    domain      VARCHAR,
    url_asked   VARCHAR,
    url         VARCHAR,
    hops        INTEGER NOT NULL,
    fetch_time  TIMESTAMP,
    status      INTEGER,
    outcome     VARCHAR NOT NULL,
    digest      VARCHAR,
    headers     VARCHAR,
    warc_file   VARCHAR,
    warc_offset BIGINT,
    warc_length BIGINT,
    PRIMARY KEY (snapshot, host, resource)
);
COMMENT ON TABLE captures IS 'One asking for one resource of one host at one time, and what came of it. Of several in one crawl or file the newest good one is kept, https before http at the same time; of several files or runs, the first.';
COMMENT ON COLUMN captures.snapshot IS 'The point of the time axis.';
COMMENT ON COLUMN captures.host IS 'The host asked for.';
COMMENT ON COLUMN captures.resource IS 'The path asked for: /robots.txt, or / where live --probe-page asked for the home page.';
COMMENT ON COLUMN captures.domain IS 'Registered domain of the host; empty for an IP address.';
COMMENT ON COLUMN captures.url_asked IS 'First URL of the chain; its host is the fallback host where that stood in.';
COMMENT ON COLUMN captures.url IS 'URL that answered, after redirects.';
COMMENT ON COLUMN captures.hops IS 'Redirects followed.';
COMMENT ON COLUMN captures.fetch_time IS 'When the last answer was fetched.';
COMMENT ON COLUMN captures.status IS 'HTTP status of the last answer; empty if there was none.';
COMMENT ON COLUMN captures.outcome IS 'How the capture ended: ok, absent, refused, not_robots, not_captured, ...';
COMMENT ON COLUMN captures.digest IS 'Digest of the payload, where one is stored.';
COMMENT ON COLUMN captures.headers IS 'Response headers kept, as a JSON object.';
COMMENT ON COLUMN captures.warc_file IS 'WARC file that holds the last answer.';
COMMENT ON COLUMN captures.warc_offset IS 'Where its record begins in that file.';
COMMENT ON COLUMN captures.warc_length IS 'Length of the record as stored.';

CREATE TABLE payloads (
    digest          VARCHAR PRIMARY KEY,
    bytes           BIGINT NOT NULL,
    body            BLOB,
    policy          VARCHAR,
    ambiguous_group BOOLEAN,
    template        VARCHAR,
    text            VARCHAR
);
COMMENT ON TABLE payloads IS 'The bytes that answered, once each, with what they were found to mean.';
COMMENT ON COLUMN payloads.digest IS 'sha1: and the base32 of the payload''s SHA-1, as in WARC.';
COMMENT ON COLUMN payloads.bytes IS 'Length of the payload.';
COMMENT ON COLUMN payloads.body IS 'The payload, compressed by zlib; empty where only its text is kept.';
COMMENT ON COLUMN payloads.policy IS 'Conclusion: what it means; empty until evaluated.';
COMMENT ON COLUMN payloads.ambiguous_group IS 'Conclusion: a registered crawler''s groups are joined over a Crawl-delay or unknown line, which owners may not have meant.';
COMMENT ON COLUMN payloads.template IS 'Conclusion: the templates whose marks stand in it, with commas; empty if none is known.';
COMMENT ON COLUMN payloads.text IS 'The text that is judged in its place, where a scan kept one.';

CREATE TABLE texts (
    text            VARCHAR PRIMARY KEY,
    rules           BLOB NOT NULL,
    policy          VARCHAR,
    ambiguous_group BOOLEAN,
    template        VARCHAR
);
COMMENT ON TABLE texts IS 'What scans keep of payloads: the first 500 KiB with lines emptied that mean nothing, such as Sitemap. Payloads that differ in nothing else share one, and it means and states what they do.';
COMMENT ON COLUMN texts.text IS 'Digest of the text, in hexadecimal.';
COMMENT ON COLUMN texts.rules IS 'The text, compressed by zlib; its lines have the numbers that they have in the payload.';
COMMENT ON COLUMN texts.policy IS 'Conclusion: what it means; empty until evaluated.';
COMMENT ON COLUMN texts.ambiguous_group IS 'Conclusion: as in payloads.';
COMMENT ON COLUMN texts.template IS 'Conclusion: as in payloads.';

CREATE TABLE scans (
    snapshot VARCHAR PRIMARY KEY,
    seed     VARCHAR NOT NULL,
    share    DOUBLE NOT NULL,
    planned  BIGINT NOT NULL,
    of       BIGINT NOT NULL,
    rules    VARCHAR NOT NULL,
    settled  VARCHAR
);
COMMENT ON TABLE scans IS 'The scanned crawls, each by one plan.';
COMMENT ON COLUMN scans.snapshot IS 'The crawl.';
COMMENT ON COLUMN scans.seed IS 'Seed that drew its files.';
COMMENT ON COLUMN scans.share IS 'Share of its files that was to be drawn.';
COMMENT ON COLUMN scans.planned IS 'Files the plan reads.';
COMMENT ON COLUMN scans.of IS 'Robotstxt files of the crawl.';
COMMENT ON COLUMN scans.rules IS 'Digest of the registry and rules its shards were read with.';
COMMENT ON COLUMN scans.settled IS 'What decided which captures count; empty while shards are being merged.';

CREATE TABLE scanned_shards (
    snapshot VARCHAR NOT NULL,
    shard    VARCHAR NOT NULL,
    captures BIGINT NOT NULL,
    bytes    BIGINT NOT NULL,
    faults   BIGINT NOT NULL,
    PRIMARY KEY (snapshot, shard)
);
COMMENT ON TABLE scanned_shards IS 'The shards that are merged.';
COMMENT ON COLUMN scanned_shards.snapshot IS 'The crawl.';
COMMENT ON COLUMN scanned_shards.shard IS 'Name of the shard.';
COMMENT ON COLUMN scanned_shards.captures IS 'Captures in it.';
COMMENT ON COLUMN scanned_shards.bytes IS 'Bytes of the WARC files that were read for it.';
COMMENT ON COLUMN scanned_shards.faults IS 'Places in them that could not be read.';

CREATE TABLE scanned_files (
    snapshot  VARCHAR NOT NULL,
    file      INTEGER NOT NULL,
    warc_file VARCHAR NOT NULL,
    shard     VARCHAR NOT NULL,
    PRIMARY KEY (snapshot, file)
);
COMMENT ON TABLE scanned_files IS 'The WARC files of the shards that are merged; of a share of them each is a cluster of hosts.';
COMMENT ON COLUMN scanned_files.snapshot IS 'The crawl.';
COMMENT ON COLUMN scanned_files.file IS 'Its number in this database.';
COMMENT ON COLUMN scanned_files.warc_file IS 'Its key in the archive.';
COMMENT ON COLUMN scanned_files.shard IS 'The shard that holds its captures.';

CREATE TABLE scanned_captures (
    snapshot    VARCHAR NOT NULL,
    host        VARCHAR NOT NULL,
    resource    VARCHAR NOT NULL,
    url         VARCHAR NOT NULL,
    fetch_time  TIMESTAMP,
    status      INTEGER,
    outcome     VARCHAR NOT NULL,
    redirect    VARCHAR,
    digest      VARCHAR,
    bytes       BIGINT,
    text        VARCHAR,
    headers     VARCHAR,
    file        INTEGER NOT NULL,
    warc_offset BIGINT NOT NULL,
    warc_length BIGINT NOT NULL
);
COMMENT ON TABLE scanned_captures IS 'Every capture of the scanned files, also those that a newer one of the same host stands before in captures.';
COMMENT ON COLUMN scanned_captures.snapshot IS 'The crawl.';
COMMENT ON COLUMN scanned_captures.host IS 'The host asked.';
COMMENT ON COLUMN scanned_captures.resource IS 'The path asked for, with its query; another than /robots.txt where a redirect led there.';
COMMENT ON COLUMN scanned_captures.url IS 'The URL asked.';
COMMENT ON COLUMN scanned_captures.fetch_time IS 'When it was fetched.';
COMMENT ON COLUMN scanned_captures.status IS 'HTTP status; empty if there was none.';
COMMENT ON COLUMN scanned_captures.outcome IS 'How this capture alone ended.';
COMMENT ON COLUMN scanned_captures.redirect IS 'Where it sends the crawler, as an absolute URL.';
COMMENT ON COLUMN scanned_captures.digest IS 'Digest of the payload.';
COMMENT ON COLUMN scanned_captures.bytes IS 'Length of the payload.';
COMMENT ON COLUMN scanned_captures.text IS 'The text kept of the payload.';
COMMENT ON COLUMN scanned_captures.headers IS 'Response headers kept, as a JSON object.';
COMMENT ON COLUMN scanned_captures.file IS 'Number of the WARC file.';
COMMENT ON COLUMN scanned_captures.warc_offset IS 'Where its record begins in that file.';
COMMENT ON COLUMN scanned_captures.warc_length IS 'Length of the record as stored.';

CREATE TABLE ranks (
    domain VARCHAR NOT NULL,
    rank   BIGINT NOT NULL
);
COMMENT ON TABLE ranks IS 'A ranking of registered domains, as it was given to scan merge last.';
COMMENT ON COLUMN ranks.domain IS 'Registered domain.';
COMMENT ON COLUMN ranks.rank IS 'Its rank, 1 first.';

CREATE TABLE runs (
    run           VARCHAR PRIMARY KEY,
    command       VARCHAR NOT NULL,
    versions      VARCHAR NOT NULL,
    configuration VARCHAR NOT NULL,
    registry      VARCHAR NOT NULL,
    requests      BIGINT NOT NULL,
    bytes         BIGINT NOT NULL,
    started       TIMESTAMP NOT NULL,
    ended         TIMESTAMP NOT NULL,
    result        VARCHAR NOT NULL
);
COMMENT ON TABLE runs IS 'Every run that wrote here.';
COMMENT ON COLUMN runs.run IS 'Identifier: start time and process.';
COMMENT ON COLUMN runs.command IS 'The command.';
COMMENT ON COLUMN runs.versions IS 'Versions of crawlblock, its libraries and the suffix list, as JSON.';
COMMENT ON COLUMN runs.configuration IS 'Its options, as JSON.';
COMMENT ON COLUMN runs.registry IS 'Digest of the registry and rules it judged with.';
COMMENT ON COLUMN runs.requests IS 'Requests sent.';
COMMENT ON COLUMN runs.bytes IS 'Bytes received.';
COMMENT ON COLUMN runs.started IS 'When it started.';
COMMENT ON COLUMN runs.ended IS 'When it ended.';
COMMENT ON COLUMN runs.result IS 'ok, nothing new, or what went wrong.';

CREATE TABLE accepted (
    snapshot VARCHAR PRIMARY KEY,
    accepted TIMESTAMP NOT NULL,
    reason   VARCHAR NOT NULL
);
COMMENT ON TABLE accepted IS 'Suspect snapshots that a person looked at and counts all the same.';
COMMENT ON COLUMN accepted.snapshot IS 'The snapshot.';
COMMENT ON COLUMN accepted.accepted IS 'When it was accepted.';
COMMENT ON COLUMN accepted.reason IS 'Why, in the person''s words.';

CREATE TABLE weights (
    domain VARCHAR NOT NULL,
    corpus VARCHAR NOT NULL,
    pages  BIGINT,
    bytes  BIGINT,
    tokens BIGINT,
    PRIMARY KEY (domain, corpus)
);
COMMENT ON TABLE weights IS 'How much of a corpus comes from a domain.';
COMMENT ON COLUMN weights.domain IS 'Registered domain; * is the whole corpus.';
COMMENT ON COLUMN weights.corpus IS 'The corpus: a crawl, C4, ...';
COMMENT ON COLUMN weights.pages IS 'Pages.';
COMMENT ON COLUMN weights.bytes IS 'Bytes.';
COMMENT ON COLUMN weights.tokens IS 'Tokens.';

-- Conclusions: recomputed from the facts without a network whenever rules or registry change.

CREATE TABLE census (
    snapshot VARCHAR NOT NULL,
    host     VARCHAR NOT NULL,
    domain   VARCHAR,
    tld      VARCHAR,
    file     INTEGER NOT NULL,
    status   INTEGER,
    outcome  VARCHAR NOT NULL,
    text     VARCHAR,
    provider VARCHAR,
    captures INTEGER NOT NULL,
    digests  INTEGER NOT NULL,
    stands   BOOLEAN NOT NULL,
    siblings INTEGER
);
COMMENT ON TABLE census IS 'The hosts of scanned crawls, each once a crawl, with the capture that counts.';
COMMENT ON COLUMN census.snapshot IS 'The crawl.';
COMMENT ON COLUMN census.host IS 'The host.';
COMMENT ON COLUMN census.domain IS 'Its registered domain; empty for an IP address.';
COMMENT ON COLUMN census.tld IS 'Its top-level domain; empty for an IP address.';
COMMENT ON COLUMN census.file IS 'Number of the WARC file with its capture: the cluster it was drawn in.';
COMMENT ON COLUMN census.status IS 'HTTP status of the last answer; empty if there was none.';
COMMENT ON COLUMN census.outcome IS 'How the capture ended.';
COMMENT ON COLUMN census.text IS 'The text that answered, where there is a payload.';
COMMENT ON COLUMN census.provider IS 'Whose infrastructure answered, as the headers tell; empty if they do not.';
COMMENT ON COLUMN census.captures IS 'How often the scanned files have its /robots.txt.';
COMMENT ON COLUMN census.digests IS 'Distinct payloads among them: more than one where the text changed or flaps.';
COMMENT ON COLUMN census.stands IS 'Whether it stands for its registered domain: the domain itself, else its www, else the host with the shortest name, the first by alphabet.';
COMMENT ON COLUMN census.siblings IS 'Hosts of its registered domain in the scanned files, itself included; empty for an IP address.';

CREATE TABLE crawlers (
    token            VARCHAR PRIMARY KEY,
    operator         VARCHAR,
    purpose          VARCHAR,
    openness         VARCHAR,
    ai               BOOLEAN NOT NULL,
    documented_since DATE,
    retired          DATE,
    url              VARCHAR
);
COMMENT ON TABLE crawlers IS 'The registered crawlers; * is the crawler that nobody names.';
COMMENT ON COLUMN crawlers.token IS 'Product token it answers to in robots.txt.';
COMMENT ON COLUMN crawlers.operator IS 'Who runs it.';
COMMENT ON COLUMN crawlers.purpose IS 'training, search, assistant or archive; empty if unknown.';
COMMENT ON COLUMN crawlers.openness IS 'open: its collection is open to all; closed: it is its operator''s own.';
COMMENT ON COLUMN crawlers.ai IS 'False for the search and social crawlers kept for comparison.';
COMMENT ON COLUMN crawlers.documented_since IS 'Day since which the operator documents it; empty if unknown.';
COMMENT ON COLUMN crawlers.retired IS 'Day since which it is out of use.';
COMMENT ON COLUMN crawlers.url IS 'Where it is documented.';

CREATE TABLE policies (
    policy   VARCHAR PRIMARY KEY,
    registry VARCHAR NOT NULL
);
COMMENT ON TABLE policies IS 'One row per distinct vector of verdicts.';
COMMENT ON COLUMN policies.policy IS 'Digest of the vector and of the registry it is for.';
COMMENT ON COLUMN policies.registry IS 'Digest of the registry and rules it was judged with.';

CREATE TABLE verdicts (
    policy       VARCHAR NOT NULL,
    token        VARCHAR NOT NULL,
    restriction  VARCHAR NOT NULL,
    basis        VARCHAR NOT NULL,
    root_allowed BOOLEAN,
    authored_by  VARCHAR,
    decision     VARCHAR,
    PRIMARY KEY (policy, token)
);
COMMENT ON TABLE verdicts IS 'What a policy means for each crawler.';
COMMENT ON COLUMN verdicts.policy IS 'The policy.';
COMMENT ON COLUMN verdicts.token IS 'The crawler.';
COMMENT ON COLUMN verdicts.restriction IS 'none, partial, all_but, full or unknown.';
COMMENT ON COLUMN verdicts.basis IS 'named, wildcard, default or unknown.';
COMMENT ON COLUMN verdicts.root_allowed IS 'Whether / may be fetched; empty if it cannot be told.';
COMMENT ON COLUMN verdicts.authored_by IS 'Whose text made it: a template, own (the site''s own text) or wildcard; empty where nothing is refused.';
COMMENT ON COLUMN verdicts.decision IS 'Digest of the normalised groups that refuse /: hosts with the same have copied one decision; empty where / is not refused.';

CREATE TABLE templates (
    template VARCHAR PRIMARY KEY,
    title    VARCHAR NOT NULL,
    vendor   VARCHAR NOT NULL,
    kind     VARCHAR NOT NULL,
    act      VARCHAR NOT NULL,
    evidence VARCHAR NOT NULL,
    source   VARCHAR
);
COMMENT ON TABLE templates IS 'The texts that are known to be shared by unrelated hosts.';
COMMENT ON COLUMN templates.template IS 'Its name, as in authored_by.';
COMMENT ON COLUMN templates.title IS 'What it is.';
COMMENT ON COLUMN templates.vendor IS 'Who writes it.';
COMMENT ON COLUMN templates.kind IS 'cdn, site_builder, cms, hosting, plugin, ad_network, list or platform.';
COMMENT ON COLUMN templates.act IS 'How it gets onto a site: default (nobody there did anything), switch (somebody flipped one) or copied.';
COMMENT ON COLUMN templates.evidence IS 'Where it was seen, and what tells how it gets onto a site.';
COMMENT ON COLUMN templates.source IS 'Where it is documented; empty if no page is known.';

CREATE TABLE signals (
    digest VARCHAR NOT NULL,
    kind   VARCHAR NOT NULL,
    agents VARCHAR[] NOT NULL,
    use    VARCHAR,
    wish   VARCHAR NOT NULL,
    value  VARCHAR NOT NULL,
    path   VARCHAR,
    line   INTEGER NOT NULL
);
COMMENT ON TABLE signals IS 'Wishes that payloads state in other ways than by rules.';
COMMENT ON COLUMN signals.digest IS 'The payload, or the text that is judged in its place; see the view payload_signals.';
COMMENT ON COLUMN signals.kind IS 'content-signal, content-usage, rsl-license, disallow-ai-training, eu-2019-790, crawl-delay.';
COMMENT ON COLUMN signals.agents IS 'The agents of its group, in lower case; empty if it stands outside of groups or is for all.';
COMMENT ON COLUMN signals.use IS 'What it is about: train, search, input, mine, all, reuse.';
COMMENT ON COLUMN signals.wish IS 'allow, refuse, terms (a licence), other, or seconds of delay.';
COMMENT ON COLUMN signals.value IS 'As it is written, up to 200 characters.';
COMMENT ON COLUMN signals.path IS 'The paths it is about, where it names some.';
COMMENT ON COLUMN signals.line IS 'Its line in the payload, from 1.';
CREATE TABLE http_readings (
    reading      VARCHAR NOT NULL,
    status       INTEGER NOT NULL,
    restriction  VARCHAR NOT NULL,
    basis        VARCHAR NOT NULL,
    root_allowed BOOLEAN,
    PRIMARY KEY (reading, status)
);
COMMENT ON TABLE http_readings IS 'What an HTTP status means where no rules were read. What is not listed is unknown.';
COMMENT ON COLUMN http_readings.reading IS 'rfc9309 or ccbot.';
COMMENT ON COLUMN http_readings.status IS 'HTTP status of the robots.txt request.';
COMMENT ON COLUMN http_readings.restriction IS 'The restriction that follows.';
COMMENT ON COLUMN http_readings.basis IS 'absent: no robots.txt; http: the status itself refuses.';
COMMENT ON COLUMN http_readings.root_allowed IS 'Whether / may be fetched.';

-- RFC 9309 section 2.3.1: 4xx is no restriction, 5xx refuses everything. A CDN's 520-527 and 530 say
-- that the site could not be reached: it did not speak, so they are in neither reading.
INSERT INTO http_readings
SELECT 'rfc9309', status, 'none', 'absent', true FROM range(400, 500) AS r(status);
INSERT INTO http_readings
SELECT 'rfc9309', status, 'full', 'http', false FROM range(500, 600) AS r(status)
WHERE status NOT BETWEEN 520 AND 527 AND status <> 530;
-- Common Crawl's crawler: 403 keeps it out, 429 and 5xx put it off (unknown), other 4xx let it in.
INSERT INTO http_readings
SELECT 'ccbot', status,
       CASE status WHEN 403 THEN 'full' ELSE 'none' END,
       CASE status WHEN 403 THEN 'http' ELSE 'absent' END,
       status <> 403
FROM range(400, 500) AS r(status) WHERE status <> 429;

CREATE TABLE breaks (
    id     VARCHAR PRIMARY KEY,
    date   DATE NOT NULL,
    crawl  VARCHAR NOT NULL,
    title  VARCHAR NOT NULL,
    effect VARCHAR NOT NULL
);
COMMENT ON TABLE breaks IS 'Changes in how the archive was made, after which its series is not the same.';
COMMENT ON COLUMN breaks.id IS 'Its name.';
COMMENT ON COLUMN breaks.date IS 'First day affected.';
COMMENT ON COLUMN breaks.crawl IS 'First crawl affected.';
COMMENT ON COLUMN breaks.title IS 'What changed.';
COMMENT ON COLUMN breaks.effect IS 'What that does to a series.';

-- Questions: who may still crawl. What the metrics share is in questions.sql.

CREATE VIEW current_panel AS
SELECT * FROM panel WHERE panel = (SELECT panel FROM panels ORDER BY drawn DESC, panel LIMIT 1);
COMMENT ON VIEW current_panel IS 'The members of the panel drawn last.';

CREATE MACRO access_read_as(how) AS TABLE
WITH answers AS (  -- joined on equal columns alone, or DuckDB compares all rows with all rows
    SELECT *, CASE WHEN outcome = 'ok' THEN digest END AS text_digest,  -- a challenge has no rules
           CASE WHEN digest IS NULL THEN status END AS bare_status
    FROM captures WHERE resource = '/robots.txt'
)
SELECT c.snapshot, CAST(s.first_capture AS DATE) AS snapshot_date, c.host, c.domain,
       p.stratum, p.weight, k.token, k.operator, k.purpose, k.openness, c.outcome,
       coalesce(v.restriction, h.restriction, 'unknown') AS restriction,
       coalesce(v.basis, h.basis, 'unknown') AS basis,
       coalesce(v.root_allowed, h.root_allowed) AS root_allowed,
       v.authored_by, c.digest,
       CAST(s.first_capture AS DATE) >= k.documented_since AS documented, v.decision
FROM answers c
JOIN snapshots s ON s.snapshot = c.snapshot
LEFT JOIN current_panel p ON p.host = c.host
LEFT JOIN payloads y ON y.digest = c.text_digest
LEFT JOIN (FROM http_readings WHERE reading = how) h ON h.status = c.bare_status
CROSS JOIN crawlers k
LEFT JOIN verdicts v ON v.policy = y.policy AND v.token = k.token;
COMMENT ON MACRO TABLE access_read_as IS 'Who may crawl whom under a reading of HTTP statuses: a row per snapshot, host and crawler.';

CREATE VIEW access AS FROM access_read_as('rfc9309');
COMMENT ON VIEW access IS 'Who may crawl whom: a row per snapshot, host and crawler, the status read as RFC 9309.';
COMMENT ON COLUMN access.documented IS 'Whether the crawler was documented at that date; empty if the date is unknown.';

CREATE VIEW access_ccbot AS FROM access_read_as('ccbot');
COMMENT ON VIEW access_ccbot IS 'The same with the status read as Common Crawl''s crawler reads it.';
COMMENT ON COLUMN access_ccbot.documented IS 'Whether the crawler was documented at that date; empty if the date is unknown.';
