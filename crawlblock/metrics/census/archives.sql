-- title: Web archives that sites block, and whether they let search in
-- unit: share of hosts or registered domains, 0 to 1
-- of: census
-- note: By archive, by the rules of robots.txt for /. An archive with several crawlers is blocked where one of them is blocked, and has a row for each crawler as well (token); crawlers counts those documented by then. national libraries: the web archives of national libraries together. any web archive: all but Common Crawl, which collects data for research and has its own rows. By measure. blocked: by a group that names a crawler of the archive or by the group for all crawlers. blocked by name: by a group that names the crawler or another token that it obeys. blocked, search let in: blocked, while Googlebot and bingbot may crawl. A name that another operator used before, such as ia_archiver, counts for the archive that has it today. A robots.txt does not say whether an archive obeys it.
WITH sets AS (FROM archives_of('counted_meanings')),
asked AS (
    SELECT c.* EXCLUDE (answer), s.* EXCLUDE (snapshot_date, answer)
    FROM answer_counts c
    JOIN sets s ON s.snapshot_date = c.snapshot_date AND s.answer IS NOT DISTINCT FROM c.answer
), results AS (
    SELECT *, CASE WHEN crawlers = 0 THEN 'no crawler of a web archive is known' END AS reason
    FROM clustered_shares_of('asked')
)
SELECT * EXCLUDE (reason)
         REPLACE (coalesce(reason, no_estimate) AS no_estimate,
                  coalesce(reason, no_interval) AS no_interval)
FROM results
ORDER BY population, http_profile, snapshot_date, snapshot, archive, token, measure;
