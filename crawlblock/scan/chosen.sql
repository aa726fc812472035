-- Every host once, with the capture that counts.
INSERT INTO ends SELECT start, last, hops, goodness FROM ways;
CREATE OR REPLACE TEMP TABLE flaps AS
SELECT host, CAST(sum(captures) AS INTEGER) AS captures, CAST(count(digest) AS INTEGER) AS digests
FROM (
    SELECT host, digest, count(*) AS captures FROM crawl
    WHERE resource = '/robots.txt' GROUP BY host, digest
)
GROUP BY host;
CREATE OR REPLACE TEMP TABLE chosen AS
SELECT CAST(row_number() OVER () AS INTEGER) AS number, host, max_by(id, place) AS start, max_by(last, place) AS last, max_by(hops, place) AS hops
FROM (
    SELECT c.host, c.id, coalesce(e.last, c.id) AS last, coalesce(e.hops, 0) AS hops,
           merit(coalesce(e.goodness, goodness(c.status, c.outcome)), c.fetch_time, c.secure,
                 c.digest, c.warc_offset, c.warc_length) AS place
    FROM crawl c LEFT JOIN ends e ON e.start = c.id
    WHERE c.resource = '/robots.txt'
)
GROUP BY host;
CREATE OR REPLACE TEMP TABLE named (host VARCHAR, domain VARCHAR);
