-- Shares, with all that a share needs: counts, bounds and an interval.  A question counts its hosts
-- in a relation of its own and hands over the name.  Columns that these macros do not name are keys:
-- every combination of them becomes one row for each estimand that fits.

-- What a row of a result may be about.  Hosts that all have weight 1 are a list: they give a row about
-- themselves, which has no interval, and one as if they were a simple random sample.  Hosts with
-- weights give one row about the population that they were sampled from.
CREATE MACRO estimands() AS TABLE
FROM (VALUES ('list', false), ('as_if_sample', false), ('sample', true)) e(estimand, weighted);
CREATE MACRO no_list_interval(estimand, size) AS CASE
    WHEN estimand = 'list' THEN 'these hosts are a list: nothing was sampled'
    WHEN estimand = 'sample' AND size IS NULL
        THEN 'every host of the population is known: there is no sampling error' END;

-- Over strata of a sample: the variance of a stratified mean, from the variance of one host's value.
CREATE MACRO stratified_variance(total, known, known_squared, spread) AS
    ordered_sum(stratum_squared(total, stratum_size(known, known_squared)) * greatest(0, spread)
            / greatest(stratum_size(known, known_squared) - 1, 1))
        / nullif(ordered_sum(CASE WHEN known > 0 THEN CAST(total AS DOUBLE) END) ** 2, 0);

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

-- Whether any row of strata is of a sample: then all are estimated as samples are.
CREATE MACRO has_weights(source) AS (
    SELECT coalesce(bool_or(known <> n OR unknown <> n_unknown), false) FROM query_table(source));

-- Over strata, without intervals: each counts as its total, of which the known hosts are a sample.
-- Of a list the share is that of its known hosts.  The bounds divide by at_most and take the unknown
-- weight as no and as yes.  effective_n is the size of a simple sample that tells as much, asked_n
-- the same of all hosts that were asked: where the known weight is all of at_most, the unknown hosts
-- are among the n already.
CREATE MACRO asked_size(effective_n, n, n_unknown, known, at_most) AS
    effective_n * (n + CASE WHEN known < at_most THEN n_unknown ELSE 0 END) / nullif(n, 0);
CREATE MACRO stratified_estimates(source) AS TABLE
SELECT * EXCLUDE (stratum, total, known, known_squared, yes, unknown, at_most, n_yes, n,
                  n_unknown),
       bool_or(known <> n OR unknown <> n_unknown) AS weighted,
       CAST(sum(n_yes) AS BIGINT) AS n_yes, CAST(sum(n) AS BIGINT) AS n,
       CAST(sum(n_unknown) AS BIGINT) AS n_unknown,
       CASE WHEN weighted THEN stratified_share(total, known, yes)
            ELSE CAST(sum(yes) / nullif(sum(known), 0) AS DOUBLE) END AS estimate,
       CASE WHEN weighted THEN design_n(total, known, known_squared, yes)
            ELSE sum(n) END AS effective_n,
       asked_size(effective_n, sum(n), sum(n_unknown), sum(known), sum(at_most)) AS asked_n,
       CAST(sum(yes) / nullif(sum(at_most), 0) AS DOUBLE) AS lowest,
       CAST(sum(yes + unknown) / nullif(sum(at_most), 0) AS DOUBLE) AS highest
FROM query_table(source) WHERE has_weights(source) GROUP BY ALL
UNION ALL BY NAME  -- of lists alone, which takes a third of the time
SELECT * EXCLUDE (stratum, total, known, known_squared, yes, unknown, at_most, n_yes, n,
                  n_unknown),
       false AS weighted, CAST(sum(n_yes) AS BIGINT) AS n_yes, CAST(sum(n) AS BIGINT) AS n,
       CAST(sum(n_unknown) AS BIGINT) AS n_unknown,
       CAST(sum(yes) / nullif(sum(known), 0) AS DOUBLE) AS estimate,
       CAST(sum(n) AS DOUBLE) AS effective_n,
       asked_size(effective_n, sum(n), sum(n_unknown), sum(known), sum(at_most)) AS asked_n,
       CAST(sum(yes) / nullif(sum(at_most), 0) AS DOUBLE) AS lowest,
       CAST(sum(yes + unknown) / nullif(sum(at_most), 0) AS DOUBLE) AS highest
FROM query_table(source) WHERE NOT has_weights(source) GROUP BY ALL;

-- The same with intervals: Wilson's, which for a sample follows its design.  The bounds of a list are
-- exact, the others have the error of sampling (Imbens and Manski).
CREATE MACRO stratified_shares(source) AS TABLE
WITH shares AS (
    SELECT s.* EXCLUDE (weighted), estimand,
           bounds_z(bounds_width(lowest, highest, asked_n)) AS z,
           no_estimate(n, n_unknown, estimate := estimate) AS no_estimate
    FROM stratified_estimates(source) s JOIN estimands() e USING (weighted)
)
SELECT * EXCLUDE (lowest, highest, asked_n, z, no_estimate), http_profile() AS http_profile,
       CASE WHEN estimand <> 'list' THEN wilson_low(estimate, effective_n) END AS low,
       CASE WHEN estimand <> 'list' THEN wilson_high(estimate, effective_n) END AS high,
       coalesce(CASE WHEN estimand <> 'list' THEN wilson_low_at(lowest, asked_n, z) END, lowest)
           AS bound_low,
       coalesce(CASE WHEN estimand <> 'list' THEN wilson_high_at(highest, asked_n, z) END, highest)
           AS bound_high,
       coalesce(no_estimate, no_list_interval(estimand, effective_n)) AS no_interval,
       no_estimate
FROM shares;

-- The same from hosts; for a census, materialize_census.sql puts clustered_shares_of in its place.
CREATE MACRO shares_of(source) AS TABLE
WITH strata AS (FROM strata_of(source)) FROM stratified_shares('strata');

-- Differences of two shares of the same hosts.  source has a row for each kind of host: stratum,
-- hosts, weight, weight_squared, and the two answers first and second (true, false, or NULL).  The
-- estimate is the share of first minus that of second; hosts of which one is unknown are left out.
-- The interval is Newcombe's for pairs, which for a sample follows its design.
CREATE MACRO paired_strata(source) AS TABLE
SELECT * EXCLUDE (first, second, hosts, weight, weight_squared), sum(weight) AS total,
       coalesce(sum(weight) FILTER (first IS NOT NULL AND second IS NOT NULL), 0) AS known,
       coalesce(sum(weight_squared) FILTER (first IS NOT NULL AND second IS NOT NULL), 0)
           AS known_squared,
       coalesce(sum(weight) FILTER (first AND second), 0) AS both_yes,
       coalesce(sum(weight) FILTER (first AND NOT second), 0) AS only_first,
       coalesce(sum(weight) FILTER (second AND NOT first), 0) AS only_second,
       coalesce(sum(hosts) FILTER (first IS NOT NULL AND second IS NOT NULL), 0) AS n,
       coalesce(sum(hosts) FILTER (first IS NULL OR second IS NULL), 0) AS n_unknown,
       coalesce(sum(hosts) FILTER (first AND NOT second), 0) AS n_first,
       coalesce(sum(hosts) FILTER (second AND NOT first), 0) AS n_second
FROM query_table(source) GROUP BY ALL;

CREATE MACRO paired_shares(source) AS TABLE
WITH pairs AS (FROM paired_strata(source)), shares AS (
    SELECT * EXCLUDE (stratum, total, known, known_squared, both_yes, only_first, only_second, n,
                      n_unknown, n_first, n_second),
           CAST(sum(n) AS BIGINT) AS n, CAST(sum(n_unknown) AS BIGINT) AS n_unknown,
           CAST(sum(n_first) AS BIGINT) AS n_first, CAST(sum(n_second) AS BIGINT) AS n_second,
           bool_or(total <> n + n_unknown) AS weighted,
           CASE WHEN weighted THEN stratified_share(total, known, both_yes)
                ELSE sum(both_yes) / nullif(sum(known), 0) END AS p_both,
           CASE WHEN weighted THEN stratified_share(total, known, only_first)
                ELSE sum(only_first) / nullif(sum(known), 0) END AS p_first,
           CASE WHEN weighted THEN stratified_share(total, known, only_second)
                ELSE sum(only_second) / nullif(sum(known), 0) END AS p_second,
           CASE WHEN weighted THEN design_n(total, known, known_squared, only_first + only_second)
                ELSE sum(n) END AS effective_n
    FROM pairs GROUP BY ALL
)
SELECT s.* EXCLUDE (weighted, p_both, p_first, p_second), estimand,
       http_profile() AS http_profile, p_both + p_first AS first_share,
       p_both + p_second AS second_share, p_first - p_second AS estimate,
       CASE WHEN estimand <> 'list' THEN paired_low(p_both, p_first, p_second, effective_n) END
           AS low,
       CASE WHEN estimand <> 'list' THEN paired_high(p_both, p_first, p_second, effective_n) END
           AS high,
       coalesce(no_estimate(n, n_unknown, estimate := p_both),
                no_list_interval(estimand, effective_n)) AS no_interval,
       no_estimate(n, n_unknown, estimate := p_both) AS no_estimate
FROM shares s JOIN estimands() e USING (weighted);

-- Differences of two scores of the same hosts, such as the parts of two sets of crawlers that each
-- blocks: first and second from 0 to 1, or NULL.  The interval is normal; where all hosts have one
-- difference, a normal one would have no width, and it is that of paired shares.
CREATE MACRO mean_gaps(source) AS TABLE
WITH strata AS (
    SELECT * EXCLUDE (first, second, hosts, weight, weight_squared), sum(weight) AS total,
           coalesce(sum(weight) FILTER (first IS NOT NULL), 0) AS known,
           coalesce(sum(weight_squared) FILTER (first IS NOT NULL), 0) AS known_squared,
           coalesce(ordered_sum(weight * first), 0) AS firsts,
           coalesce(ordered_sum(weight * second), 0) AS seconds,
           coalesce(ordered_sum(weight * first * second), 0) AS products,
           coalesce(ordered_sum(weight * (first - second) ** 2), 0) AS squares,
           coalesce(sum(hosts) FILTER (first IS NOT NULL), 0) AS n,
           coalesce(sum(hosts) FILTER (first IS NULL), 0) AS n_unknown,
           coalesce(sum(hosts) FILTER (first > second), 0) AS n_first,
           coalesce(sum(hosts) FILTER (first < second), 0) AS n_second
    FROM query_table(source) GROUP BY ALL
), shares AS (
    SELECT * EXCLUDE (stratum, total, known, known_squared, firsts, seconds, products, squares, n,
                      n_unknown, n_first, n_second),
           CAST(sum(n) AS BIGINT) AS n, CAST(sum(n_unknown) AS BIGINT) AS n_unknown,
           CAST(sum(n_first) AS BIGINT) AS n_first, CAST(sum(n_second) AS BIGINT) AS n_second,
           bool_or(total <> n + n_unknown) AS weighted,
           CASE WHEN weighted THEN stratified_share(total, known, firsts)
                ELSE sum(firsts) / nullif(sum(known), 0) END AS first_share,
           CASE WHEN weighted THEN stratified_share(total, known, seconds)
                ELSE sum(seconds) / nullif(sum(known), 0) END AS second_share,
           CASE WHEN weighted THEN stratified_share(total, known, products)
                ELSE sum(products) / nullif(sum(known), 0) END AS p_both,
           CASE WHEN weighted
                THEN design_n(total, known, known_squared, firsts + seconds - 2 * products)
                ELSE sum(n) END AS effective_n,
           CASE WHEN weighted THEN stratified_variance(total, known, known_squared,
                    squares / nullif(known, 0) - ((firsts - seconds) / nullif(known, 0)) ** 2)
                ELSE (sum(squares) / nullif(sum(known), 0)
                      - ((sum(firsts) - sum(seconds)) / nullif(sum(known), 0)) ** 2)
                    / nullif(sum(n) - 1, 0) END AS variance,
           CASE WHEN variance > 1e-12 THEN 1.959963984540054 * sqrt(variance) END AS reach
    FROM strata GROUP BY ALL
)
SELECT s.* EXCLUDE (weighted, p_both, effective_n, variance, reach), estimand,
       http_profile() AS http_profile,
       first_share - second_share AS estimate,
       CASE WHEN estimand <> 'list' AND variance IS NOT NULL AND effective_n IS NOT NULL THEN
           coalesce(as_difference(estimate - reach), paired_low(p_both, first_share - p_both,
                                                 second_share - p_both, effective_n)) END AS low,
       CASE WHEN estimand <> 'list' AND variance IS NOT NULL AND effective_n IS NOT NULL THEN
           coalesce(as_difference(estimate + reach), paired_high(p_both, first_share - p_both,
                                                  second_share - p_both, effective_n)) END AS high,
       coalesce(no_estimate(n, n_unknown, estimate := first_share),
                no_list_interval(estimand, effective_n),
                CASE WHEN variance IS NULL THEN 'a single host says nothing about others' END)
           AS no_interval,
       no_estimate(n, n_unknown, estimate := first_share) AS no_estimate
FROM shares s JOIN estimands() e USING (weighted);

-- Over clusters, which are WARC files: x hosts are known, y of them say yes, u are unknown.  The
-- interval is that of sampling files.  Of a whole crawl there is none, and none from a single file.
CREATE MACRO clustered_shares(source) AS TABLE
WITH sums AS (
    SELECT c.* EXCLUDE (cluster, x, y, u), CAST(sum(y) AS BIGINT) AS n_yes,
           CAST(sum(x) AS BIGINT) AS n, CAST(sum(u) AS BIGINT) AS n_unknown,
           sum(y) / nullif(sum(x), 0) AS estimate,
           cluster_variance(y, x, clusters, files, of) AS variance,
           count(*) FILTER (x > 0) - 1 AS freedom, max(files) AS files, max(planned) AS planned,
           max(no_clusters) AS no_clusters,
           max(of) AS of, sum(y) / nullif(sum(x + u), 0) AS lowest,
           sum(y + u) / nullif(sum(x + u), 0) AS highest
    FROM query_table(source) c JOIN scan_shares s USING (snapshot, snapshot_date)
    GROUP BY ALL
), sized AS (
    SELECT *, CASE WHEN files < of THEN cluster_n(estimate, variance, n, freedom, files, of)
                    * (n + n_unknown) / nullif(n, 0) END AS asked_n
    FROM sums
), shares AS (
    SELECT *, bounds_z(bounds_width(lowest, highest, asked_n)) AS z FROM sized
)
SELECT * EXCLUDE (variance, freedom, no_clusters, lowest, highest, asked_n, z),
       http_profile() AS http_profile,
       cluster_estimand(files, of) AS estimand,
       cluster_low(estimate, variance, n, freedom, files, of) AS low,
       cluster_high(estimate, variance, n, freedom, files, of) AS high,
       coalesce(wilson_low_at(lowest, asked_n, z), lowest) AS bound_low,
       coalesce(wilson_high_at(highest, asked_n, z), highest) AS bound_high,
       coalesce(no_estimate(n, n_unknown),
                no_cluster_interval(freedom, no_clusters, files, of)) AS no_interval,
       no_estimate(n, n_unknown) AS no_estimate
FROM shares;

-- The same from hosts: cluster, hosts and yes.
CREATE MACRO clustered_shares_of(source) AS TABLE
WITH clusters AS (
    SELECT * EXCLUDE (hosts, yes), coalesce(sum(hosts) FILTER (yes IS NOT NULL), 0) AS x,
           coalesce(sum(hosts) FILTER (yes), 0) AS y,
           coalesce(sum(hosts) FILTER (yes IS NULL), 0) AS u
    FROM query_table(source) GROUP BY ALL
)
FROM clustered_shares('clusters');

COMMENT ON MACRO TABLE estimands IS 'What a row may be about, by whether the hosts have weights.';
COMMENT ON MACRO no_list_interval IS 'Why a list or a population that is known whole has no interval; NULL if it has.';
COMMENT ON MACRO stratified_variance IS 'Variance of a mean over strata of a sample.';
COMMENT ON MACRO has_weights IS 'Whether strata, given by name, have hosts with weights.';
COMMENT ON MACRO TABLE strata_of IS 'Hosts by stratum: weights and numbers of the known ones and of those that say yes.';
COMMENT ON MACRO asked_size IS 'Effective number of all hosts that were asked, from that of the known ones.';
COMMENT ON MACRO TABLE stratified_estimates IS 'Shares over strata with their effective sizes, one row each.';
COMMENT ON MACRO TABLE stratified_shares IS 'Shares over strata, with bounds and Wilson''s 95 % interval.';
COMMENT ON MACRO TABLE shares_of IS 'Shares of hosts with strata and weights, given as the name of a relation.';
COMMENT ON MACRO TABLE paired_strata IS 'Hosts by stratum and by two answers.';
COMMENT ON MACRO TABLE paired_shares IS 'Differences of two shares of the same hosts, with Newcombe''s 95 % interval for pairs.';
COMMENT ON MACRO TABLE mean_gaps IS 'Differences of two mean scores of the same hosts, with a normal 95 % interval.';
COMMENT ON MACRO TABLE clustered_shares IS 'Shares over clusters of hosts, with bounds and the 95 % interval of sampling files.';
COMMENT ON MACRO TABLE clustered_shares_of IS 'Shares of hosts in clusters, given as the name of a relation.';
