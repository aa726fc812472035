-- The database, top to bottom: what was collected (schema facts), what follows from it (schema
-- conclusions), and the registry, the panel and the runs (schema main).  views.sql puts the names
-- back that stand behind the numbers; population.sql has what the metrics share, panel_columns.sql
-- a table that databases of layout 4 lack.
-- Every time is UTC without a zone; every length and offset is in bytes.
-- Large tables have no primary key, because DuckDB would keep it in memory: who adds rows leaves
-- out what is there.

CREATE SCHEMA facts;
CREATE SCHEMA conclusions;

CREATE TABLE schema_version (version INTEGER NOT NULL);
INSERT INTO schema_version VALUES (6);
COMMENT ON TABLE schema_version IS 'The layout of this database; a newer one is rejected.';
COMMENT ON COLUMN schema_version.version IS 'Raised with every change of a table.';

-- Facts

CREATE TABLE facts.snapshots (
    id            USMALLINT NOT NULL,
    snapshot      VARCHAR PRIMARY KEY,
    kind          VARCHAR NOT NULL CHECK (kind IN ('crawl', 'live', 'import')),
    first_capture TIMESTAMP,
    last_capture  TIMESTAMP
);
COMMENT ON TABLE facts.snapshots IS 'Snapshots by number; see the view snapshots.';
COMMENT ON COLUMN facts.snapshots.id IS 'Its number in this database.';
COMMENT ON COLUMN facts.snapshots.snapshot IS 'Name: CC-MAIN-2025-33, 2025-08, ...';
COMMENT ON COLUMN facts.snapshots.kind IS 'crawl, live or import.';
COMMENT ON COLUMN facts.snapshots.first_capture IS 'Time of the first capture: the crawl''s own, else the earliest stored.';
COMMENT ON COLUMN facts.snapshots.last_capture IS 'Time of the last capture: the crawl''s own, else the latest stored.';

CREATE TABLE facts.hosts (
    id     UINTEGER NOT NULL,
    host   VARCHAR NOT NULL,
    domain VARCHAR
);
COMMENT ON TABLE facts.hosts IS 'Hosts by number.';
COMMENT ON COLUMN facts.hosts.id IS 'Its number in this database.';
COMMENT ON COLUMN facts.hosts.host IS 'The host, with a port where it is not the default one.';
COMMENT ON COLUMN facts.hosts.domain IS 'Its registered domain; empty for an IP address.';

CREATE TABLE facts.warc_files (
    id        UINTEGER NOT NULL,
    warc_file VARCHAR NOT NULL
);
COMMENT ON TABLE facts.warc_files IS 'WARC files by number.';
COMMENT ON COLUMN facts.warc_files.id IS 'Its number in this database.';
COMMENT ON COLUMN facts.warc_files.warc_file IS 'Its key in the archive, or its name.';

CREATE TABLE facts.texts (
    id    UINTEGER NOT NULL,
    name  VARCHAR NOT NULL,
    body  BLOB NOT NULL,
    whole BOOLEAN NOT NULL
);
COMMENT ON TABLE facts.texts IS 'The texts that are judged, once each.';
COMMENT ON COLUMN facts.texts.id IS 'Its number in this database.';
COMMENT ON COLUMN facts.texts.name IS 'The digest of the payload; for a text that a scan kept, the first 8 bytes of its own SHA-1 as hexadecimal digits.';
COMMENT ON COLUMN facts.texts.body IS 'Its bytes, compressed by zlib.';
COMMENT ON COLUMN facts.texts.whole IS 'Whether it is the payload; false: a scan kept at most 500 KiB and emptied the first Sitemap lines.';

CREATE TABLE facts.payloads (
    id     UINTEGER NOT NULL,
    digest VARCHAR NOT NULL,
    bytes  BIGINT,
    text   UINTEGER
);
COMMENT ON TABLE facts.payloads IS 'Payloads by number, including those that an index names and that were not fetched.';
COMMENT ON COLUMN facts.payloads.id IS 'Its number in this database.';
COMMENT ON COLUMN facts.payloads.digest IS 'sha1: and the base32 of its SHA-1, as in WARC.';
COMMENT ON COLUMN facts.payloads.bytes IS 'Its length; empty where it was not fetched.';
COMMENT ON COLUMN facts.payloads.text IS 'The text that is judged for it; empty where it was not fetched.';

CREATE TABLE facts.fetches (
    id          BIGINT NOT NULL,
    snapshot    USMALLINT NOT NULL,
    host        UINTEGER NOT NULL,
    resource    VARCHAR NOT NULL,
    secure      BOOLEAN,
    url         VARCHAR,
    hops        UTINYINT NOT NULL,
    fetch_time  TIMESTAMP,
    status      INTEGER,
    ended       VARCHAR,
    reason      VARCHAR,
    read        BOOLEAN NOT NULL,
    reader      USMALLINT,
    redirect    VARCHAR,
    payload     UINTEGER,
    headers     VARCHAR,
    warc_file   UINTEGER,
    warc_offset BIGINT,
    warc_length BIGINT
);
COMMENT ON TABLE facts.fetches IS 'Every request for a URL that was seen, and how it ended on the wire; also those that count for no host.';
COMMENT ON COLUMN facts.fetches.id IS 'Its number in this database.';
COMMENT ON COLUMN facts.fetches.snapshot IS 'The snapshot.';
COMMENT ON COLUMN facts.fetches.host IS 'The host asked.';
COMMENT ON COLUMN facts.fetches.resource IS 'Path and query asked for.';
COMMENT ON COLUMN facts.fetches.secure IS 'Whether by https; empty where the source does not say.';
COMMENT ON COLUMN facts.fetches.url IS 'The URL that answered, where the source followed redirects itself or spells it in another way; else empty.';
COMMENT ON COLUMN facts.fetches.hops IS 'Redirects that the source followed itself; 0: none, or it does not say.';
COMMENT ON COLUMN facts.fetches.fetch_time IS 'When it was fetched.';
COMMENT ON COLUMN facts.fetches.status IS 'HTTP status; empty if there was no HTTP answer.';
COMMENT ON COLUMN facts.fetches.ended IS 'Why there is no whole body: the network''s error, or what is wrong with the record (see outcome.py); empty if it ended in order.';
COMMENT ON COLUMN facts.fetches.reason IS 'The same in words.';
COMMENT ON COLUMN facts.fetches.read IS 'Whether its record was read; false: an index names it.';
COMMENT ON COLUMN facts.fetches.reader IS 'Stamp of the code that read it; empty where it was not read; 0: a version before.';
COMMENT ON COLUMN facts.fetches.redirect IS 'The URL that it redirects to.';
COMMENT ON COLUMN facts.fetches.payload IS 'The payload; of an answer whose payload is not to be trusted, the one that its digest names.';
COMMENT ON COLUMN facts.fetches.headers IS 'Response headers kept, as a JSON object.';
COMMENT ON COLUMN facts.fetches.warc_file IS 'The WARC file that holds its record.';
COMMENT ON COLUMN facts.fetches.warc_offset IS 'Where the record begins in that file.';
COMMENT ON COLUMN facts.fetches.warc_length IS 'Length of the record as stored.';

CREATE TABLE facts.asked (
    snapshot USMALLINT NOT NULL,
    host     UINTEGER NOT NULL,
    resource VARCHAR NOT NULL,
    fallback UINTEGER
);
COMMENT ON TABLE facts.asked IS 'Which hosts a source was asked about, also where it knew nothing.';
COMMENT ON COLUMN facts.asked.snapshot IS 'The snapshot.';
COMMENT ON COLUMN facts.asked.host IS 'The host.';
COMMENT ON COLUMN facts.asked.resource IS 'The path: /robots.txt, or / where live --probe-page asked for the home page.';
COMMENT ON COLUMN facts.asked.fallback IS 'The host that was asked in its place where it gave no HTTP answer.';

CREATE TABLE facts.scans (
    snapshot USMALLINT NOT NULL,
    seed     VARCHAR NOT NULL,
    share    DOUBLE NOT NULL,
    planned  BIGINT NOT NULL,
    of       BIGINT NOT NULL
);
COMMENT ON TABLE facts.scans IS 'The scanned crawls, each by one plan.';
COMMENT ON COLUMN facts.scans.snapshot IS 'The crawl.';
COMMENT ON COLUMN facts.scans.seed IS 'Seed by which its files were sampled.';
COMMENT ON COLUMN facts.scans.share IS 'Share of its files that was to be read.';
COMMENT ON COLUMN facts.scans.planned IS 'Files the plan reads.';
COMMENT ON COLUMN facts.scans.of IS 'Robotstxt files of the crawl.';

CREATE TABLE facts.scanned_shards (
    snapshot USMALLINT NOT NULL,
    shard    VARCHAR NOT NULL,
    captures BIGINT NOT NULL,
    bytes    BIGINT NOT NULL,
    faults   BIGINT NOT NULL
);
COMMENT ON TABLE facts.scanned_shards IS 'The shards that are merged.';
COMMENT ON COLUMN facts.scanned_shards.snapshot IS 'The crawl.';
COMMENT ON COLUMN facts.scanned_shards.shard IS 'Name of the shard.';
COMMENT ON COLUMN facts.scanned_shards.captures IS 'Fetches in it.';
COMMENT ON COLUMN facts.scanned_shards.bytes IS 'Bytes of the WARC files that were read for it.';
COMMENT ON COLUMN facts.scanned_shards.faults IS 'Places in them that could not be read.';

CREATE TABLE facts.scanned_files (
    snapshot  USMALLINT NOT NULL,
    number    INTEGER NOT NULL,
    warc_file UINTEGER NOT NULL,
    shard     VARCHAR NOT NULL
);
COMMENT ON TABLE facts.scanned_files IS 'The WARC files of the shards that are merged; of a share of them each is a cluster of hosts.';
COMMENT ON COLUMN facts.scanned_files.snapshot IS 'The crawl.';
COMMENT ON COLUMN facts.scanned_files.number IS 'Its number among the files of the crawl here, from 1.';
COMMENT ON COLUMN facts.scanned_files.warc_file IS 'The file.';
COMMENT ON COLUMN facts.scanned_files.shard IS 'The shard that holds its fetches.';

-- Conclusions

CREATE TABLE conclusions.stamps (
    id         USMALLINT NOT NULL,
    conclusion VARCHAR NOT NULL,
    digest     VARCHAR NOT NULL
);
COMMENT ON TABLE conclusions.stamps IS 'The code and data that conclusions here were made with.';
COMMENT ON COLUMN conclusions.stamps.id IS 'Its number in this database.';
COMMENT ON COLUMN conclusions.stamps.conclusion IS 'reading (of records), body, selection, verdicts, authorship, signals, ineffective.';
COMMENT ON COLUMN conclusions.stamps.digest IS 'Digest of the code and data that can change the conclusion.';

CREATE TABLE conclusions.bodies (
    text  UINTEGER NOT NULL,
    body  VARCHAR NOT NULL,
    stamp USMALLINT NOT NULL
);
COMMENT ON TABLE conclusions.bodies IS 'What each text is.';
COMMENT ON COLUMN conclusions.bodies.text IS 'The text.';
COMMENT ON COLUMN conclusions.bodies.body IS 'robots, page or challenge.';
COMMENT ON COLUMN conclusions.bodies.stamp IS 'What it was decided with.';

CREATE TABLE conclusions.endings (
    status  INTEGER,
    ended   VARCHAR,
    body    VARCHAR,
    read    BOOLEAN NOT NULL,
    leads   BOOLEAN NOT NULL,
    outcome VARCHAR NOT NULL
);
COMMENT ON TABLE conclusions.endings IS 'The outcome of every kind of fetch that is stored (outcome.py).';
COMMENT ON COLUMN conclusions.endings.status IS 'As in facts.fetches.';
COMMENT ON COLUMN conclusions.endings.ended IS 'As in facts.fetches.';
COMMENT ON COLUMN conclusions.endings.body IS 'What its text is; empty where it has none.';
COMMENT ON COLUMN conclusions.endings.read IS 'As in facts.fetches.';
COMMENT ON COLUMN conclusions.endings.leads IS 'Whether it redirects to a known URL.';
COMMENT ON COLUMN conclusions.endings.outcome IS 'The outcome of the fetch taken alone.';

CREATE TABLE conclusions.selected (
    snapshot USMALLINT NOT NULL,
    stamp    USMALLINT NOT NULL,
    census   VARCHAR
);
COMMENT ON TABLE conclusions.selected IS 'The snapshots whose captures are up to date.';
COMMENT ON COLUMN conclusions.selected.snapshot IS 'The snapshot.';
COMMENT ON COLUMN conclusions.selected.stamp IS 'What they were selected with.';
COMMENT ON COLUMN conclusions.selected.census IS 'Digest of what its census was made with; empty where there is none yet.';

CREATE TABLE conclusions.captures (
    snapshot USMALLINT NOT NULL,
    host     UINTEGER NOT NULL,
    resource VARCHAR NOT NULL,
    first    BIGINT,
    last     BIGINT,
    hops     UTINYINT NOT NULL,
    outcome  VARCHAR NOT NULL
);
COMMENT ON TABLE conclusions.captures IS 'Which fetches count for a host in a snapshot; see the view captures.';
COMMENT ON COLUMN conclusions.captures.snapshot IS 'The snapshot.';
COMMENT ON COLUMN conclusions.captures.host IS 'The host.';
COMMENT ON COLUMN conclusions.captures.resource IS 'The path.';
COMMENT ON COLUMN conclusions.captures.first IS 'The fetch that begins the chain; empty if there is none.';
COMMENT ON COLUMN conclusions.captures.last IS 'The fetch that ends it.';
COMMENT ON COLUMN conclusions.captures.hops IS 'Redirects between the two.';
COMMENT ON COLUMN conclusions.captures.outcome IS 'How it ended.';

CREATE TABLE conclusions.judgements (
    text            UINTEGER NOT NULL,
    policy          UINTEGER NOT NULL,
    ambiguous_group BOOLEAN NOT NULL,
    template        VARCHAR,
    verdicts        USMALLINT NOT NULL,
    authorship      USMALLINT NOT NULL,
    signals         USMALLINT NOT NULL,
    ineffective     USMALLINT DEFAULT 0,
    training          VARCHAR,
    training_evidence VARCHAR,
    training_line     INTEGER
);
COMMENT ON TABLE conclusions.judgements IS 'What each text means.';
COMMENT ON COLUMN conclusions.judgements.text IS 'The text.';
COMMENT ON COLUMN conclusions.judgements.policy IS 'What it means for the crawlers.';
COMMENT ON COLUMN conclusions.judgements.ambiguous_group IS 'A registered crawler''s groups are joined over a Crawl-delay or unknown line, which owners may not have intended.';
COMMENT ON COLUMN conclusions.judgements.template IS 'The templates whose marks are in it, with commas; empty if none is known.';
COMMENT ON COLUMN conclusions.judgements.verdicts IS 'The stamp of its verdicts.';
COMMENT ON COLUMN conclusions.judgements.authorship IS 'The stamp of its authorship.';
COMMENT ON COLUMN conclusions.judgements.signals IS 'The stamp of its signals.';
COMMENT ON COLUMN conclusions.judgements.ineffective IS 'The stamp of its lines that bind nobody; 0: they were not looked for.';
COMMENT ON COLUMN conclusions.judgements.training IS 'What it states about training; see the view training_preferences.';
COMMENT ON COLUMN conclusions.judgements.training_evidence IS 'As in the view.';
COMMENT ON COLUMN conclusions.judgements.training_line IS 'As in the view.';

CREATE TABLE conclusions.policies (
    id     UINTEGER NOT NULL,
    policy VARCHAR NOT NULL
);
COMMENT ON TABLE conclusions.policies IS 'Policies by number.';
COMMENT ON COLUMN conclusions.policies.id IS 'Its number in this database.';
COMMENT ON COLUMN conclusions.policies.policy IS 'Digest of the vector of verdicts and of what they were decided with.';

CREATE TABLE conclusions.verdicts (
    policy       UINTEGER NOT NULL,
    crawler      USMALLINT NOT NULL,
    restriction  VARCHAR NOT NULL,
    basis        VARCHAR NOT NULL,
    root_allowed BOOLEAN,
    authored_by  VARCHAR,
    ruleset      VARCHAR,
    matched_token       VARCHAR,
    strict              VARCHAR,
    strict_root_allowed BOOLEAN
);
COMMENT ON TABLE conclusions.verdicts IS 'What a policy means for each crawler; see the view verdicts.';
COMMENT ON COLUMN conclusions.verdicts.policy IS 'The policy.';
COMMENT ON COLUMN conclusions.verdicts.crawler IS 'The crawler.';
COMMENT ON COLUMN conclusions.verdicts.restriction IS 'As in the view.';
COMMENT ON COLUMN conclusions.verdicts.basis IS 'As in the view.';
COMMENT ON COLUMN conclusions.verdicts.root_allowed IS 'As in the view.';
COMMENT ON COLUMN conclusions.verdicts.authored_by IS 'As in the view.';
COMMENT ON COLUMN conclusions.verdicts.ruleset IS 'As in the view.';
COMMENT ON COLUMN conclusions.verdicts.matched_token IS 'As in the view.';
COMMENT ON COLUMN conclusions.verdicts.strict IS 'As in the view.';
COMMENT ON COLUMN conclusions.verdicts.strict_root_allowed IS 'As in the view.';

CREATE TABLE conclusions.signals (
    text   UINTEGER NOT NULL,
    kind   VARCHAR NOT NULL,
    agents VARCHAR[] NOT NULL,
    use    VARCHAR,
    preference   VARCHAR NOT NULL,
    value  VARCHAR NOT NULL,
    path   VARCHAR,
    line   INTEGER NOT NULL
);
COMMENT ON TABLE conclusions.signals IS 'What texts state in other ways than by rules; see the view signals.';
COMMENT ON COLUMN conclusions.signals.text IS 'The text.';
COMMENT ON COLUMN conclusions.signals.kind IS 'As in the view.';
COMMENT ON COLUMN conclusions.signals.agents IS 'As in the view.';
COMMENT ON COLUMN conclusions.signals.use IS 'As in the view.';
COMMENT ON COLUMN conclusions.signals.preference IS 'As in the view.';
COMMENT ON COLUMN conclusions.signals.value IS 'As in the view.';
COMMENT ON COLUMN conclusions.signals.path IS 'As in the view.';
COMMENT ON COLUMN conclusions.signals.line IS 'As in the view.';

CREATE TABLE conclusions.census (
    snapshot USMALLINT NOT NULL,
    host     UINTEGER NOT NULL,
    tld      VARCHAR,
    file     INTEGER NOT NULL,
    provider VARCHAR,
    captures INTEGER NOT NULL,
    digests  INTEGER NOT NULL,
    representative   BOOLEAN NOT NULL,
    siblings INTEGER
);
COMMENT ON TABLE conclusions.census IS 'The hosts of scanned crawls; see the view census.';
COMMENT ON COLUMN conclusions.census.snapshot IS 'The crawl.';
COMMENT ON COLUMN conclusions.census.host IS 'The host.';
COMMENT ON COLUMN conclusions.census.tld IS 'As in the view.';
COMMENT ON COLUMN conclusions.census.file IS 'As in the view.';
COMMENT ON COLUMN conclusions.census.provider IS 'As in the view.';
COMMENT ON COLUMN conclusions.census.captures IS 'As in the view.';
COMMENT ON COLUMN conclusions.census.digests IS 'As in the view.';
COMMENT ON COLUMN conclusions.census.representative IS 'As in the view.';
COMMENT ON COLUMN conclusions.census.siblings IS 'As in the view.';

-- The panel, weights, runs

CREATE TABLE panels (
    panel VARCHAR PRIMARY KEY,
    frame VARCHAR NOT NULL,
    seed  VARCHAR,
    sampled TIMESTAMP NOT NULL
);
COMMENT ON TABLE panels IS 'How each panel was sampled.';
COMMENT ON COLUMN panels.panel IS 'Name of the panel.';
COMMENT ON COLUMN panels.frame IS 'Where its domains come from: a crawl''s index, a ranking, a list.';
COMMENT ON COLUMN panels.seed IS 'Seed of the sample; empty for a list taken whole.';
COMMENT ON COLUMN panels.sampled IS 'When it was sampled; the newest panel is the current one.';

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
COMMENT ON COLUMN panel.domain IS 'Registered domain, the sampling unit; of a list, the host that the entry names.';
COMMENT ON COLUMN panel.host IS 'The host that represents it.';
COMMENT ON COLUMN panel.fallback_host IS 'Counts where host has no capture in a snapshot: its www, or the host without www; captures.url_asked shows it.';
COMMENT ON COLUMN panel.stratum IS 'The band of the frame it was sampled from.';
COMMENT ON COLUMN panel.rank IS 'Its rank in the frame, 1 first; empty if the frame has none.';
COMMENT ON COLUMN panel.weight IS '1 / inclusion probability.';
COMMENT ON COLUMN panel.position IS 'Its place in the seeded order of its stratum, from 0; a larger panel keeps the smaller one.';

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
COMMENT ON TABLE accepted IS 'Suspect snapshots that a person looked at and included.';
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

-- The registry, and what follows from a status

CREATE TABLE crawlers (
    id               USMALLINT NOT NULL,
    token            VARCHAR PRIMARY KEY,
    operator         VARCHAR,
    purpose          VARCHAR,
    openness         VARCHAR,
    ai               BOOLEAN NOT NULL,
    documented_since DATE,
    retired          DATE,
    url              VARCHAR,
    obeys            VARCHAR[],
    wildcard         BOOLEAN,
    reused           BOOLEAN,
    honours          VARCHAR,
    source           VARCHAR,
    second_hand      BOOLEAN,
    as_of            DATE,
    web_archive      BOOLEAN,
    national_library BOOLEAN
);
COMMENT ON TABLE crawlers IS 'The registered crawlers; * is any crawler without rules of its own.';
COMMENT ON COLUMN crawlers.id IS 'Its number in this database.';
COMMENT ON COLUMN crawlers.token IS 'Product token it answers to in robots.txt.';
COMMENT ON COLUMN crawlers.operator IS 'Who runs it.';
COMMENT ON COLUMN crawlers.purpose IS 'training, ai_search, agent (a user or an agent asked), search (lists of links), archive or other; empty if unknown.';
COMMENT ON COLUMN crawlers.openness IS 'open: its collection is open to all; closed: it is its operator''s own.';
COMMENT ON COLUMN crawlers.ai IS 'False for the search and social crawlers kept for comparison.';
COMMENT ON COLUMN crawlers.documented_since IS 'Day since which the operator documents it; empty if unknown.';
COMMENT ON COLUMN crawlers.retired IS 'Day since which it is out of use.';
COMMENT ON COLUMN crawlers.url IS 'Where it is documented.';
COMMENT ON COLUMN crawlers.obeys IS 'The product tokens it obeys, as its operator documents; the first that has a group decides.';
COMMENT ON COLUMN crawlers.wildcard IS 'Whether it obeys the group of * where none of its tokens has a group.';
COMMENT ON COLUMN crawlers.reused IS 'Whether another operator used the token before; it is in no result that sums over crawlers.';
COMMENT ON COLUMN crawlers.honours IS 'Whether its operator documents that it obeys robots.txt: yes, no or partly; empty if not documented.';
COMMENT ON COLUMN crawlers.source IS 'Where these facts were taken, if not at url.';
COMMENT ON COLUMN crawlers.second_hand IS 'Whether they come from others, because the operator''s page could not be read.';
COMMENT ON COLUMN crawlers.as_of IS 'The day for which they were checked.';

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
COMMENT ON COLUMN templates.act IS 'How it gets onto a site: default (nobody there did anything), switch (somebody turned it on), copied, group (a company writes it for all of its sites) or shared (unrelated sites have it, and who writes it is not known).';
COMMENT ON COLUMN templates.evidence IS 'Where it was seen, and what shows how it gets onto a site.';
COMMENT ON COLUMN templates.source IS 'Where it is documented; empty if no page is known.';

CREATE TABLE outcomes (
    outcome  VARCHAR PRIMARY KEY,
    answered BOOLEAN NOT NULL,
    retry    BOOLEAN NOT NULL,
    goodness INTEGER NOT NULL,
    refused  BOOLEAN
);
COMMENT ON TABLE outcomes IS 'How a capture may end (outcome.py).';
COMMENT ON COLUMN outcomes.outcome IS 'The outcome.';
COMMENT ON COLUMN outcomes.answered IS 'Whether the host gave an answer, even one that cannot be read.';
COMMENT ON COLUMN outcomes.retry IS 'Whether another attempt may give the answer itself.';
COMMENT ON COLUMN outcomes.goodness IS 'Which of several captures of a host counts: the largest first.';

CREATE TABLE http_profiles (
    http_profile VARCHAR NOT NULL,
    status       INTEGER NOT NULL,
    restriction  VARCHAR NOT NULL,
    basis        VARCHAR NOT NULL,
    root_allowed BOOLEAN,
    PRIMARY KEY (http_profile, status)
);
COMMENT ON TABLE http_profiles IS 'What an HTTP status means where no rules were read. What is not listed is unknown.';
COMMENT ON COLUMN http_profiles.http_profile IS 'rfc9309 or ccbot.';
COMMENT ON COLUMN http_profiles.status IS 'HTTP status of the robots.txt request.';
COMMENT ON COLUMN http_profiles.restriction IS 'The restriction that follows.';
COMMENT ON COLUMN http_profiles.basis IS 'absent: no robots.txt; http: the status itself blocks.';
COMMENT ON COLUMN http_profiles.root_allowed IS 'Whether / may be fetched.';

-- RFC 9309 section 2.3.1: 4xx is no restriction, 5xx blocks everything. A CDN's 520-527 and 530 say
-- that the site could not be reached: it did not speak, so they are in neither profile.
INSERT INTO http_profiles
SELECT 'rfc9309', status, 'none', 'absent', true FROM range(400, 500) AS r(status);
INSERT INTO http_profiles
SELECT 'rfc9309', status, 'full', 'http', false FROM range(500, 600) AS r(status)
WHERE status NOT BETWEEN 520 AND 527 AND status <> 530;
-- Common Crawl's crawler: 403 keeps it out, 429 and 5xx put it off (unknown), other 4xx let it in.
INSERT INTO http_profiles
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
    effect VARCHAR NOT NULL,
    last_crawl VARCHAR,
    affects VARCHAR[] DEFAULT ['coverage', 'verdicts']
);
COMMENT ON TABLE breaks IS 'Changes in how the archive was made, after which its series is not the same.';
COMMENT ON COLUMN breaks.id IS 'Its name.';
COMMENT ON COLUMN breaks.date IS 'First day affected.';
COMMENT ON COLUMN breaks.crawl IS 'First crawl affected.';
COMMENT ON COLUMN breaks.title IS 'What changed.';
COMMENT ON COLUMN breaks.effect IS 'What that does to a series.';
COMMENT ON COLUMN breaks.last_crawl IS 'Last crawl affected, where it ended; empty if the change stayed.';
COMMENT ON COLUMN breaks.affects IS 'What is not the same before and after: digests, coverage, verdicts, headers. Only coverage and verdicts matter for forecasts and suspect snapshots.';

