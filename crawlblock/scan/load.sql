-- A batch of shards as the facts that come in: the temporary table batch holds its captures,
-- new_files and new_shards say where they are from.
CREATE OR REPLACE TEMP VIEW new_fetches AS
SELECT snapshot, host, resource, secure, NULL AS url, 0 AS hops, fetch_time, status, ended, reason,
       true AS read, redirect, digest, headers, warc_file, warc_offset, warc_length
FROM batch;
CREATE OR REPLACE TEMP VIEW new_asked AS
SELECT snapshot, host, resource, NULL::VARCHAR AS fallback FROM batch WHERE false;
CREATE OR REPLACE TEMP TABLE new_payloads AS
SELECT digest, any_value(bytes) AS bytes,
       CASE WHEN bool_or(body IS NOT NULL) THEN digest ELSE min(text) END AS text
FROM batch WHERE digest IS NOT NULL AND text IS NOT NULL GROUP BY digest;
CREATE OR REPLACE TEMP VIEW new_snapshots AS
SELECT DISTINCT snapshot, 'crawl' AS kind, NULL::TIMESTAMP AS first_capture,
       NULL::TIMESTAMP AS last_capture
FROM new_shards;
