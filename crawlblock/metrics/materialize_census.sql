-- What the metrics of the census share, computed once: temporary tables and a macro hide the views and
-- the macro of the same names, so that a question about the panel is also one about a census.  Every
-- host is looked at once, for census_cells.
CREATE TEMP TABLE scan_shares AS FROM scan_shares;
CREATE TEMP TABLE census_cells AS FROM census_cells;
CREATE TEMP TABLE census_counts AS FROM census_counts;
CREATE TEMP TABLE own_rulesets AS FROM own_rulesets;
CREATE TEMP TABLE ruleset_families AS FROM ruleset_families;
CREATE TEMP TABLE shared_rulesets AS FROM shared_rulesets;
CREATE TEMP TABLE census_meanings AS FROM census_meanings;
CREATE TEMP TABLE census_access AS FROM census_access;
CREATE TEMP TABLE point_counts AS
SELECT * EXCLUDE (again, unstable), 'crawl' AS kind FROM census_counts;
CREATE TEMP TABLE segment_counts AS SELECT *, '' AS dimension, '' AS segment FROM point_counts;
CREATE TEMP TABLE answer_counts AS
SELECT population, snapshot, snapshot_date, cluster, answer, sum(hosts) AS hosts
FROM census_counts GROUP BY ALL;
CREATE TEMP TABLE segment_answers AS
SELECT *, '' AS dimension, '' AS segment FROM answer_counts;
CREATE TEMP TABLE refused_by_server AS
SELECT population, snapshot, '' AS dimension, '' AS segment, sum(hosts) AS n_refused
FROM census_counts WHERE outcome IN (SELECT outcome FROM outcomes WHERE refused) GROUP BY ALL;
CREATE TEMP TABLE counted_meanings AS FROM census_meanings;
CREATE TEMP TABLE verdict_counts AS
SELECT * EXCLUDE (authored_by, shared, hosts), sum(hosts) AS hosts FROM census_access GROUP BY ALL;
CREATE TEMP MACRO shares_of(source) AS TABLE FROM clustered_shares_of(source);
