-- Pairs of snapshots that are compared over the same hosts.  Two are macros that
-- are told the name of segment_snapshots: DuckDB would take a second to make views of them in every
-- new database.

-- The snapshots in which a segment was followed: at least half as many of its hosts are known as in its
-- best snapshot.  A change from a snapshot that knows a few hosts alone would be about those few.
CREATE VIEW segment_snapshots AS
WITH counts AS (
    SELECT population, dimension, segment, snapshot, kind, snapshot_date, sum(hosts) AS known
    FROM segment_counts
    WHERE known AND (population = 'captured' OR snapshot NOT IN (FROM left_out_snapshots))
    GROUP BY ALL
)
SELECT *, row_number() OVER (PARTITION BY population, dimension, segment
                             ORDER BY snapshot_date, snapshot) AS place
FROM (SELECT *, max(known) OVER (PARTITION BY population, dimension, segment) AS most FROM counts)
WHERE 2 * known >= most;

-- From the first snapshot in which a segment was followed to each, itself too.  Where none of its
-- hosts was ever known, each snapshot is compared with itself, so that results can say so.
CREATE MACRO spans_from_first(snapshots_) AS TABLE
WITH followed AS (FROM query_table(snapshots_))
SELECT s.population, s.dimension, s.segment, f.snapshot AS from_snapshot,
       f.snapshot_date AS from_date, s.snapshot AS to_snapshot, s.snapshot_date AS to_date
FROM followed s
JOIN (FROM followed WHERE place = 1) f USING (population, dimension, segment)
UNION ALL
SELECT DISTINCT population, dimension, segment, snapshot, snapshot_date, snapshot, snapshot_date
FROM segment_answers ANTI JOIN followed USING (population, dimension, segment);

-- Hosts that gave answers that block alike in the same snapshots (alike_answers; NULL where that is
-- unknown) and belong to the same segments.  To compare two snapshots takes one row for all of them.
CREATE VIEW histories AS
WITH answered AS (
    SELECT population, host, any_value(stratum) AS stratum, any_value(weight) AS weight,
           list({snapshot: snapshot, answer: CASE WHEN known THEN alike END} ORDER BY snapshot)
               AS answers
    FROM points LEFT JOIN alike_answers USING (answer) GROUP BY population, host
), placed AS (
    SELECT host, list({dimension: dimension, segment: segment, since: since, until: until}
                      ORDER BY dimension, segment, since) AS segments
    FROM point_segments GROUP BY host
)
SELECT min(host) AS history, population, stratum, weight, answers, segments, list(host) AS hosts
FROM answered JOIN placed USING (host)
GROUP BY ALL;

-- The histories of spans by segment, with what their hosts answered then and now; NULL where that is
-- unknown or where the snapshot does not have the hosts.
CREATE MACRO followed_in(spans_) AS TABLE
WITH spans AS MATERIALIZED (FROM query_table(spans_)),
wanted AS MATERIALIZED (
    SELECT row_number() OVER () AS number, *
    FROM (SELECT DISTINCT population, from_snapshot, to_snapshot FROM spans)
), ends AS (
    SELECT number, population, from_snapshot AS snapshot, true AS at_from FROM wanted
    UNION ALL
    SELECT number, population, to_snapshot, false FROM wanted
), given AS (
    SELECT CAST(population AS VARCHAR) AS population, history,
           CAST(snapshot AS VARCHAR) AS snapshot, answer
    FROM (SELECT population, history, unnest(answers, recursive := true) FROM histories)
), belonging AS (
    SELECT CAST(population AS VARCHAR) AS population, history,
           unnest(segments, recursive := true)
    FROM histories
), found AS MATERIALIZED (  -- or DuckDB 1.5 joins all spans with all segments first
    SELECT number, history, CAST(max(answer) FILTER (at_from) AS VARCHAR) AS answer_then,
           CAST(max(answer) FILTER (NOT at_from) AS VARCHAR) AS answer_now
    FROM ends JOIN given USING (population, snapshot)
    GROUP BY number, history
), spanned AS MATERIALIZED (
    SELECT s.*, f.* EXCLUDE (number)
    FROM found f
    JOIN wanted USING (number)
    JOIN spans s USING (population, from_snapshot, to_snapshot)
)
SELECT s.*, CAST(h.stratum AS VARCHAR) AS stratum, h.weight, len(h.hosts) AS hosts
FROM spanned s
JOIN histories h ON h.population = s.population AND h.history = s.history
JOIN belonging g ON g.population = s.population AND g.history = s.history
    AND g.dimension = s.dimension AND g.segment = s.segment
    AND coalesce(s.from_date BETWEEN g.since AND g.until, true)
JOIN belonging e ON e.population = s.population AND e.history = s.history
    AND e.dimension = s.dimension AND e.segment = s.segment
    AND coalesce(s.to_date BETWEEN e.since AND e.until, true);

-- Hosts by segment, stratum and what they answered then and now.  since_first: from the first snapshot
-- since a crawler was documented to each later one.  year: from the last snapshot of a year to the last
-- one of the next year that has any.  mode: from a snapshot of an archive to the live run within a month
-- of it, which shows what the way of asking changes.
CREATE MACRO span_counts(snapshots_) AS TABLE
WITH followed AS MATERIALIZED (FROM query_table(snapshots_)),
starts AS (
    SELECT DISTINCT population, dimension, segment, place
    FROM (
        SELECT population, dimension, segment, documented_since, min(place) AS place
        FROM followed s
        JOIN (SELECT DISTINCT documented_since FROM crawlers) k
            ON coalesce(s.snapshot_date >= k.documented_since, true)
        GROUP BY ALL
    )
), spans AS MATERIALIZED (
    SELECT row_number() OVER () AS number, *
    FROM (
        SELECT 'since_first' AS span, population, dimension, segment, f.snapshot AS from_snapshot,
               f.snapshot_date AS from_date, s.snapshot AS to_snapshot, s.snapshot_date AS to_date
        FROM starts t
        JOIN followed f USING (population, dimension, segment, place)
        JOIN followed s USING (population, dimension, segment)
        WHERE s.place > t.place
        UNION ALL
        SELECT 'year', population, dimension, segment, lag(snapshot) OVER years AS from_snapshot,
               lag(snapshot_date) OVER years AS from_date, snapshot, snapshot_date
        FROM (
            FROM followed
            QUALIFY row_number() OVER (PARTITION BY population, dimension, segment, year(snapshot_date)
                                       ORDER BY place DESC) = 1
        )
        WINDOW years AS (PARTITION BY population, dimension, segment ORDER BY place)
        QUALIFY from_snapshot IS NOT NULL
        UNION ALL
        SELECT 'mode', population, dimension, segment, a.snapshot, a.snapshot_date, l.snapshot,
               l.snapshot_date
        FROM followed l
        JOIN followed a USING (population, dimension, segment)
        WHERE l.kind = 'live' AND a.kind <> 'live' AND abs(l.snapshot_date - a.snapshot_date) <= 31
        QUALIFY row_number() OVER (PARTITION BY population, dimension, segment, l.snapshot
                                   ORDER BY abs(l.snapshot_date - a.snapshot_date), a.snapshot) = 1
    )
), counts AS (  -- a number is one short key in place of eight
    SELECT number, stratum, answer_then, answer_now, CAST(sum(hosts) AS BIGINT) AS hosts,
           sum(weight * hosts) AS weight,
           sum(CAST(weight * weight AS DECIMAL(38, 6)) * hosts) AS weight_squared
    FROM followed_in('spans')
    GROUP BY ALL
)
FROM counts JOIN spans USING (number);

COMMENT ON VIEW segment_snapshots IS 'The snapshots in which a segment was followed.';
COMMENT ON COLUMN segment_snapshots.place IS 'Its place in the order of time, from 1.';
COMMENT ON MACRO TABLE spans_from_first IS 'From the first snapshot in which a segment was followed to each.';
COMMENT ON VIEW histories IS 'Hosts that block alike in the same snapshots and belong to the same segments.';
COMMENT ON COLUMN histories.history IS 'The smallest number of its hosts in the view hosts.';
COMMENT ON COLUMN histories.answers IS 'Each snapshot that has the hosts, with their answer; NULL: it is unknown.';
COMMENT ON COLUMN histories.segments IS 'The segments to which the hosts belong, with the days.';
COMMENT ON COLUMN histories.hosts IS 'Numbers of its hosts in the view hosts.';
COMMENT ON MACRO TABLE followed_in IS 'The histories of spans, given by name, by segment, with their answers.';
COMMENT ON MACRO TABLE span_counts IS 'Hosts of both snapshots of spans, by segment, stratum and answers.';
