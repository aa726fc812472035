-- What a census says of each host of the crawl named by the variable snapshot, from the captures that
-- count.  A crawl has tens of millions of hosts; what depends on their names is in census.sql.

-- Marks that are in the headers; few combinations are, and each is looked at once.
CREATE OR REPLACE TEMP MACRO marks_in(headers) AS array_to_string(
    regexp_extract_all(lower(headers), getvariable('provider_pattern')), chr(10));
CREATE OR REPLACE TEMP MACRO provider_of(marks) AS list_filter(getvariable('provider_marks'),
    lambda mark: contains(marks, mark.needle))[1].provider;

CREATE OR REPLACE TEMP TABLE unstable AS
SELECT host, CAST(sum(captures) AS INTEGER) AS captures, CAST(count(payload) AS INTEGER) AS digests
FROM (
    SELECT host, CASE WHEN ended IS NULL THEN payload END AS payload, count(*) AS captures
    FROM facts.fetches
    WHERE snapshot = getvariable('snapshot') AND resource = '/robots.txt' GROUP BY ALL
)
GROUP BY host;
-- Of a share of the files, the hosts that are counted in them, where the crawl's index was read for it.
CREATE OR REPLACE TEMP TABLE counting AS
SELECT h.id AS host, w.id AS counting_file, k.representative, k.siblings
FROM facts.counting_files k
JOIN facts.hosts h ON h.host = k.host
LEFT JOIN facts.warc_files w ON w.warc_file = k.warc_file
WHERE k.snapshot = getvariable('snapshot');
CREATE OR REPLACE TEMP TABLE counted AS
SELECT c.host, n.number AS file, marks_in(l.headers) AS marks, k.representative, k.siblings
FROM conclusions.captures c
JOIN facts.fetches a ON a.id = c.first
JOIN facts.fetches l ON l.id = c.last
LEFT JOIN counting k ON k.host = c.host
JOIN facts.scanned_files n
    ON n.snapshot = c.snapshot AND n.warc_file = coalesce(k.counting_file, a.warc_file)
WHERE c.snapshot = getvariable('snapshot') AND c.resource = '/robots.txt'
    AND (k.counting_file IS NOT NULL OR NOT EXISTS (
        FROM facts.counting_files WHERE snapshot = getvariable('snapshot')
    ));
CREATE OR REPLACE TEMP TABLE provider AS
SELECT marks, provider_of(marks) AS provider FROM (SELECT DISTINCT marks FROM counted);

DELETE FROM conclusions.census WHERE snapshot = getvariable('snapshot');
