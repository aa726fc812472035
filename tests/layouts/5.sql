-- The tables of layout 5.

CREATE SCHEMA facts;

CREATE SCHEMA conclusions;

CREATE TABLE schema_version (version INTEGER NOT NULL);

INSERT INTO schema_version VALUES (5);

CREATE TABLE facts.snapshots (
    id            USMALLINT NOT NULL,
    snapshot      VARCHAR PRIMARY KEY,
    kind          VARCHAR NOT NULL CHECK (kind IN ('crawl', 'live', 'import')),
    first_capture TIMESTAMP,
    last_capture  TIMESTAMP
);

CREATE TABLE facts.hosts (
    id     UINTEGER NOT NULL,
    host   VARCHAR NOT NULL,
    domain VARCHAR
);

CREATE TABLE facts.warc_files (
    id        UINTEGER NOT NULL,
    warc_file VARCHAR NOT NULL
);

CREATE TABLE facts.texts (
    id    UINTEGER NOT NULL,
    name  VARCHAR NOT NULL,
    body  BLOB NOT NULL,
    whole BOOLEAN NOT NULL
);

CREATE TABLE facts.payloads (
    id     UINTEGER NOT NULL,
    digest VARCHAR NOT NULL,
    bytes  BIGINT,
    text   UINTEGER
);

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

CREATE TABLE facts.asked (
    snapshot USMALLINT NOT NULL,
    host     UINTEGER NOT NULL,
    resource VARCHAR NOT NULL,
    fallback UINTEGER
);

CREATE TABLE facts.scans (
    snapshot USMALLINT NOT NULL,
    seed     VARCHAR NOT NULL,
    share    DOUBLE NOT NULL,
    planned  BIGINT NOT NULL,
    of       BIGINT NOT NULL
);

CREATE TABLE facts.scanned_shards (
    snapshot USMALLINT NOT NULL,
    shard    VARCHAR NOT NULL,
    captures BIGINT NOT NULL,
    bytes    BIGINT NOT NULL,
    faults   BIGINT NOT NULL
);

CREATE TABLE facts.scanned_files (
    snapshot  USMALLINT NOT NULL,
    number    INTEGER NOT NULL,
    warc_file UINTEGER NOT NULL,
    shard     VARCHAR NOT NULL
);

CREATE TABLE conclusions.stamps (
    id         USMALLINT NOT NULL,
    conclusion VARCHAR NOT NULL,
    digest     VARCHAR NOT NULL
);

CREATE TABLE conclusions.bodies (
    text  UINTEGER NOT NULL,
    body  VARCHAR NOT NULL,
    stamp USMALLINT NOT NULL
);

CREATE TABLE conclusions.endings (
    status  INTEGER,
    ended   VARCHAR,
    body    VARCHAR,
    read    BOOLEAN NOT NULL,
    leads   BOOLEAN NOT NULL,
    outcome VARCHAR NOT NULL
);

CREATE TABLE conclusions.selected (
    snapshot USMALLINT NOT NULL,
    stamp    USMALLINT NOT NULL,
    census   VARCHAR
);

CREATE TABLE conclusions.captures (
    snapshot USMALLINT NOT NULL,
    host     UINTEGER NOT NULL,
    resource VARCHAR NOT NULL,
    first    BIGINT,
    last     BIGINT,
    hops     UTINYINT NOT NULL,
    outcome  VARCHAR NOT NULL
);

CREATE TABLE conclusions.judgements (
    text            UINTEGER NOT NULL,
    policy          UINTEGER NOT NULL,
    ambiguous_group BOOLEAN NOT NULL,
    template        VARCHAR,
    verdicts        USMALLINT NOT NULL,
    authorship      USMALLINT NOT NULL,
    signals         USMALLINT NOT NULL
);

CREATE TABLE conclusions.policies (
    id     UINTEGER NOT NULL,
    policy VARCHAR NOT NULL
);

CREATE TABLE conclusions.verdicts (
    policy       UINTEGER NOT NULL,
    crawler      USMALLINT NOT NULL,
    restriction  VARCHAR NOT NULL,
    basis        VARCHAR NOT NULL,
    root_allowed BOOLEAN,
    authored_by  VARCHAR,
    ruleset     VARCHAR
);

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

CREATE TABLE panels (
    panel VARCHAR PRIMARY KEY,
    frame VARCHAR NOT NULL,
    seed  VARCHAR,
    sampled TIMESTAMP NOT NULL
);

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

CREATE TABLE ranks (
    domain VARCHAR NOT NULL,
    rank   BIGINT NOT NULL
);

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

CREATE TABLE accepted (
    snapshot VARCHAR PRIMARY KEY,
    accepted TIMESTAMP NOT NULL,
    reason   VARCHAR NOT NULL
);

CREATE TABLE weights (
    domain VARCHAR NOT NULL,
    corpus VARCHAR NOT NULL,
    pages  BIGINT,
    bytes  BIGINT,
    tokens BIGINT,
    PRIMARY KEY (domain, corpus)
);

CREATE TABLE crawlers (
    id               USMALLINT NOT NULL,
    token            VARCHAR PRIMARY KEY,
    operator         VARCHAR,
    purpose          VARCHAR,
    openness         VARCHAR,
    ai               BOOLEAN NOT NULL,
    documented_since DATE,
    retired          DATE,
    url              VARCHAR
);

CREATE TABLE templates (
    template VARCHAR PRIMARY KEY,
    title    VARCHAR NOT NULL,
    vendor   VARCHAR NOT NULL,
    kind     VARCHAR NOT NULL,
    act      VARCHAR NOT NULL,
    evidence VARCHAR NOT NULL,
    source   VARCHAR
);

CREATE TABLE outcomes (
    outcome  VARCHAR PRIMARY KEY,
    answered BOOLEAN NOT NULL,
    retry    BOOLEAN NOT NULL,
    goodness INTEGER NOT NULL
);

CREATE TABLE http_profiles (
    http_profile VARCHAR NOT NULL,
    status       INTEGER NOT NULL,
    restriction  VARCHAR NOT NULL,
    basis        VARCHAR NOT NULL,
    root_allowed BOOLEAN,
    PRIMARY KEY (http_profile, status)
);

INSERT INTO http_profiles
SELECT 'rfc9309', status, 'none', 'absent', true FROM range(400, 500) AS r(status);

INSERT INTO http_profiles
SELECT 'rfc9309', status, 'full', 'http', false FROM range(500, 600) AS r(status)
WHERE status NOT BETWEEN 520 AND 527 AND status <> 530;

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
    effect VARCHAR NOT NULL
);

CREATE TABLE panel_columns (
    panel       VARCHAR NOT NULL,
    domain      VARCHAR NOT NULL,
    column_name VARCHAR NOT NULL,
    value       VARCHAR NOT NULL
);
