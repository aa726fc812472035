-- Facts that come in: names get numbers.  The relations new_fetches, new_asked, new_payloads,
-- new_texts, new_hosts and new_snapshots hold them, with the columns of captures/frames.py and
-- store/facts.py; the temporary table coming then holds the fetches with numbers.
INSERT INTO facts.snapshots
SELECT (SELECT coalesce(max(id), 0) FROM facts.snapshots) + row_number() OVER (ORDER BY snapshot),
       snapshot, kind, first_capture, last_capture
FROM new_snapshots n
WHERE snapshot NOT IN (SELECT snapshot FROM facts.snapshots);

INSERT INTO facts.hosts
SELECT (SELECT coalesce(max(id), 0) FROM facts.hosts) + row_number() OVER (ORDER BY host),
       host, domain
FROM new_hosts ANTI JOIN facts.hosts USING (host);

INSERT INTO facts.warc_files
SELECT (SELECT coalesce(max(id), 0) FROM facts.warc_files)
           + row_number() OVER (ORDER BY warc_file), warc_file
FROM (SELECT DISTINCT warc_file FROM new_fetches WHERE warc_file IS NOT NULL)
ANTI JOIN facts.warc_files USING (warc_file);

INSERT INTO facts.texts
SELECT (SELECT coalesce(max(id), 0) FROM facts.texts) + row_number() OVER (ORDER BY name),
       name, body, whole
FROM new_texts ANTI JOIN facts.texts USING (name);

-- A payload that was only named before gets its text, and a text that a scan kept gives way to the
-- payload itself.
UPDATE facts.payloads p SET bytes = n.bytes, text = t.id
FROM new_payloads n
JOIN facts.texts t ON t.name = n.text
WHERE p.digest = n.digest
  AND (p.text IS NULL OR t.whole AND p.text <> t.id);
INSERT INTO facts.payloads
SELECT (SELECT coalesce(max(id), 0) FROM facts.payloads) + row_number() OVER (ORDER BY d.digest),
       d.digest, n.bytes, t.id
FROM (
    SELECT digest FROM new_fetches WHERE digest IS NOT NULL UNION SELECT digest FROM new_payloads
) d
LEFT JOIN new_payloads n ON n.digest = d.digest
LEFT JOIN facts.texts t ON t.name = n.text
ANTI JOIN facts.payloads p ON p.digest = d.digest;

CREATE OR REPLACE TEMP TABLE coming AS
SELECT s.id AS snapshot, h.id AS host, n.resource, n.secure, n.url, n.hops, n.fetch_time, n.status,
       n.ended, n.reason, n.read,
       CASE WHEN n.read THEN getvariable('reader')::USMALLINT END AS reader, n.redirect,
       p.id AS payload, n.headers, w.id AS warc_file,
       n.warc_offset, n.warc_length
FROM new_fetches n
JOIN facts.snapshots s ON s.snapshot = n.snapshot
JOIN facts.hosts h ON h.host = n.host
LEFT JOIN facts.payloads p ON p.digest = n.digest
LEFT JOIN facts.warc_files w ON w.warc_file = n.warc_file;
