-- The hosts that are counted in the planned files of a crawl.  captures has host, domain and file of
-- every capture of a /robots.txt in the crawl's index, planned_files the files that are read.  A hash of
-- both names chooses one file of each host, so every file has its fair part of the hosts.
CREATE TEMP TABLE near AS  -- all hosts of the domains with a capture in the planned files
FROM captures c
SEMI JOIN (
    SELECT DISTINCT coalesce(domain, host) AS site FROM captures SEMI JOIN planned_files USING (file)
) s ON s.site = coalesce(c.domain, c.host);
CREATE TEMP TABLE counting AS
WITH hosts AS (
    SELECT host, any_value(domain) AS domain, arg_min(file, md5(host || ' ' || file)) AS file
    FROM near GROUP BY host
), domains AS (
    SELECT domain, representative_of(host, domain) AS host, count(*) AS siblings
    FROM hosts WHERE domain IS NOT NULL GROUP BY domain
)
SELECT h.host, h.file AS warc_file, coalesce(d.host = h.host, false) AS representative,
       CAST(d.siblings AS INTEGER) AS siblings
FROM hosts h
SEMI JOIN planned_files p ON p.file = h.file
LEFT JOIN domains d ON d.domain = h.domain
ORDER BY h.file, h.host;
