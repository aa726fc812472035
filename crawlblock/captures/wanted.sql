-- The rule of selection.py, set by set, for the snapshots in the temporary table unselected: first
-- this, then reached.sql for some hosts at a time, redirects.sql, and selection.sql for some hosts at
-- a time.  `endings` and `outcomes` hold what outcome.py says of each fetch.

-- A chain as a row that orders chains by merit: class, time of the first fetch, https, and then any
-- fixed order.  The rest does not order but goes along, so that one max() finds all of the best.
CREATE OR REPLACE TEMP MACRO ranked(goodness, f, last, hops, outcome) AS
    {'goodness': goodness, 'moment': coalesce(f.fetch_time, TIMESTAMP '0001-01-01'),
     'secure': coalesce(f.secure, false), 'digest': coalesce(f.digest, ''),
     'warc_offset': coalesce(f.warc_offset, 0), 'first': f.id, 'last': last, 'hops': hops,
     'outcome': outcome};

CREATE OR REPLACE TEMP MACRO steps(fetches) AS TABLE
SELECT f.id, f.snapshot, f.host, f.resource, f.secure,
       time_within(n.kind, f.fetch_time, n.first_capture, n.last_capture) AS fetch_time,
       f.status, f.ended,
       f.resource <> '/robots.txt' AS page, f.warc_offset, p.digest, e.outcome, o.goodness,
       md5_number(url_of(f.secure, h.host, f.resource)) AS url,
       md5_number(CASE WHEN f.status BETWEEN 300 AND 399 THEN f.redirect END) AS target
FROM query_table(fetches) f
JOIN facts.snapshots n ON n.id = f.snapshot
JOIN facts.hosts h ON h.id = f.host
LEFT JOIN facts.payloads p ON p.id = f.payload
LEFT JOIN conclusions.bodies b ON b.text = p.text
JOIN conclusions.endings e ON e.status IS NOT DISTINCT FROM f.status
    AND e.ended IS NOT DISTINCT FROM f.ended AND e.body IS NOT DISTINCT FROM b.body
    AND e.read = f.read AND e.leads = (f.redirect IS NOT NULL)
JOIN outcomes o ON o.outcome = e.outcome;

-- Whom a capture is wanted of: the hosts that were asked, and all that a scan has.
CREATE OR REPLACE TEMP TABLE wanted AS
SELECT DISTINCT a.snapshot, a.host, a.resource, a.fallback
FROM facts.asked a SEMI JOIN unselected u ON u.snapshot = a.snapshot
UNION ALL
SELECT DISTINCT f.snapshot, f.host, f.resource, NULL
FROM facts.fetches f
SEMI JOIN unselected u ON u.snapshot = f.snapshot
SEMI JOIN facts.scans c ON c.snapshot = f.snapshot
WHERE f.resource = '/robots.txt';

-- The URLs to which redirects lead, and the fetches of these URLs, which reached.sql adds.
CREATE OR REPLACE TEMP TABLE targets AS
SELECT DISTINCT f.snapshot, md5_number(f.redirect) AS target
FROM facts.fetches f SEMI JOIN unselected u ON u.snapshot = f.snapshot
WHERE f.status BETWEEN 300 AND 399 AND f.redirect IS NOT NULL;
CREATE OR REPLACE TEMP TABLE reached (
    id BIGINT, snapshot USMALLINT, page BOOLEAN, url UHUGEINT, target UHUGEINT, goodness INTEGER,
    outcome VARCHAR
);
