-- What the URLs in reached answer, after up to five redirects.

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
