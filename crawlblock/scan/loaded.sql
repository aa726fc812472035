-- What is known of a batch of shards once its facts are stored.
-- A shard that was read again takes the place of what was noted of it.
DELETE FROM facts.scanned_shards h USING new_shards n, facts.snapshots s
WHERE s.snapshot = n.snapshot AND h.snapshot = s.id AND h.shard = n.shard;
INSERT INTO facts.scanned_shards
SELECT s.id, n.shard, n.captures, n.bytes, n.faults
FROM new_shards n JOIN facts.snapshots s ON s.snapshot = n.snapshot;
-- Files without a capture have their number, too.
INSERT INTO facts.warc_files
SELECT (SELECT coalesce(max(id), 0) FROM facts.warc_files)
           + row_number() OVER (ORDER BY warc_file), warc_file
FROM new_files ANTI JOIN facts.warc_files USING (warc_file);
INSERT INTO facts.scanned_files
SELECT s.id, coalesce(l.last, 0) + row_number() OVER (PARTITION BY s.id ORDER BY n.warc_file),
       w.id, n.shard
FROM new_files n
JOIN facts.snapshots s ON s.snapshot = n.snapshot
JOIN facts.warc_files w ON w.warc_file = n.warc_file
LEFT JOIN (
    SELECT snapshot, max(number) AS last FROM facts.scanned_files GROUP BY snapshot
) l ON l.snapshot = s.id
ANTI JOIN facts.scanned_files h ON h.snapshot = s.id AND h.warc_file = w.id;
-- Where no plan says when a crawl was made, its captures do.
UPDATE facts.snapshots s
SET first_capture = least(s.first_capture, b.first_capture),
    last_capture = greatest(s.last_capture, b.last_capture)
FROM (
    SELECT snapshot, min(fetch_time) AS first_capture, max(fetch_time) AS last_capture
    FROM batch ANTI JOIN (FROM new_shards WHERE dated) USING (snapshot) GROUP BY snapshot
) b
WHERE b.snapshot = s.snapshot;
DROP VIEW temp.new_fetches;
DROP VIEW temp.new_asked;
DROP VIEW temp.new_snapshots;
DROP TABLE temp.new_payloads;
DROP TABLE temp.new_texts;
DROP TABLE temp.batch;
