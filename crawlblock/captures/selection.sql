-- Which fetches count for the hosts of the snapshots in the temporary table unselected: the rule of
-- selection.py, set by set.  `endings` and `outcomes` hold what outcome.py says of each fetch.

-- A chain as a row that orders chains by merit: class, time of the first fetch, https, and then any
-- fixed order.  The rest does not order but goes along, so that one max() finds all of the best.
CREATE OR REPLACE TEMP MACRO ranked(goodness, f, last, hops, outcome) AS
    {'goodness': goodness, 'moment': coalesce(f.fetch_time, TIMESTAMP '0001-01-01'),
     'secure': coalesce(f.secure, false), 'digest': coalesce(f.digest, ''),
     'warc_offset': coalesce(f.warc_offset, 0), 'first': f.id, 'last': last, 'hops': hops,
     'outcome': outcome};

CREATE OR REPLACE TEMP TABLE step AS
SELECT f.id, f.snapshot, f.host, f.resource, f.secure,
       time_within(n.kind, f.fetch_time, n.first_capture, n.last_capture) AS fetch_time,
       f.status, f.ended,
       f.resource <> '/robots.txt' AS page, f.warc_offset, p.digest, e.outcome, o.goodness,
       md5_number(url_of(f.secure, h.host, f.resource)) AS url,
       md5_number(CASE WHEN f.status BETWEEN 300 AND 399 THEN f.redirect END) AS target
FROM facts.fetches f
SEMI JOIN unselected u ON u.snapshot = f.snapshot
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
SELECT DISTINCT s.snapshot, s.host, s.resource, NULL
FROM step s SEMI JOIN facts.scans c ON c.snapshot = s.snapshot
WHERE s.resource = '/robots.txt';

-- The fetches that a redirect may lead to: of URLs that one names, with an HTTP answer.  `page`
-- tells whether a home page was asked for: one is no answer to who asked for robots.txt.
CREATE OR REPLACE TEMP TABLE reached AS
SELECT s.* REPLACE (w.page AS page) FROM step s
SEMI JOIN (SELECT DISTINCT snapshot, target FROM step) t
    ON t.snapshot = s.snapshot AND t.target = s.url
JOIN (SELECT DISTINCT snapshot, resource <> '/robots.txt' AS page FROM wanted) w
    ON w.snapshot = s.snapshot
WHERE s.status IS NOT NULL AND (w.page OR s.ended IS DISTINCT FROM 'home_page');

-- What each URL answers after so many redirects: none at first, then one more each time.
CREATE OR REPLACE TEMP TABLE answer AS
SELECT snapshot, page, url, max(ranked(goodness, r, id, 0, outcome)) AS best,
       bool_or(target IS NOT NULL) AS moves
FROM reached r GROUP BY snapshot, page, url;
CREATE OR REPLACE TEMP TABLE moving AS
SELECT r.* FROM reached r SEMI JOIN (FROM answer WHERE moves) a
    ON a.snapshot = r.snapshot AND a.page = r.page AND a.url = r.url;

-- A redirect is replaced by what its target answers, unless that is nothing or leads nowhere.
CREATE OR REPLACE TEMP MACRO followed(fetches, answers) AS TABLE
SELECT f.snapshot, f.page, f.url, f.host, f.resource, f.status,
       ranked(coalesce(a.best.goodness, f.goodness), f, coalesce(a.best.last, f.id),
              coalesce(a.best.hops + 1, 0), coalesce(a.best.outcome, f.outcome)) AS chain
FROM query_table(fetches) f
LEFT JOIN (FROM query_table(answers) WHERE best.outcome <> 'redirect_unresolved') a
    ON a.snapshot = f.snapshot AND a.page = f.page AND a.url = f.target;
CREATE OR REPLACE TEMP MACRO one_hop_more(answers) AS TABLE
SELECT snapshot, page, url, max(chain) AS best, true AS moves
FROM followed('moving', answers) GROUP BY snapshot, page, url
UNION ALL
FROM answer WHERE NOT moves;

-- A chain has at most five redirects: the first one, and four behind it.
CREATE OR REPLACE TEMP TABLE answer_1 AS FROM one_hop_more('answer');
CREATE OR REPLACE TEMP TABLE answer_2 AS FROM one_hop_more('answer_1');
CREATE OR REPLACE TEMP TABLE answer_3 AS FROM one_hop_more('answer_2');
CREATE OR REPLACE TEMP TABLE answer_4 AS FROM one_hop_more('answer_3');

CREATE OR REPLACE TEMP TABLE chain AS
SELECT f.* FROM followed('step', 'answer_4') f
SEMI JOIN (
    SELECT snapshot, host, resource FROM wanted
    UNION
    SELECT snapshot, fallback, resource FROM wanted WHERE fallback IS NOT NULL
) w ON w.snapshot = f.snapshot AND w.host = f.host AND w.resource = f.resource;

-- The fallback counts where no fetch of the host itself has an HTTP status.
CREATE OR REPLACE TEMP TABLE candidate AS
SELECT w.host AS wanted, c.* FROM wanted w
JOIN chain c ON c.snapshot = w.snapshot AND c.host = w.host AND c.resource = w.resource;
INSERT INTO candidate
SELECT w.host, c.* FROM wanted w
JOIN chain c ON c.snapshot = w.snapshot AND c.host = w.fallback AND c.resource = w.resource
ANTI JOIN (FROM candidate WHERE status IS NOT NULL) k
    ON k.snapshot = w.snapshot AND k.wanted = w.host AND k.resource = w.resource;

DELETE FROM conclusions.captures WHERE snapshot IN (FROM unselected);
INSERT INTO conclusions.captures
SELECT w.snapshot, w.host, w.resource, c.best.first, c.best.last, coalesce(c.best.hops, 0),
       coalesce(c.best.outcome, 'not_captured')
FROM (SELECT DISTINCT snapshot, host, resource FROM wanted) w
LEFT JOIN (
    SELECT snapshot, wanted, resource, max(chain) AS best
    FROM candidate GROUP BY snapshot, wanted, resource
) c ON c.snapshot = w.snapshot AND c.wanted = w.host AND c.resource = w.resource;
