-- What the metrics share, computed once: temporary tables hide the views of the same names, with
-- names of few values as ENUMs (which must not be empty) where there is a row for every host and
-- snapshot.
CREATE TEMP TYPE population_name AS ENUM ('captured', 'panel');
CREATE TEMP TYPE snapshot_name AS ENUM (SELECT snapshot FROM snapshots UNION SELECT '' ORDER BY 1);
CREATE TEMP TYPE stratum_name AS ENUM (SELECT stratum FROM panel UNION SELECT 'all' ORDER BY 1);
CREATE TEMP TABLE scopes AS
SELECT * REPLACE (CAST(snapshot AS snapshot_name) AS snapshot) FROM scopes;
CREATE TEMP TABLE hosts AS
SELECT * REPLACE (CAST(stratum AS stratum_name) AS stratum) FROM hosts;
CREATE TEMP TYPE outcome_name AS ENUM (SELECT outcome FROM outcomes ORDER BY 1);
CREATE TEMP TYPE answer_name AS ENUM (
    SELECT policy FROM policies UNION SELECT ''
    UNION SELECT DISTINCT 'http ' || status FROM facts.fetches WHERE status IS NOT NULL ORDER BY 1);
CREATE TEMP TABLE robots_captures AS
SELECT * REPLACE (CAST(outcome AS outcome_name) AS outcome) FROM robots_captures;
CREATE TEMP TABLE points AS
SELECT CAST(population AS population_name) AS population,
       CAST(snapshot AS snapshot_name) AS snapshot, snapshot_date, host,
       CAST(stratum AS stratum_name) AS stratum, weight, time,
       CAST(outcome AS outcome_name) AS outcome, CAST(answer AS answer_name) AS answer, known, text
FROM points;
DROP TABLE temp.robots_captures;  -- points has all that is needed of it
CREATE TEMP TABLE point_counts AS FROM point_counts;
CREATE TEMP TABLE folded_segments AS FROM folded_segments;
CREATE TEMP TABLE point_segments AS FROM point_segments;
CREATE TEMP TABLE segment_counts AS FROM segment_counts;
CREATE TEMP TABLE sampled_segments AS FROM sampled_segments;
CREATE TEMP TABLE incomplete_snapshots AS FROM incomplete_snapshots;
CREATE TEMP TABLE suspect_snapshots AS FROM suspect_snapshots;
CREATE TEMP TABLE segment_answers AS FROM segment_answers;
CREATE TEMP TABLE answer_counts AS FROM answer_counts;
CREATE TEMP TABLE refused_by_server AS FROM refused_by_server;
CREATE TEMP TABLE access_counts AS FROM access_counts;
CREATE TEMP TABLE verdict_counts AS FROM verdict_counts;
CREATE TEMP TABLE counted_meanings AS FROM counted_meanings;
CREATE TEMP TABLE not_open AS FROM not_open;
CREATE TEMP TABLE alike_answers AS
SELECT CAST(answer AS answer_name) AS answer, CAST(alike AS answer_name) AS alike
FROM alike_answers;
CREATE TEMP TABLE host_histories AS FROM host_histories;
CREATE TEMP TABLE histories AS FROM histories;
CREATE TEMP TABLE history_answers AS FROM history_answers;
CREATE TEMP TABLE transition_counts AS FROM transition_counts;
CREATE TEMP TABLE listed AS FROM listed;
CREATE TEMP TABLE own_rulesets AS FROM own_rulesets;
CREATE TEMP TABLE ruleset_families AS FROM ruleset_families;
CREATE TEMP TABLE shared_rulesets AS FROM shared_rulesets;
CREATE TEMP TABLE segment_snapshots AS FROM segment_snapshots;
