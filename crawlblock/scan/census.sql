-- The census of the crawl named by the variable snapshot, for the registered domains of one part (the
-- variables part and parts).  Finding the hosts that represent the domains took 6.7 GB when it was done
-- for 46 million hosts at once, with DuckDB limited to 4 GiB.
INSERT INTO conclusions.census BY NAME
WITH host_of_part AS (
    SELECT id, host, domain FROM facts.hosts
    WHERE hash(coalesce(domain, host)) % getvariable('parts') = getvariable('part')
), counted_here AS (
    SELECT c.*, h.host AS name, h.domain FROM counted c JOIN host_of_part h ON h.id = c.host
), representatives AS (
    SELECT domain, count(*) AS siblings, representative_of(name, domain) AS name
    FROM counted_here WHERE domain IS NOT NULL GROUP BY domain
)
SELECT getvariable('snapshot') AS snapshot, s.host,
       CASE WHEN s.domain IS NOT NULL THEN regexp_extract(s.name, '([^.:]+)(:\d+)?$', 1) END AS tld,
       s.file, p.provider, f.captures, f.digests,
       coalesce(s.representative, t.name = s.name, false) AS representative,
       coalesce(s.siblings, t.siblings) AS siblings
FROM counted_here s
JOIN unstable f ON f.host = s.host
LEFT JOIN provider p ON p.marks = s.marks
LEFT JOIN representatives t ON t.domain = s.domain;
