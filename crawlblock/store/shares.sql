-- Shares, with all that a share needs: counts, bounds and an interval.  A question counts its hosts
-- in a relation of its own and hands over the name.  Columns that these macros do not name are keys:
-- every combination of them becomes one row.

-- Hosts by stratum.  source has a row for each kind of host: stratum, hosts, weight (of all of them),
-- weight_squared, and yes (true, false, or NULL where it is unknown).
CREATE MACRO strata_of(source) AS TABLE
SELECT * EXCLUDE (yes, hosts, weight, weight_squared), sum(weight) AS total,
       coalesce(sum(weight) FILTER (yes IS NOT NULL), 0) AS known,
       coalesce(sum(weight_squared) FILTER (yes IS NOT NULL), 0) AS known_squared,
       coalesce(sum(weight) FILTER (yes), 0) AS yes,
       coalesce(sum(weight) FILTER (yes IS NULL), 0) AS unknown, sum(weight) AS at_most,
       coalesce(sum(hosts) FILTER (yes), 0) AS n_yes,
       coalesce(sum(hosts) FILTER (yes IS NOT NULL), 0) AS n,
       coalesce(sum(hosts) FILTER (yes IS NULL), 0) AS n_unknown
FROM query_table(source) GROUP BY ALL;

-- Over strata: each counts as its total, of which the known hosts are a sample.  The bounds divide by
-- at_most and take the unknown weight as no and as yes.  Where every weight is 1, the hosts are a
-- list, and the interval treats them as a simple random sample.
CREATE MACRO stratified_shares(source) AS TABLE
WITH shares AS (
    SELECT * EXCLUDE (stratum, total, known, known_squared, yes, unknown, at_most, n_yes, n, n_unknown),
           CASE WHEN bool_or(known <> n OR unknown <> n_unknown) THEN 'sample' ELSE 'as_if_sample' END
               AS estimand,
           CAST(sum(n_yes) AS BIGINT) AS n_yes, CAST(sum(n) AS BIGINT) AS n,
           CAST(sum(n_unknown) AS BIGINT) AS n_unknown,
           stratified_share(total, known, yes) AS estimate,
           effective_n(total, known, known_squared) AS effective_n,
           CAST(sum(yes) / nullif(sum(at_most), 0) AS DOUBLE) AS bound_low,
           CAST(sum(yes + unknown) / nullif(sum(at_most), 0) AS DOUBLE) AS bound_high
    FROM query_table(source) GROUP BY ALL
)
SELECT *, http_profile() AS http_profile, wilson_low(estimate, effective_n) AS low,
       wilson_high(estimate, effective_n) AS high, no_estimate(n, n_unknown) AS no_interval,
       no_estimate(n, n_unknown) AS no_estimate
FROM shares;

-- The same from hosts; for a census, materialize_census.sql puts clustered_shares_of in its place.
CREATE MACRO shares_of(source) AS TABLE
WITH strata AS (FROM strata_of(source)) FROM stratified_shares('strata');

-- Over clusters, which are WARC files: x hosts are known, y of them say yes, u are unknown.  The
-- interval is that of sampling files.  Of a whole crawl there is none, and none from a single file.
CREATE MACRO clustered_shares(source) AS TABLE
WITH sums AS (
    SELECT c.* EXCLUDE (cluster, x, y, u), CAST(sum(y) AS BIGINT) AS n_yes,
           CAST(sum(x) AS BIGINT) AS n, CAST(sum(u) AS BIGINT) AS n_unknown,
           sum(y) / nullif(sum(x), 0) AS estimate,
           cluster_variance(y, x, clusters, files, of) AS variance,
           count(*) FILTER (x > 0) - 1 AS freedom, max(files) AS files, max(planned) AS planned,
           max(of) AS of, sum(y) / nullif(sum(x + u), 0) AS bound_low,
           sum(y + u) / nullif(sum(x + u), 0) AS bound_high
    FROM query_table(source) c JOIN scan_shares s USING (snapshot, snapshot_date)
    GROUP BY ALL
)
SELECT * EXCLUDE (variance, freedom), http_profile() AS http_profile,
       cluster_estimand(files, of) AS estimand,
       cluster_low(estimate, variance, n, freedom, files, of) AS low,
       cluster_high(estimate, variance, n, freedom, files, of) AS high,
       coalesce(no_estimate(n, n_unknown), no_cluster_interval(freedom, files, of)) AS no_interval,
       no_estimate(n, n_unknown) AS no_estimate
FROM sums;

-- The same from hosts: cluster, hosts and yes.
CREATE MACRO clustered_shares_of(source) AS TABLE
WITH clusters AS (
    SELECT * EXCLUDE (hosts, yes), coalesce(sum(hosts) FILTER (yes IS NOT NULL), 0) AS x,
           coalesce(sum(hosts) FILTER (yes), 0) AS y,
           coalesce(sum(hosts) FILTER (yes IS NULL), 0) AS u
    FROM query_table(source) GROUP BY ALL
)
FROM clustered_shares('clusters');

COMMENT ON MACRO TABLE strata_of IS 'Hosts by stratum: weights and numbers of the known ones and of those that say yes.';
COMMENT ON MACRO TABLE stratified_shares IS 'Shares over strata, with bounds and Wilson''s 95 % interval.';
COMMENT ON MACRO TABLE shares_of IS 'Shares of hosts with strata and weights, given as the name of a relation.';
COMMENT ON MACRO TABLE clustered_shares IS 'Shares over clusters of hosts, with bounds and the 95 % interval of sampling files.';
COMMENT ON MACRO TABLE clustered_shares_of IS 'Shares of hosts in clusters, given as the name of a relation.';
