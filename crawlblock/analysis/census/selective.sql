-- title: Who is refused while another is let in, in a whole crawl
-- unit: share of hosts or of registered domains, 0 to 1
-- note: Hosts that pick whom to refuse /, or refuse by a list. archive, not search: a named archive or open-data crawler is refused, no registered search crawler is. GPTBot, not CCBot and CCBot, not GPTBot: the one without the other. open data as collateral: an open-data crawler and ten or more AI crawlers are refused by name, as in a list. Crawlers count from the day they are documented. population hosts: every host of which the merged files hold a robots.txt request, by its newest good capture; domains: every registered domain, by its apex host, else its www, else its host with the shortest name. low and high are the 95 % interval of drawing WARC files, which are clusters of hosts: empty from a single file, both the estimate of a whole crawl, which has no such error. A host that lies in many files is more surely in a share of them.
WITH sides AS (
    SELECT snapshot_date, answer,
           bool_and(root_allowed IS NOT NULL) AS known,
           bool_or(NOT root_allowed AND basis = 'named') FILTER (openness = 'open') AS open_named,
           bool_or(NOT root_allowed) FILTER (purpose = 'search') AS search,
           bool_or(NOT root_allowed) FILTER (token = 'CCBot') AS ccbot,
           bool_or(NOT root_allowed) FILTER (token = 'GPTBot') AS gptbot,
           count(*) FILTER (ai AND NOT root_allowed AND basis = 'named') AS named
    FROM census_meanings GROUP BY ALL
), kinds AS (
    SELECT c.population, c.reading, c.snapshot, c.snapshot_date, c.cluster, c.hosts, s.known,
           k.selection,
           CASE k.selection
               WHEN 'archive, not search' THEN open_named AND NOT search
               WHEN 'GPTBot, not CCBot' THEN gptbot > ccbot  -- NULL until both are documented
               WHEN 'CCBot, not GPTBot' THEN ccbot > gptbot
               ELSE open_named AND named >= 10
           END AS holds
    FROM census_counts c
    JOIN sides s ON s.snapshot_date = c.snapshot_date AND s.answer IS NOT DISTINCT FROM c.answer
    CROSS JOIN (VALUES ('archive, not search'), ('GPTBot, not CCBot'), ('CCBot, not GPTBot'),
                       ('open data as collateral')) k(selection)
), drawn AS (
    SELECT population, reading, snapshot, snapshot_date, selection, cluster,
           coalesce(sum(hosts) FILTER (known AND holds IS NOT NULL), 0) AS x,
           coalesce(sum(hosts) FILTER (known AND holds), 0) AS y,
           coalesce(sum(hosts) FILTER (NOT known OR holds IS NULL), 0) AS u
    FROM kinds GROUP BY ALL
), claims AS (
    SELECT population, reading, snapshot, snapshot_date, selection,
           CAST(sum(x) AS BIGINT) AS n, CAST(sum(u) AS BIGINT) AS n_unknown,
           CAST(sum(y) AS BIGINT) AS n_holding, sum(y) / nullif(sum(x), 0) AS estimate,
           cluster_variance(y, x, clusters, files, of) AS variance,
           count(*) FILTER (x > 0) - 1 AS freedom, max(files) AS files, max(of) AS of,
           sum(y) / sum(x + u) AS bound_low, sum(y + u) / sum(x + u) AS bound_high
    FROM drawn JOIN scan_shares s USING (snapshot, snapshot_date)
    GROUP BY ALL
)
SELECT population, reading, snapshot, snapshot_date, selection, n, n_unknown, n_holding, estimate,
       cluster_low(estimate, variance, n, freedom, files, of) AS low,
       cluster_high(estimate, variance, n, freedom, files, of) AS high, files, of
FROM claims
ORDER BY population, reading, snapshot_date, snapshot, selection;
