-- The database as people ask it: names in place of numbers, one row for each host in a snapshot.

CREATE MACRO url_of(secure, host, resource) AS
    CASE secure WHEN true THEN 'https://' WHEN false THEN 'http://' END || host || resource;
COMMENT ON MACRO url_of IS 'The URL of a resource; NULL where the scheme is not known.';

CREATE MACRO time_within(kind, stated, first, last) AS
    CASE WHEN kind = 'crawl' AND stated < first THEN first
         WHEN kind = 'crawl' AND stated > last THEN last
         ELSE stated END;
COMMENT ON MACRO time_within IS 'The time that counts for a fetch: of a crawl no earlier and no later than it (selection.py).';

CREATE VIEW snapshots AS
SELECT snapshot, kind, first_capture, last_capture FROM kept_snapshots;
COMMENT ON VIEW snapshots IS 'A point of the time axis: a crawl, a live run or an import.';
COMMENT ON COLUMN snapshots.snapshot IS 'Name: CC-MAIN-2025-33, 2025-08, ...';
COMMENT ON COLUMN snapshots.kind IS 'crawl, live or import.';
COMMENT ON COLUMN snapshots.first_capture IS 'Time of the first capture: the crawl''s own, else the earliest stored.';
COMMENT ON COLUMN snapshots.last_capture IS 'Time of the last capture: the crawl''s own, else the latest stored.';

CREATE VIEW fetches AS
SELECT s.snapshot, h.host, f.resource, coalesce(f.url, url_of(f.secure, h.host, f.resource)) AS url,
       f.fetch_time, f.status, e.outcome, f.ended, f.reason, f.read, f.redirect,
       p.digest, p.bytes, f.headers, w.warc_file, f.warc_offset, f.warc_length
FROM facts.fetches f
JOIN kept_snapshots s ON s.id = f.snapshot
JOIN facts.hosts h ON h.id = f.host
LEFT JOIN facts.payloads p ON p.id = f.payload
LEFT JOIN facts.warc_files w ON w.id = f.warc_file
LEFT JOIN conclusions.bodies b ON b.text = p.text
LEFT JOIN conclusions.endings e ON e.status IS NOT DISTINCT FROM f.status
    AND e.ended IS NOT DISTINCT FROM f.ended AND e.body IS NOT DISTINCT FROM b.body
    AND e.read = f.read AND e.leads = (f.redirect IS NOT NULL);
COMMENT ON VIEW fetches IS 'Every request for a URL that was seen, and how it ended; also those that count for no host.';
COMMENT ON COLUMN fetches.snapshot IS 'The snapshot.';
COMMENT ON COLUMN fetches.host IS 'The host asked.';
COMMENT ON COLUMN fetches.resource IS 'Path and query asked for; another than /robots.txt where a redirect led there.';
COMMENT ON COLUMN fetches.url IS 'The URL; empty where the source does not say whether it was https.';
COMMENT ON COLUMN fetches.fetch_time IS 'When it was fetched, as its record states.';
COMMENT ON COLUMN fetches.status IS 'HTTP status; empty if there was no HTTP answer.';
COMMENT ON COLUMN fetches.outcome IS 'How this fetch alone ended; empty until evaluated.';
COMMENT ON COLUMN fetches.ended IS 'Why there is no whole body; empty if it ended in order.';
COMMENT ON COLUMN fetches.reason IS 'The same in words.';
COMMENT ON COLUMN fetches.read IS 'Whether its record was read; false: an index names it.';
COMMENT ON COLUMN fetches.redirect IS 'The URL that it redirects to.';
COMMENT ON COLUMN fetches.digest IS 'Digest of the payload, as stated or as read.';
COMMENT ON COLUMN fetches.bytes IS 'Length of the payload; empty where it was not fetched.';
COMMENT ON COLUMN fetches.headers IS 'Response headers kept, as a JSON object.';
COMMENT ON COLUMN fetches.warc_file IS 'WARC file that holds its record.';
COMMENT ON COLUMN fetches.warc_offset IS 'Where the record begins in that file.';
COMMENT ON COLUMN fetches.warc_length IS 'Length of the record as stored.';

CREATE VIEW captures AS
SELECT s.snapshot, h.host, c.resource, h.domain, url_of(a.secure, i.host, a.resource) AS url_asked,
       coalesce(l.url, CASE WHEN l.status IS NOT NULL THEN url_of(l.secure, j.host, l.resource) END)
           AS url,
       CAST(c.hops + coalesce(l.hops, 0) AS INTEGER) AS hops,
       time_within(s.kind, l.fetch_time, s.first_capture, s.last_capture) AS fetch_time, l.status,
       c.outcome,
       CASE WHEN l.ended IS NULL AND p.text IS NOT NULL THEN p.digest END AS digest, l.headers,
       w.warc_file, l.warc_offset, l.warc_length, l.reason,
       CASE WHEN s.kind = 'crawl' AND (l.fetch_time < s.first_capture OR l.fetch_time > s.last_capture)
            THEN l.fetch_time END AS stated_time
FROM conclusions.captures c
JOIN kept_snapshots s ON s.id = c.snapshot
JOIN facts.hosts h ON h.id = c.host
LEFT JOIN facts.fetches a ON a.id = c.first
LEFT JOIN facts.hosts i ON i.id = a.host
LEFT JOIN facts.fetches l ON l.id = c.last
LEFT JOIN facts.hosts j ON j.id = l.host
LEFT JOIN facts.payloads p ON p.id = l.payload
LEFT JOIN facts.warc_files w ON w.id = l.warc_file;
COMMENT ON VIEW captures IS 'What a snapshot knows about a resource of a host: if there are several fetches, those that count, with redirects followed (docs/method.md).';
COMMENT ON COLUMN captures.snapshot IS 'The point of the time axis.';
COMMENT ON COLUMN captures.host IS 'The host asked for.';
COMMENT ON COLUMN captures.resource IS 'The path asked for: /robots.txt, or / where live --probe-page asked for the home page.';
COMMENT ON COLUMN captures.domain IS 'Registered domain of the host; empty for an IP address.';
COMMENT ON COLUMN captures.url_asked IS 'First URL of the chain. It is on the fallback host if that one was asked in place of the host.';
COMMENT ON COLUMN captures.url IS 'URL that answered, after redirects.';
COMMENT ON COLUMN captures.hops IS 'Redirects followed.';
COMMENT ON COLUMN captures.fetch_time IS 'When the last answer was fetched; where its record states a time outside of its crawl, the crawl''s first or last.';
COMMENT ON COLUMN captures.status IS 'HTTP status of the last answer; empty if there was none.';
COMMENT ON COLUMN captures.outcome IS 'How the capture ended: ok, absent, refused, not_robots, not_captured, ...';
COMMENT ON COLUMN captures.digest IS 'Digest of the payload, where one is stored.';
COMMENT ON COLUMN captures.headers IS 'Response headers kept, as a JSON object.';
COMMENT ON COLUMN captures.warc_file IS 'WARC file that holds the last answer.';
COMMENT ON COLUMN captures.warc_offset IS 'Where its record begins in that file.';
COMMENT ON COLUMN captures.warc_length IS 'Length of the record as stored.';
COMMENT ON COLUMN captures.reason IS 'Why there was no answer, or no whole one, in words.';
COMMENT ON COLUMN captures.stated_time IS 'The time that the record states, where it lies outside of its crawl: a server''s clock was wrong; else empty.';

CREATE VIEW payloads AS
SELECT p.digest, p.bytes, CASE WHEN t.whole THEN t.body END AS body, q.policy, j.ambiguous_group,
       j.template, CASE WHEN NOT t.whole THEN t.name END AS text
FROM facts.payloads p
JOIN facts.texts t ON t.id = p.text
LEFT JOIN conclusions.judgements j ON j.text = p.text
LEFT JOIN conclusions.policies q ON q.id = j.policy;
COMMENT ON VIEW payloads IS 'The payloads of answers, each stored once, with what they mean.';
COMMENT ON COLUMN payloads.digest IS 'sha1: and the base32 of the payload''s SHA-1, as in WARC.';
COMMENT ON COLUMN payloads.bytes IS 'Length of the payload.';
COMMENT ON COLUMN payloads.body IS 'The payload, compressed by zlib; empty where only its text is kept.';
COMMENT ON COLUMN payloads.policy IS 'What it means; empty until evaluated.';
COMMENT ON COLUMN payloads.ambiguous_group IS 'A registered crawler''s groups are joined over a Crawl-delay or unknown line, which owners may not have intended.';
COMMENT ON COLUMN payloads.template IS 'The templates whose marks are in it, with commas; empty if none is known.';
COMMENT ON COLUMN payloads.text IS 'The text that is judged in its place, where a scan kept one.';

-- The payloads to read: where a scan kept their texts alone, the text, in which lines that mean
-- nothing are emptied.
CREATE VIEW bodies AS
SELECT p.digest, t.body, NOT t.whole AS is_text
FROM facts.payloads p JOIN facts.texts t ON t.id = p.text;

CREATE VIEW policies AS SELECT policy FROM conclusions.policies;
COMMENT ON VIEW policies IS 'One row per distinct vector of verdicts.';
COMMENT ON COLUMN policies.policy IS 'Digest of the vector and of what it was decided with.';

CREATE VIEW verdicts AS
SELECT q.policy, k.token, v.restriction, v.basis, v.root_allowed, v.authored_by, v.ruleset,
       v.matched_token, v.strict, v.strict_root_allowed
FROM conclusions.verdicts v
JOIN conclusions.policies q ON q.id = v.policy
JOIN crawlers k ON k.id = v.crawler;
COMMENT ON VIEW verdicts IS 'What a policy means for each crawler.';
COMMENT ON COLUMN verdicts.policy IS 'The policy.';
COMMENT ON COLUMN verdicts.token IS 'The crawler.';
COMMENT ON COLUMN verdicts.restriction IS 'none, partial, all_but, full or unknown.';
COMMENT ON COLUMN verdicts.basis IS 'named, fallback (a group names another token that it obeys), wildcard, default or unknown.';
COMMENT ON COLUMN verdicts.root_allowed IS 'Whether / may be fetched; empty if unknown.';
COMMENT ON COLUMN verdicts.authored_by IS 'Who wrote the rule: a template, own (no known template) or wildcard; empty where nothing is blocked.';
COMMENT ON COLUMN verdicts.ruleset IS 'Digest of the normalised groups that block /, and of the template whose marks hold them: hosts with the same one share a rule set; the agent and the rule where it has one of each and no template; empty where / is not blocked.';
COMMENT ON COLUMN verdicts.matched_token IS 'The token whose group applies: its own, another that it obeys, or *; empty if no group does.';
COMMENT ON COLUMN verdicts.strict IS 'The restriction if it obeyed its own token alone, and then *.';
COMMENT ON COLUMN verdicts.strict_root_allowed IS 'Whether / may be fetched in that case.';

CREATE VIEW signals AS
SELECT p.digest, g.* EXCLUDE (text)
FROM conclusions.signals g JOIN facts.payloads p ON p.text = g.text;
COMMENT ON VIEW signals IS 'Preferences that payloads state in other ways than by rules.';
COMMENT ON COLUMN signals.digest IS 'The payload.';
COMMENT ON COLUMN signals.kind IS 'content-signal, content-usage, usage-token, rsl-license, disallow-ai-training, eu-2019-790, crawl-delay.';
COMMENT ON COLUMN signals.agents IS 'The agents of its group, in lower case; empty if it is outside of groups or is for all.';
COMMENT ON COLUMN signals.use IS 'What it is about: train, search, input, mine, all, reuse, personalize.';
COMMENT ON COLUMN signals.preference IS 'allow, disallow, terms (a licence), other, a level of reuse (immediate, reference, full), or seconds of delay.';
COMMENT ON COLUMN signals.value IS 'As it is written, up to 200 characters.';
COMMENT ON COLUMN signals.path IS 'The paths it is about, where it names some.';
COMMENT ON COLUMN signals.line IS 'Its line in the payload, from 1.';

CREATE VIEW header_signals AS
SELECT s.snapshot, h.host, c.outcome, g.* EXCLUDE (of_fetch)
FROM conclusions.captures c
JOIN conclusions.header_signals g ON g.of_fetch = c.last
JOIN kept_snapshots s ON s.id = c.snapshot
JOIN facts.hosts h ON h.id = c.host
WHERE c.resource = '/robots.txt' AND c.outcome IN ('ok', 'absent');
COMMENT ON VIEW header_signals IS 'Preferences that headers of robots.txt answers state, such as tdm-reservation. A header is about the answer that carries it.';
COMMENT ON COLUMN header_signals.snapshot IS 'The snapshot.';
COMMENT ON COLUMN header_signals.host IS 'The host asked for.';
COMMENT ON COLUMN header_signals.outcome IS 'How the capture ended: ok or absent.';
COMMENT ON COLUMN header_signals.kind IS 'header and the name of the header: content-usage, content-signal, x-robots-tag, tdm-reservation, tdm-policy, link.';
COMMENT ON COLUMN header_signals.agents IS 'The agents it names, in lower case; empty if it is for all.';
COMMENT ON COLUMN header_signals.use IS 'What it is about: train, search, input, mine, all, reuse, personalize.';
COMMENT ON COLUMN header_signals.preference IS 'allow, disallow, terms (an address), other, or a level of reuse.';
COMMENT ON COLUMN header_signals.value IS 'As it is written, up to 200 characters.';
COMMENT ON COLUMN header_signals.path IS 'The path whose answer carries it.';

CREATE VIEW training_preferences AS
SELECT p.digest, j.training AS preference, j.training_evidence AS evidence, j.training_line AS line
FROM conclusions.judgements j JOIN facts.payloads p ON p.text = j.text
WHERE j.training IS NOT NULL;
COMMENT ON VIEW training_preferences IS 'What payloads state about the training of AI models: rules, signals and preference tokens as one. The most restrictive statement counts.';
COMMENT ON COLUMN training_preferences.digest IS 'The payload.';
COMMENT ON COLUMN training_preferences.preference IS 'allowed, disallowed, partly (for some paths or some crawlers), not_stated, or unknown.';
COMMENT ON COLUMN training_preferences.evidence IS 'What states it: robots-rules (blocks of crawlers for training), or the kind of a signal; empty if nothing does.';
COMMENT ON COLUMN training_preferences.line IS 'Line of the signal in the payload, from 1; empty where rules state it.';

CREATE VIEW ineffective_lines AS
SELECT p.digest, i.fault, i.line, i.content, i.tokens, i.blocks
FROM conclusions.ineffective_lines i JOIN facts.payloads p ON p.text = i.text;
COMMENT ON VIEW ineffective_lines IS 'Lines of payloads that bind nobody, or not all crawlers that they were meant for. If they were read as they were meant, a verdict would change.';
COMMENT ON COLUMN ineffective_lines.digest IS 'The payload.';
COMMENT ON COLUMN ineffective_lines.fault IS 'Why: one_line, markup, invisible, lookalike, misspelt_key, no_colon, several_names, full_user_agent, odd_name, misspelt_name, no_group, not_a_path, space_in_path.';
COMMENT ON COLUMN ineffective_lines.line IS 'Its line in the payload, from 1.';
COMMENT ON COLUMN ineffective_lines.content IS 'The line as it is written, up to 200 characters.';
COMMENT ON COLUMN ineffective_lines.tokens IS 'The crawlers whose verdict would change.';
COMMENT ON COLUMN ineffective_lines.blocks IS 'Those of them that the line would block from /; no parser obeys this block.';

CREATE VIEW scans AS
SELECT s.snapshot, c.seed, c.share, c.planned, c.of, coalesce(f.files, 0) AS files,
       coalesce(d.faults, 0) AS faults
FROM facts.scans c
JOIN kept_snapshots s ON s.id = c.snapshot
LEFT JOIN (SELECT snapshot, count(*) AS files FROM facts.scanned_files GROUP BY snapshot) f
    ON f.snapshot = c.snapshot
LEFT JOIN (
    SELECT snapshot, CAST(sum(faults) AS BIGINT) AS faults FROM facts.scanned_shards
    GROUP BY snapshot
) d ON d.snapshot = c.snapshot;
COMMENT ON VIEW scans IS 'The scanned crawls, each by one plan.';
COMMENT ON COLUMN scans.snapshot IS 'The crawl.';
COMMENT ON COLUMN scans.seed IS 'Seed by which its files were sampled.';
COMMENT ON COLUMN scans.share IS 'Share of its files that was to be read.';
COMMENT ON COLUMN scans.planned IS 'Files the plan reads.';
COMMENT ON COLUMN scans.of IS 'Robotstxt files of the crawl.';
COMMENT ON COLUMN scans.files IS 'Files that are merged.';
COMMENT ON COLUMN scans.faults IS 'Places in them that could not be read.';

CREATE VIEW census AS
SELECT s.snapshot, h.host, h.domain, n.tld, n.file, l.status, c.outcome,
       CASE WHEN l.ended IS NULL THEN p.text END AS text, n.provider, n.captures, n.digests,
       n.representative, n.siblings
FROM conclusions.census n
JOIN kept_snapshots s ON s.id = n.snapshot
JOIN facts.hosts h ON h.id = n.host
JOIN conclusions.captures c ON c.snapshot = n.snapshot AND c.host = n.host
    AND c.resource = '/robots.txt'
JOIN facts.fetches l ON l.id = c.last
LEFT JOIN facts.payloads p ON p.id = l.payload;
COMMENT ON VIEW census IS 'The hosts of scanned crawls, each once a crawl, with the capture that counts.';
COMMENT ON COLUMN census.snapshot IS 'The crawl.';
COMMENT ON COLUMN census.host IS 'The host.';
COMMENT ON COLUMN census.domain IS 'Its registered domain; empty for an IP address.';
COMMENT ON COLUMN census.tld IS 'Its top-level domain; empty for an IP address.';
COMMENT ON COLUMN census.file IS 'Number of the WARC file with its capture: the cluster it was sampled in.';
COMMENT ON COLUMN census.status IS 'HTTP status of the last answer; empty if there was none.';
COMMENT ON COLUMN census.outcome IS 'How the capture ended.';
COMMENT ON COLUMN census.text IS 'Number of the text that answered, where there is a payload.';
COMMENT ON COLUMN census.provider IS 'Whose infrastructure answered, as the headers show; empty if they do not.';
COMMENT ON COLUMN census.captures IS 'How often the scanned files have its /robots.txt.';
COMMENT ON COLUMN census.digests IS 'Distinct payloads among them: more than one where the text changed or went back and forth.';
COMMENT ON COLUMN census.representative IS 'Whether it represents its registered domain: the domain itself, else its www, else the host with the shortest name, the first by alphabet.';
COMMENT ON COLUMN census.siblings IS 'Hosts of its registered domain in the scanned files, itself included; empty for an IP address.';


CREATE VIEW current_panel AS
SELECT * FROM panel WHERE panel = (SELECT panel FROM panels ORDER BY sampled DESC, panel LIMIT 1);
COMMENT ON VIEW current_panel IS 'The members of the panel that was sampled last.';

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
       CAST(s.first_capture AS DATE) >= k.documented_since AS documented, v.ruleset,
       v.matched_token, coalesce(v.strict, h.restriction, 'unknown') AS strict
FROM answers c
JOIN snapshots s ON s.snapshot = c.snapshot
LEFT JOIN current_panel p ON p.host = c.host
LEFT JOIN payloads y ON y.digest = c.text_digest
LEFT JOIN (FROM http_profiles WHERE http_profile = how) h ON h.status = c.bare_status
CROSS JOIN crawlers k
LEFT JOIN verdicts v ON v.policy = y.policy AND v.token = k.token;
COMMENT ON MACRO TABLE access_read_as IS 'Which crawler may crawl which host under an HTTP profile: a row per snapshot, host and crawler.';

CREATE VIEW access AS FROM access_read_as('rfc9309');
COMMENT ON VIEW access IS 'Which crawler may crawl which host: a row per snapshot, host and crawler, the status read as RFC 9309.';
COMMENT ON COLUMN access.documented IS 'Whether the crawler was documented at that date; empty if the date is unknown.';

CREATE VIEW access_ccbot AS FROM access_read_as('ccbot');
COMMENT ON VIEW access_ccbot IS 'The same as access, with the status read as Common Crawl''s crawler reads it.';
COMMENT ON COLUMN access_ccbot.documented IS 'Whether the crawler was documented at that date; empty if the date is unknown.';
