-- What the metrics of the census share: the hosts of scanned crawls, counted, and the interval of a
-- share that is known from some of a crawl's WARC files.  Files are sampled, not hosts: each file is a
-- cluster of hosts.

-- How much of each crawl is merged.  Of a whole crawl nothing is left to chance.  There are clusters
-- only if each host is counted in one file: else hosts in several files are counted too often.
CREATE VIEW scan_shares AS
SELECT p.snapshot, CAST(p.first_capture AS DATE) AS snapshot_date, count(*) AS files, c.planned,
       c.of, count(*) >= any_value(c.of) AS whole,
       CASE WHEN whole OR any_value(k.snapshot) IS NOT NULL THEN NULL
            WHEN any_value(c.planned) >= any_value(c.of) THEN 'some planned files are not merged yet'
            ELSE 'hosts in several files are counted too often; run crawlblock scan index, then '
                || 'scan merge again' END AS no_clusters,
       CASE WHEN no_clusters IS NULL
            THEN least(count(*), 1000) END AS clusters  -- more files than that are joined at random
FROM facts.scans c
JOIN facts.scanned_files f ON f.snapshot = c.snapshot
JOIN facts.snapshots p ON p.id = c.snapshot
LEFT JOIN (SELECT DISTINCT snapshot FROM facts.counting_files) k ON k.snapshot = c.snapshot
GROUP BY ALL;

-- The hosts of scanned crawls with what they answered.
CREATE VIEW census_hosts AS
SELECT c.snapshot, s.snapshot_date, CASE WHEN NOT s.whole THEN c.file % 1000 END AS cluster,
       c.host, c.domain, c.representative, c.outcome,
       CASE WHEN c.text IS NULL THEN 'http ' || c.status
            WHEN c.outcome = 'ok' THEN q.policy END AS answer,
       c.tld, c.siblings, c.provider, CASE WHEN c.outcome = 'ok' THEN t.template END AS template,
       r.rank, c.captures > 1 AS again, c.digests > 1 AS unstable
FROM census c
JOIN scan_shares s ON s.snapshot = c.snapshot
LEFT JOIN conclusions.judgements t ON t.text = c.text
LEFT JOIN conclusions.policies q ON q.id = t.policy
LEFT JOIN ranks r ON r.domain = c.domain;

CREATE MACRO size_band(hosts) AS CASE WHEN hosts = 1 THEN '1' WHEN hosts < 10 THEN '2 to 9'
    WHEN hosts < 100 THEN '10 to 99' WHEN hosts < 1000 THEN '100 to 999'
    WHEN hosts >= 1000 THEN '1000 or more' END;
CREATE MACRO rank_band(rank) AS CASE WHEN rank <= 1000 THEN 'to 1,000'
    WHEN rank <= 10000 THEN 'to 10,000' WHEN rank <= 100000 THEN 'to 100,000'
    WHEN rank <= 1000000 THEN 'to 1,000,000' WHEN rank IS NOT NULL THEN 'beyond'
    ELSE 'none' END;

-- They counted, before any verdict is looked up.
CREATE VIEW census_cells AS
SELECT snapshot, snapshot_date, cluster, representative, outcome, answer,
       coalesce(answer IN (SELECT answer FROM meanings WHERE blocked IS NOT NULL), false)
           AS known,
       tld, size_band(siblings) AS domain_size, provider, template,
       rank_band(rank) AS rank_band, again, unstable, count(*) AS hosts
FROM census_hosts GROUP BY ALL;

-- The two populations: all hosts, and those that stand for their registered domains.
CREATE VIEW census_counts AS
SELECT p.population, snapshot, snapshot_date, cluster, outcome, answer, known, again, unstable,
       CAST(sum(hosts) AS BIGINT) AS hosts
FROM census_cells
JOIN (VALUES ('hosts'), ('domains')) p(population) ON population = 'hosts' OR representative
GROUP BY ALL;

-- Hosts by what they answered, with what that means for each crawler counted at the time.
CREATE VIEW census_meanings AS
SELECT d.snapshot_date, d.answer, k.token,
       -- a name that others used before is in no sum over crawlers
       CASE WHEN k.reused IS NOT true THEN k.purpose END AS purpose,
       CASE WHEN k.reused IS NOT true THEN k.openness END AS openness,
       k.ai AND k.reused IS NOT true AS ai,
       coalesce(m.restriction, 'unknown') AS restriction, coalesce(m.basis, 'unknown') AS basis,
       m.root_allowed, m.blocked, coalesce(m.rules, 'unknown') AS rules, m.authored_by, m.ruleset,
       m.ruleset IN (SELECT ruleset FROM shared_rulesets) AS shared
FROM (SELECT DISTINCT snapshot_date, answer FROM census_counts) d
CROSS JOIN crawlers k
LEFT JOIN meanings m ON m.answer = d.answer AND m.token = k.token
WHERE coalesce(d.snapshot_date >= k.documented_since, true);

-- Hosts by crawler and verdict, in each cluster.
CREATE VIEW census_access AS
SELECT c.population, c.snapshot, c.snapshot_date, c.cluster, m.token, m.restriction,
       m.basis, m.root_allowed, m.blocked, m.rules, m.authored_by, m.shared, CAST(sum(c.hosts) AS BIGINT) AS hosts
FROM (
    SELECT population, snapshot, snapshot_date, cluster, answer, sum(hosts) AS hosts
    FROM census_counts GROUP BY ALL
) c
JOIN census_meanings m
    ON m.snapshot_date = c.snapshot_date AND m.answer IS NOT DISTINCT FROM c.answer
GROUP BY ALL;

-- Over the clusters: variance of the ratio sum(y) / sum(x), linearised, with the correction for a
-- crawl of finite size (Cochran 1977, section 6.3 and theorem 2.2 for ratios): 0 of a whole crawl,
-- NULL from a single file.
CREATE MACRO cluster_variance(y, x, clusters, files, of_files) AS CASE
    WHEN max(files) >= max(of_files) THEN 0
    WHEN max(clusters) > 1 THEN
        (1 - max(files) / max(of_files)) * max(clusters) / (max(clusters) - 1)
        * greatest(0, ordered_sum(CAST(y AS DOUBLE) ** 2)
            - 2 * ordered_sum(CAST(y AS DOUBLE) * x) * ordered_sum(CAST(y AS DOUBLE))
                / nullif(ordered_sum(CAST(x AS DOUBLE)), 0)
            + ordered_sum(CAST(x AS DOUBLE) ** 2)
                * (ordered_sum(CAST(y AS DOUBLE)) / nullif(ordered_sum(CAST(x AS DOUBLE)), 0)) ** 2)
        / nullif(ordered_sum(CAST(x AS DOUBLE)), 0) ** 2 END;
-- The size of a simple sample that would tell a share as well.  It is never more than that of the
-- hosts at hand without clusters, for which it is taken where no cluster differs from another.  In
-- Wilson's interval it is also Student's quantile.  spread is the variance of one host's
-- answer.
CREATE MACRO cluster_size(spread, variance, n, freedom, files, of_files) AS CASE
    WHEN variance IS NOT NULL THEN least(coalesce(spread / nullif(variance, 0),
        n / (1 - files / of_files)), n / (1 - files / of_files))
        * (1.959963984540054 / student_95(freedom)) ** 2 END;
CREATE MACRO cluster_n(share, variance, n, freedom, files, of_files) AS
    cluster_size(share * (1 - share), variance, n, freedom, files, of_files);
CREATE MACRO cluster_low(share, variance, n, freedom, files, of_files) AS CASE
    WHEN files < of_files
    THEN wilson_low(share, cluster_n(share, variance, n, freedom, files, of_files)) END;
CREATE MACRO cluster_high(share, variance, n, freedom, files, of_files) AS CASE
    WHEN files < of_files
    THEN wilson_high(share, cluster_n(share, variance, n, freedom, files, of_files)) END;
CREATE MACRO cluster_estimand(files, of_files) AS
    CASE WHEN files >= of_files THEN 'list' ELSE 'sample' END;
CREATE MACRO no_cluster_interval(freedom, no_clusters, files, of_files) AS CASE
    WHEN files >= of_files THEN 'all files of the crawl are merged, so nothing was sampled'
    WHEN no_clusters IS NOT NULL THEN no_clusters
    WHEN freedom < 1 THEN 'a single file says nothing about the others' END;

COMMENT ON VIEW scan_shares IS 'How much of each scanned crawl is merged.';
COMMENT ON VIEW census_hosts IS 'The hosts of scanned crawls with what they answered.';
COMMENT ON VIEW census_cells IS 'The hosts of scanned crawls, counted by cluster, answer and kind of host.';
COMMENT ON VIEW census_counts IS 'Hosts and registered domains of scanned crawls, counted by cluster and answer.';
COMMENT ON VIEW census_meanings IS 'What the answers of scanned crawls mean for each crawler counted then.';
COMMENT ON VIEW census_access IS 'Hosts and registered domains of scanned crawls by cluster, crawler and verdict.';
COMMENT ON MACRO size_band IS 'How many hosts a registered domain has, roughly.';
COMMENT ON MACRO rank_band IS 'Where a registered domain ranks, roughly.';
COMMENT ON MACRO cluster_variance IS 'Variance of a ratio between clusters of hosts, over clusters.';
COMMENT ON MACRO cluster_size IS 'Effective number of hosts in clusters whose answers spread so far.';
COMMENT ON MACRO cluster_n IS 'Effective number of hosts in clusters.';
COMMENT ON MACRO cluster_low IS 'Lower end of the 95 % interval of a share of hosts in clusters; NULL for a whole crawl.';
COMMENT ON MACRO cluster_high IS 'Upper end of the 95 % interval of a share of hosts in clusters; NULL for a whole crawl.';
COMMENT ON MACRO cluster_estimand IS 'list for a whole crawl, else sample.';
COMMENT ON MACRO no_cluster_interval IS 'Why there is no interval; NULL if there is one.';
