-- title: How much more one kind of crawler is blocked than another
-- unit: difference of shares of hosts, -1 to 1
-- of: panel
-- note: The share of hosts that block / to the first minus the share that block it to the second, among the same hosts, by the rules of robots.txt. Pairs: CCBot with GPTBot, ClaudeBot, Google-Extended, meta-externalagent, Bytespider, Amazonbot and Applebot-Extended, which belong to closed companies; CCBot and GPTBot with Googlebot; archive.org_bot with CCBot and GPTBot. Closed training: crawlers for training whose collection is not open. Of a set of crawlers (open data, web archives, closed training) each share is the mean over its crawlers, so the size of a set does not matter; first_crawlers and second_crawlers say how many were documented by then. first_only and second_only are the hosts that block more of the one side than of the other. n_unknown hosts are left out. The interval of two crawlers is Newcombe's for pairs, that of sets is normal.
WITH answered AS (
    SELECT c.* EXCLUDE (answer), s.* EXCLUDE (snapshot_date, answer)
    FROM segment_answers c
    JOIN sides_of('counted_meanings') s
        ON s.snapshot_date = c.snapshot_date AND s.answer IS NOT DISTINCT FROM c.answer
), pairs AS (
    SELECT * EXCLUDE (first, second, sets),
           first > 0 AS first, second > 0 AS second
    FROM answered WHERE NOT sets
), scores AS (FROM answered WHERE sets)
SELECT * RENAME (n_first AS first_only, n_second AS second_only) FROM paired_shares('pairs')
UNION ALL BY NAME
SELECT * RENAME (n_first AS first_only, n_second AS second_only) FROM mean_gaps('scores')
ORDER BY population, http_profile, snapshot_date, snapshot, dimension, segment, comparison,
         estimand DESC;
