-- The tables of layout 3: databases of that version are renewed (test_renewal.py).
CREATE TABLE schema_version (version INTEGER NOT NULL);
INSERT INTO schema_version VALUES (3);
CREATE TABLE snapshots (
    snapshot      VARCHAR PRIMARY KEY,
    kind          VARCHAR NOT NULL CHECK (kind IN ('crawl', 'live', 'import')),
    first_capture TIMESTAMP,
    last_capture  TIMESTAMP
);
CREATE TABLE panels (
    panel VARCHAR PRIMARY KEY,
    frame VARCHAR NOT NULL,
    seed  VARCHAR,
    drawn TIMESTAMP NOT NULL
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
CREATE TABLE payloads (
    digest          VARCHAR PRIMARY KEY,
    bytes           BIGINT NOT NULL,
    body            BLOB,
    policy          VARCHAR,
    ambiguous_group BOOLEAN,
    template        VARCHAR,
    text            VARCHAR
);
CREATE TABLE texts (
    text            VARCHAR PRIMARY KEY,
    rules           BLOB NOT NULL,
    policy          VARCHAR,
    ambiguous_group BOOLEAN,
    template        VARCHAR
);
CREATE TABLE scans (
    snapshot VARCHAR PRIMARY KEY,
    seed     VARCHAR NOT NULL,
    share    DOUBLE NOT NULL,
    planned  BIGINT NOT NULL,
    of       BIGINT NOT NULL,
    rules    VARCHAR NOT NULL,
    settled  VARCHAR
);
CREATE TABLE scanned_shards (
    snapshot VARCHAR NOT NULL,
    shard    VARCHAR NOT NULL,
    captures BIGINT NOT NULL,
    bytes    BIGINT NOT NULL,
    faults   BIGINT NOT NULL,
    PRIMARY KEY (snapshot, shard)
);
CREATE TABLE scanned_files (
    snapshot  VARCHAR NOT NULL,
    file      INTEGER NOT NULL,
    warc_file VARCHAR NOT NULL,
    shard     VARCHAR NOT NULL,
    PRIMARY KEY (snapshot, file)
);
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
CREATE TABLE policies (
    policy   VARCHAR PRIMARY KEY,
    registry VARCHAR NOT NULL
);
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
CREATE TABLE templates (
    template VARCHAR PRIMARY KEY,
    title    VARCHAR NOT NULL,
    vendor   VARCHAR NOT NULL,
    kind     VARCHAR NOT NULL,
    act      VARCHAR NOT NULL,
    evidence VARCHAR NOT NULL,
    source   VARCHAR
);
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
CREATE TABLE http_readings (
    reading      VARCHAR NOT NULL,
    status       INTEGER NOT NULL,
    restriction  VARCHAR NOT NULL,
    basis        VARCHAR NOT NULL,
    root_allowed BOOLEAN,
    PRIMARY KEY (reading, status)
);
CREATE TABLE breaks (
    id     VARCHAR PRIMARY KEY,
    date   DATE NOT NULL,
    crawl  VARCHAR NOT NULL,
    title  VARCHAR NOT NULL,
    effect VARCHAR NOT NULL
);
