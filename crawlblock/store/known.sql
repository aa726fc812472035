-- What of the fetches that come in is stored already: leave only the others in coming.

-- What an index named is completed when its record is read, and what could not be read is replaced
-- when another version reads it again.
UPDATE facts.fetches f
SET read = true, reader = c.reader, ended = c.ended, reason = c.reason, headers = c.headers,
    redirect = coalesce(c.redirect, f.redirect), payload = coalesce(c.payload, f.payload)
FROM coming c
WHERE c.read AND (NOT f.read OR f.ended IS NOT NULL AND f.reader IS DISTINCT FROM c.reader)
  AND f.snapshot = c.snapshot AND f.warc_file = c.warc_file
  AND f.warc_offset = c.warc_offset;
-- A place in a file holds one fetch.  The same fetch seen by two sources, or in two copies of a
-- file, is one, too.  Empty values are filled, because DuckDB is slow at joins that compare them.
CREATE OR REPLACE TEMP MACRO same_fetch(f) AS
    {'host': f.host, 'resource': f.resource, 'secure': coalesce(CAST(f.secure AS INTEGER), -1),
     'moment': coalesce(epoch_us(f.fetch_time), 0), 'status': coalesce(f.status, -1),
     'payload': coalesce(f.payload, 0), 'ended': coalesce(f.ended, '')};
CREATE OR REPLACE TEMP TABLE stored AS
SELECT snapshot, warc_file, warc_offset, same_fetch(f) AS fetch FROM facts.fetches f
WHERE snapshot IN (SELECT snapshot FROM coming);
CREATE OR REPLACE TEMP TABLE coming AS
SELECT c.* FROM coming c
ANTI JOIN stored p
    ON p.snapshot = c.snapshot AND p.warc_file = c.warc_file AND p.warc_offset = c.warc_offset
    AND p.fetch.host = c.host AND p.fetch.resource = c.resource
    AND p.fetch.moment = coalesce(epoch_us(c.fetch_time), 0)
ANTI JOIN (FROM stored WHERE warc_file IS NULL) f
    ON f.snapshot = c.snapshot AND f.fetch = same_fetch(c)
ANTI JOIN (FROM stored WHERE warc_file IS NOT NULL) e
    ON e.snapshot = c.snapshot AND e.fetch = same_fetch(c)
    AND e.warc_file IS DISTINCT FROM c.warc_file;
DROP TABLE temp.stored;
