-- The chosen captures into captures, payloads and census; the temporary table named has the
-- registered domains of the hosts.
-- Marks that stand in the headers; few combinations do, and each is looked at once.
CREATE OR REPLACE TEMP MACRO marks_in(headers) AS array_to_string(
    regexp_extract_all(lower(headers), getvariable('provider_pattern')), chr(10));
CREATE OR REPLACE TEMP MACRO provider_of(marks) AS list_filter(getvariable('provider_marks'),
    lambda mark: contains(marks, mark.needle))[1].provider;
CREATE OR REPLACE TEMP TABLE settled AS
SELECT getvariable('snapshot') AS snapshot, h.host, n.domain, a.url AS url_asked, a.file, h.hops,
       l.url, l.fetch_time, l.status, l.outcome, l.digest, l.bytes, l.text, l.headers,
       marks_in(l.headers) AS marks,
       l.file AS last_file, l.warc_offset, l.warc_length
FROM chosen h
JOIN named n ON n.host = h.host
JOIN scanned_captures a ON a.rowid = h.start
JOIN scanned_captures l ON l.rowid = h.last;
-- Where shards came later, a newer capture stands in place of an older one.
INSERT INTO captures BY NAME
SELECT s.snapshot, s.host, '/robots.txt' AS resource, s.domain, normal_url(url_asked) AS url_asked,
       s.url, s.hops, s.fetch_time, s.status, s.outcome, s.digest, s.headers, f.warc_file,
       s.warc_offset, s.warc_length
FROM settled s
JOIN scanned_files f ON f.snapshot = s.snapshot AND f.file = s.last_file
ANTI JOIN captures c ON c.snapshot = s.snapshot AND c.host = s.host AND c.hops = s.hops
    AND c.warc_file = f.warc_file AND c.warc_offset = s.warc_offset
ON CONFLICT DO UPDATE SET
    url_asked = excluded.url_asked, url = excluded.url, hops = excluded.hops,
    fetch_time = excluded.fetch_time, status = excluded.status, outcome = excluded.outcome,
    digest = excluded.digest, headers = excluded.headers, warc_file = excluded.warc_file,
    warc_offset = excluded.warc_offset, warc_length = excluded.warc_length;
INSERT INTO payloads BY NAME
SELECT s.digest, any_value(s.bytes) AS bytes, min(s.text) AS text
FROM settled s ANTI JOIN payloads p ON p.digest = s.digest
WHERE s.digest IS NOT NULL AND s.text IS NOT NULL
GROUP BY s.digest;
CREATE OR REPLACE TEMP TABLE standing AS  -- names of equal length in the order of the alphabet
SELECT domain, count(*) AS siblings,
       coalesce(min(host) FILTER (host = domain), min(host) FILTER (host = 'www.' || domain),
                substr(min(lpad(CAST(length(host) AS VARCHAR), 5, '0') || host), 6)) AS host
FROM settled WHERE domain IS NOT NULL GROUP BY domain;
DELETE FROM census WHERE snapshot = getvariable('snapshot');
INSERT INTO census BY NAME
SELECT s.snapshot, s.host, s.domain,
       CASE WHEN s.domain IS NOT NULL THEN regexp_extract(s.host, '([^.:]+)(:\d+)?$', 1) END AS tld,
       s.file, s.status, s.outcome, s.text, p.provider, f.captures,
       f.digests, coalesce(t.host = s.host, false) AS stands, t.siblings
FROM settled s
JOIN flaps f ON f.host = s.host
LEFT JOIN (
    SELECT marks, provider_of(marks) AS provider FROM (SELECT DISTINCT marks FROM settled)
) p ON p.marks = s.marks
LEFT JOIN standing t ON t.domain = s.domain;
