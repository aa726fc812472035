-- Which capture of a host counts in the crawl named by the variable snapshot: the newest good one,
-- redirects followed inside the scanned captures.  Goodness and following are those of
-- sources/commoncrawl/history.py, but set by set.  URLs are compared by their MD5, which takes
-- less room.

-- A URL as look-ups compare it: lower-case host, no port that is the scheme's own, no fragment.
CREATE OR REPLACE TEMP MACRO url_parts(u) AS regexp_extract(
    u, '^(?i:(https?))://(?:[^/?#]*@)?(\[[^\]/?#]*\]|[^/?#:@]*?)\.*(?::(\d*))?(/[^?#]*)?(\?[^#]+)?(?:\?|#|$)',
    ['scheme', 'host', 'port', 'path', 'query'], 's');
CREATE OR REPLACE TEMP MACRO url_joined(p) AS CASE WHEN p.host <> '' THEN
    lower(p.scheme) || '://' || lower(p.host)
    || CASE WHEN coalesce(try_cast(p.port AS INTEGER), 0) = 0
                 OR p.port = CASE lower(p.scheme) WHEN 'https' THEN '443' ELSE '80' END THEN ''
            ELSE ':' || CAST(p.port AS INTEGER) END
    || CASE p.path WHEN '' THEN '/' ELSE p.path END || p.query END;
CREATE OR REPLACE TEMP MACRO normal_url(u) AS
    CASE WHEN regexp_full_match(u, 'https?://[a-z0-9.-]*[a-z0-9]/[^?#]*') THEN u
         ELSE url_joined(url_parts(u)) END;
CREATE OR REPLACE TEMP MACRO url_key(u) AS md5_number(normal_url(u));
CREATE OR REPLACE TEMP MACRO redirects(status) AS coalesce(status BETWEEN 300 AND 399, false);
-- 3 for a robots.txt, 2 for another answer, 1 for a page, 0 for a dead end or a damaged record.
CREATE OR REPLACE TEMP MACRO goodness(status, outcome) AS CASE
    WHEN redirects(status) OR outcome = 'damaged' THEN 0
    WHEN status <> 200 THEN 2
    WHEN outcome = 'ok' THEN 3
    ELSE 1 END;
-- A number that orders captures: by class, then time, then https; what is still equal by what the
-- record says, so that every run takes the same.
CREATE OR REPLACE TEMP MACRO merit(class, moment, secure, digest, warc_offset, warc_length) AS
    (CAST(class AS HUGEINT) * 18014398509481984  -- 2 ** 54
     + coalesce(epoch_us(moment), 0) * 2 + CAST(secure AS INTEGER)) * 1099511627776  -- 2 ** 40
    + hash(digest, warc_offset, warc_length) % 1099511627776;

CREATE OR REPLACE TEMP TABLE crawl AS
SELECT rowid AS id, host, resource, starts_with(url, 'https:') AS secure, fetch_time, status,
       outcome, digest, warc_offset, warc_length, url_key(url) AS url,
       CASE WHEN redirects(status) THEN url_key(redirect) END AS target
FROM scanned_captures WHERE snapshot = getvariable('snapshot');

-- Of each URL that a redirect leads to, the newest good capture, else the newest.
CREATE OR REPLACE TEMP TABLE steps AS
SELECT b.url, b.id, c.target, goodness(c.status, c.outcome) AS goodness
FROM (
    SELECT url, max_by(id, merit(CAST(coalesce(status = 200, false) AS INTEGER), fetch_time, secure,
                                 digest, warc_offset, warc_length)) AS id
    FROM crawl SEMI JOIN (SELECT DISTINCT target FROM crawl) t ON t.target = url
    GROUP BY url
) b
JOIN crawl c ON c.id = b.id;

CREATE OR REPLACE TEMP TABLE ways AS
SELECT id AS start, id AS last, 0 AS hops, 0 AS goodness, nullif(target, url) AS target,
       [url] AS seen
FROM crawl WHERE resource = '/robots.txt' AND redirects(status);
CREATE OR REPLACE TEMP TABLE ends (start BIGINT, last BIGINT, hops INTEGER, goodness INTEGER);
