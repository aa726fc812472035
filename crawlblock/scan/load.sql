-- A batch of shards into the database: the temporary table batch holds its captures, new_files and
-- new_shards say where they are from.
INSERT INTO scanned_shards BY NAME FROM new_shards;
INSERT INTO scanned_files
SELECT n.snapshot,
       coalesce(s.last, 0) + row_number() OVER (PARTITION BY n.snapshot ORDER BY n.warc_file),
       n.warc_file, n.shard
FROM new_files n
LEFT JOIN (SELECT snapshot, max(file) AS last FROM scanned_files GROUP BY snapshot) s
    USING (snapshot);
INSERT INTO scanned_captures
SELECT b.snapshot, b.host, b.resource, b.url, b.fetch_time, b.status, b.outcome, b.redirect,
       b.digest, b.bytes, b.text, b.headers, f.file, b.warc_offset, b.warc_length
FROM batch b
JOIN scanned_files f ON f.snapshot = b.snapshot AND f.warc_file = b.warc_file;
INSERT INTO snapshots
SELECT snapshot, 'crawl', min(fetch_time), max(fetch_time) FROM batch
GROUP BY snapshot ORDER BY snapshot
ON CONFLICT DO UPDATE SET first_capture = least(snapshots.first_capture, excluded.first_capture),
                          last_capture = greatest(snapshots.last_capture, excluded.last_capture);
UPDATE scans SET settled = NULL WHERE snapshot IN (SELECT snapshot FROM new_shards);
