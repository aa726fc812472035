-- Adds to reached the fetches of the temporary view part_of_fetches to which a redirect may lead: of
-- URLs that one names, with an HTTP answer.  `page` says whether a home page was asked for: it is no
-- answer to a request for robots.txt.  There are millions, so they are without what only orders
-- fetches of one URL.
INSERT INTO reached
SELECT s.id, s.snapshot, w.page, s.url, s.target, s.goodness, s.outcome
FROM steps('part_of_fetches') s
SEMI JOIN targets t
    ON t.snapshot = s.snapshot AND t.target = s.url
JOIN (SELECT DISTINCT snapshot, resource <> '/robots.txt' AS page FROM wanted) w
    ON w.snapshot = s.snapshot
WHERE s.status IS NOT NULL AND (w.page OR s.ended IS DISTINCT FROM 'home_page');
