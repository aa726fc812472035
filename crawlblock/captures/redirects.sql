-- Where redirects lead in the snapshots in the temporary table unselected, and which hosts are wanted:
-- what all hosts share of the rule of selection.py, set by set.  `endings` and `outcomes` hold what
-- outcome.py says of each fetch.

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

-- The fetches that a redirect may lead to: of URLs that one names, with an HTTP answer.  `page`
-- says whether a home page was asked for: it is no answer to a request for robots.txt.  There are
-- millions, so they are without what only orders fetches of one URL.
CREATE OR REPLACE TEMP TABLE reached AS
WITH unselected_fetches AS (FROM facts.fetches SEMI JOIN unselected USING (snapshot)),
targets AS (
    SELECT DISTINCT snapshot, md5_number(redirect) AS target
    FROM unselected_fetches WHERE status BETWEEN 300 AND 399 AND redirect IS NOT NULL
)
SELECT s.id, s.snapshot, w.page, s.url, s.target, s.goodness, s.outcome
FROM steps('unselected_fetches') s
SEMI JOIN targets t
    ON t.snapshot = s.snapshot AND t.target = s.url
JOIN (SELECT DISTINCT snapshot, resource <> '/robots.txt' AS page FROM wanted) w
    ON w.snapshot = s.snapshot
WHERE s.status IS NOT NULL AND (w.page OR s.ended IS DISTINCT FROM 'home_page');

-- The few URLs that were fetched more than once or lead on, and their fetches, with all that orders
-- them.
CREATE OR REPLACE TEMP TABLE unclear AS
SELECT snapshot, page, url, bool_or(target IS NOT NULL) AS moves
FROM reached GROUP BY snapshot, page, url HAVING moves OR count(*) > 1;
CREATE OR REPLACE TEMP TABLE compared AS
WITH unclear_fetches AS (
    SELECT r.id, r.page, u.moves FROM reached r
    JOIN unclear u ON u.snapshot = r.snapshot AND u.page = r.page AND u.url = r.url
), their_facts AS (
    FROM facts.fetches f SEMI JOIN unclear_fetches u ON u.id = f.id
)
SELECT s.* REPLACE (u.page AS page), u.moves
FROM steps('their_facts') s JOIN unclear_fetches u ON u.id = s.id;

-- What each URL answers after so many redirects: none at first, then one more each time.
CREATE OR REPLACE TEMP TABLE answer AS
SELECT r.snapshot, r.page, r.url, r.goodness, r.id AS last, 0 AS hops, r.outcome, false AS moves
FROM reached r
ANTI JOIN unclear u ON u.snapshot = r.snapshot AND u.page = r.page AND u.url = r.url
UNION ALL
SELECT snapshot, page, url, best.goodness, best.last, best.hops, best.outcome, moves
FROM (
    SELECT snapshot, page, url, max(ranked(goodness, c, id, 0, outcome)) AS best, moves
    FROM compared c GROUP BY snapshot, page, url, moves
);
DROP TABLE temp.reached;

-- A redirect is replaced by what its target answers, unless that is nothing or leads nowhere.
CREATE OR REPLACE TEMP MACRO followed(fetches, answers) AS TABLE
SELECT f.snapshot, f.page, f.url, f.host, f.resource, f.status,
       ranked(coalesce(a.goodness, f.goodness), f, coalesce(a.last, f.id),
              coalesce(a.hops + 1, 0), coalesce(a.outcome, f.outcome)) AS chain
FROM query_table(fetches) f
LEFT JOIN (FROM query_table(answers) WHERE outcome <> 'redirect_unresolved') a
    ON a.snapshot = f.snapshot AND a.page = f.page AND a.url = f.target;

-- The URLs that lead on, and what those answer to which they lead.
CREATE OR REPLACE TEMP TABLE moving AS FROM compared WHERE moves;
CREATE OR REPLACE TEMP TABLE met AS
FROM answer a
SEMI JOIN moving m ON m.snapshot = a.snapshot AND m.page = a.page AND m.target = a.url;
CREATE OR REPLACE TEMP MACRO one_hop_more(answers) AS TABLE
SELECT snapshot, page, url, best.goodness, best.last, best.hops, best.outcome, true AS moves
FROM (
    SELECT snapshot, page, url, max(chain) AS best
    FROM followed('moving', answers) GROUP BY snapshot, page, url
)
UNION ALL
FROM met WHERE NOT moves;

-- A chain has at most five redirects: the first one, and four behind it.
CREATE OR REPLACE TEMP TABLE met_1 AS FROM one_hop_more('met');
CREATE OR REPLACE TEMP TABLE met_2 AS FROM one_hop_more('met_1');
CREATE OR REPLACE TEMP TABLE met_3 AS FROM one_hop_more('met_2');
CREATE OR REPLACE TEMP TABLE met_4 AS FROM one_hop_more('met_3');
DELETE FROM answer WHERE moves;
INSERT INTO answer FROM met_4 WHERE moves;

DELETE FROM conclusions.captures WHERE snapshot IN (FROM unselected);
