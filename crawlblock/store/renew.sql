-- What is left of an earlier layout once its captures are facts: scans, and the conclusions, which
-- are out of date (stamp 0) and serve until they are computed again.
INSERT INTO facts.scans
SELECT s.id, c.seed, c.share, c.planned, c.of
FROM before_scans c JOIN facts.snapshots s ON s.snapshot = c.snapshot;
INSERT INTO facts.scanned_shards
SELECT s.id, c.shard, c.captures, c.bytes, c.faults
FROM before_scanned_shards c JOIN facts.snapshots s ON s.snapshot = c.snapshot;
INSERT INTO facts.warc_files
SELECT (SELECT coalesce(max(id), 0) FROM facts.warc_files)
           + row_number() OVER (ORDER BY warc_file), warc_file
FROM (SELECT DISTINCT warc_file FROM before_scanned_files) ANTI JOIN facts.warc_files USING (warc_file);
INSERT INTO facts.scanned_files
SELECT s.id, c.file, w.id, c.shard
FROM before_scanned_files c
JOIN facts.snapshots s ON s.snapshot = c.snapshot
JOIN facts.warc_files w ON w.warc_file = c.warc_file;

INSERT INTO crawlers BY NAME
SELECT row_number() OVER (ORDER BY token) AS id, * FROM before_crawlers;
INSERT INTO conclusions.policies
SELECT row_number() OVER (ORDER BY policy), policy FROM before_policies;
INSERT INTO conclusions.verdicts BY NAME
SELECT p.id AS policy, k.id AS crawler, v.restriction, v.basis, v.root_allowed, v.authored_by,
       v.decision AS ruleset, v.restriction AS strict, v.root_allowed AS strict_root_allowed,
       CASE v.basis WHEN 'named' THEN v.token WHEN 'wildcard' THEN '*' END AS matched_token
FROM before_verdicts v
JOIN conclusions.policies p ON p.policy = v.policy
JOIN crawlers k ON k.token = v.token;
CREATE TEMP TABLE judged AS
SELECT digest AS name, policy, ambiguous_group, template FROM before_payloads WHERE body IS NOT NULL
UNION ALL
SELECT text, policy, ambiguous_group, template FROM before_texts;
INSERT INTO conclusions.judgements BY NAME
SELECT t.id AS text, p.id AS policy, coalesce(j.ambiguous_group, false) AS ambiguous_group,
       j.template, 0 AS verdicts, 0 AS authorship, 0 AS signals, 0 AS ineffective
FROM judged j
JOIN facts.texts t ON t.name = j.name
JOIN conclusions.policies p ON p.policy = j.policy;
DROP TABLE temp.judged;
INSERT INTO conclusions.signals
SELECT t.id, g.kind, g.agents, g.use, g.wish, g.value, g.path, g.line
FROM before_signals g JOIN facts.texts t ON t.name = g.digest;
INSERT INTO conclusions.census
SELECT s.id, h.id, c.tld, c.file, c.provider, c.captures, c.digests, c.stands, c.siblings
FROM before_census c
JOIN facts.snapshots s ON s.snapshot = c.snapshot
JOIN facts.hosts h ON h.host = c.host;
