-- title: Whom sites block while they let others in
-- unit: share of hosts, 0 to 1
-- of: panel, census
-- note: By selection, by the rules of robots.txt for /. Search is let in where Googlebot and bingbot may crawl. Named means by the crawler's name or by another token that it obeys, not by *. A selection of several crawlers counts if one of them is blocked. Open data: crawlers whose collection is open to all, such as CCBot; web archives: those that keep pages for readers, such as the Internet Archive. everything: every registered crawler that obeys a group of * is blocked. open data named in a list of ten or more: a crawler for open data or a web archive is named, and ten AI crawlers or more are named in all. only Common Crawl: CCBot is blocked by name and no other AI crawler is blocked. Crawlers count from the day they were documented. A name that another operator used before counts only in open data or web archives, where it belongs today.
WITH selected AS (FROM selections_of('counted_meanings')),
asked AS (
    SELECT c.* EXCLUDE (answer), s.selection, s.yes
    FROM segment_answers c
    JOIN selected s
        ON s.snapshot_date = c.snapshot_date AND s.answer IS NOT DISTINCT FROM c.answer
)
FROM shares_of('asked')
ORDER BY population, http_profile, snapshot_date, snapshot, dimension, segment, selection,
         estimand DESC;
