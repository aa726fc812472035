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
-- file, is one, too.
CREATE OR REPLACE TEMP TABLE coming AS
SELECT c.* FROM coming c
ANTI JOIN facts.fetches p
    ON p.snapshot = c.snapshot AND p.warc_file = c.warc_file AND p.warc_offset = c.warc_offset
    AND p.host = c.host AND p.resource = c.resource
    AND p.fetch_time IS NOT DISTINCT FROM c.fetch_time
ANTI JOIN facts.fetches f
    ON f.snapshot = c.snapshot AND f.host = c.host AND f.resource = c.resource
    AND f.secure IS NOT DISTINCT FROM c.secure AND f.fetch_time IS NOT DISTINCT FROM c.fetch_time
    AND f.status IS NOT DISTINCT FROM c.status AND f.payload IS NOT DISTINCT FROM c.payload
    AND f.ended IS NOT DISTINCT FROM c.ended
    AND (f.warc_file IS DISTINCT FROM c.warc_file OR c.warc_offset IS NULL);
