-- Pairs of snapshots that are compared over the same hosts.  Two are macros that take the name of
-- segment_snapshots: DuckDB would need a second to make views of them in every new database.

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

-- Hosts that gave answers that block alike in the same snapshots (alike_answers; unknown ones are
-- alike) and belong to the same segments have one history, named by the number of the first of them.
-- To compare two snapshots takes one row for all of them.
CREATE VIEW host_histories AS
WITH answers AS MATERIALIZED (
    SELECT snapshot, answer, known, md5_number(CAST(snapshot AS VARCHAR) || ' '
               || coalesce(CASE WHEN known THEN CAST(alike AS VARCHAR) END, '-')) AS key
    FROM (SELECT DISTINCT snapshot, answer, known FROM points)
    LEFT JOIN alike_answers USING (answer)
), answered AS (
    SELECT p.host, bit_xor(a.key) AS answers
    FROM points p
    JOIN answers a ON a.snapshot = p.snapshot AND a.answer IS NOT DISTINCT FROM p.answer
        AND a.known = p.known
    GROUP BY p.host
), placed AS (
    SELECT host, bit_xor(md5_number(CAST((dimension, segment, since, until) AS VARCHAR)))
               AS segments
    FROM point_segments GROUP BY host
)
SELECT h.number AS host, min(h.number) OVER (PARTITION BY of_panel, stratum, weight, answers,
                                             segments) AS history,
       segments
FROM hosts h
JOIN answered a ON a.host = h.number
JOIN placed p ON p.host = h.number;

CREATE VIEW histories AS
SELECT g.history, CASE WHEN h.of_panel THEN 'panel' ELSE 'captured' END AS population, h.stratum,
       h.weight, g.hosts,
       min(history) OVER (PARTITION BY of_panel, stratum, weight, segments) AS placement
FROM (SELECT history, segments, count(*) AS hosts FROM host_histories GROUP BY ALL) g
JOIN hosts h ON h.number = g.history;

CREATE VIEW history_answers AS
SELECT h.history, CAST(p.snapshot AS VARCHAR) AS snapshot, p.snapshot_date,
       CASE WHEN p.known THEN CAST(a.alike AS VARCHAR) END AS answer
FROM points p
JOIN histories h ON h.history = p.host
LEFT JOIN alike_answers a ON a.answer = p.answer;

-- What the hosts of each history answered at both ends of spans; NULL where that is unknown or where
-- the snapshot does not have the hosts.
CREATE MACRO span_answers(spans_) AS TABLE
WITH wanted AS MATERIALIZED (
    SELECT row_number() OVER () AS number, *
    FROM (SELECT DISTINCT population, from_snapshot, to_snapshot FROM query_table(spans_))
), ends AS (
    SELECT number, from_snapshot AS snapshot, true AS at_from FROM wanted
    UNION ALL
    SELECT number, to_snapshot, false FROM wanted
), found AS (
    SELECT number, history, max(answer) FILTER (at_from) AS answer_then,
           max(answer) FILTER (NOT at_from) AS answer_now
    FROM ends JOIN history_answers USING (snapshot)  -- which is of one population
    GROUP BY number, history
)
SELECT w.* EXCLUDE (number), f.* EXCLUDE (number) FROM found f JOIN wanted w USING (number);

-- The hosts of spans by segment, stratum and weight, counted by what they answered then and now.
CREATE MACRO followed_in(spans_) AS TABLE
WITH answered AS MATERIALIZED (  -- or DuckDB 1.5 joins all spans with all segments first
    SELECT a.* EXCLUDE (history), h.placement, CAST(sum(h.hosts) AS BIGINT) AS hosts
    FROM span_answers(spans_) a JOIN histories h USING (history)
    GROUP BY ALL
), belonging AS MATERIALIZED (
    SELECT * EXCLUDE (host), host AS placement
    FROM point_segments SEMI JOIN histories ON placement = host
), spanned AS MATERIALIZED (
    FROM answered JOIN query_table(spans_) USING (population, from_snapshot, to_snapshot)
)
SELECT s.* EXCLUDE (placement), CAST(h.stratum AS VARCHAR) AS stratum, h.weight
FROM spanned s
JOIN hosts h ON h.number = s.placement
JOIN belonging g ON g.placement = s.placement AND g.dimension = s.dimension
    AND g.segment = s.segment AND coalesce(s.from_date BETWEEN g.since AND g.until, true)
JOIN belonging e ON e.placement = s.placement AND e.dimension = s.dimension
    AND e.segment = s.segment AND coalesce(s.to_date BETWEEN e.since AND e.until, true);

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
COMMENT ON VIEW host_histories IS 'Which hosts have the same history: they block alike in the same snapshots and belong to the same segments.';
COMMENT ON COLUMN host_histories.host IS 'Number of the host in the view hosts.';
COMMENT ON COLUMN host_histories.history IS 'Number of the first host with this history.';
COMMENT ON COLUMN host_histories.segments IS 'A number of the segments to which it belongs, with the days.';
COMMENT ON VIEW histories IS 'The different histories of hosts.';
COMMENT ON COLUMN histories.hosts IS 'How many hosts have it.';
COMMENT ON COLUMN histories.placement IS 'Number of the first host of the same segments, stratum and weight.';
COMMENT ON VIEW history_answers IS 'What the hosts of a history answered in each snapshot that has them.';
COMMENT ON COLUMN history_answers.answer IS 'The first answer that blocks alike (alike_answers); empty if it is unknown.';
COMMENT ON MACRO TABLE span_answers IS 'What the hosts of each history answered at both ends of spans, which are given by name.';
COMMENT ON MACRO TABLE followed_in IS 'The hosts of spans, which are given by name, counted by segment and by their answers.';
COMMENT ON MACRO TABLE span_counts IS 'Hosts of both snapshots of spans, by segment, stratum and answers.';
