-- Pairs of snapshots that are compared over the same hosts.

-- The snapshots in which a segment was followed: at least half as many of its hosts are known as in its
-- best snapshot.  A change from a snapshot that knows a few hosts alone would be about those few.
CREATE VIEW segment_snapshots AS
WITH counts AS (
    SELECT population, dimension, segment, snapshot, snapshot_date, sum(hosts) AS known
    FROM segment_counts
    WHERE known AND (population = 'captured' OR snapshot NOT IN (FROM left_out_snapshots))
    GROUP BY ALL
)
SELECT *, row_number() OVER (PARTITION BY population, dimension, segment
                             ORDER BY snapshot_date, snapshot) AS place
FROM (SELECT *, max(known) OVER (PARTITION BY population, dimension, segment) AS most FROM counts)
WHERE 2 * known >= most;

-- The first of them since each crawler was documented.
CREATE VIEW starts AS
SELECT population, dimension, segment, token, min(place) AS place,
       min_by(snapshot, place) AS from_snapshot, min_by(snapshot_date, place) AS from_date
FROM segment_snapshots s
JOIN crawlers k ON coalesce(s.snapshot_date >= k.documented_since, true)
GROUP BY ALL;

-- since_first: from the first snapshot since a crawler was documented to each later one.  year: from
-- the last snapshot of a year to the last one of the next year that has any.
CREATE VIEW spans AS
SELECT DISTINCT 'since_first' AS span, population, dimension, segment, t.from_snapshot, t.from_date,
       s.snapshot AS to_snapshot, s.snapshot_date AS to_date
FROM starts t
JOIN segment_snapshots s USING (population, dimension, segment)
WHERE s.place > t.place
UNION ALL
SELECT 'year', population, dimension, segment,
       lag(snapshot) OVER years AS from_snapshot, lag(snapshot_date) OVER years AS from_date,
       snapshot, snapshot_date
FROM (
    FROM segment_snapshots
    QUALIFY row_number() OVER (PARTITION BY population, dimension, segment, year(snapshot_date)
                               ORDER BY place DESC) = 1
)
WINDOW years AS (PARTITION BY population, dimension, segment ORDER BY place)
QUALIFY from_snapshot IS NOT NULL;

-- The hosts of both snapshots of a span, by what they answered then and now; NULL where that is
-- unknown or where the snapshot does not have the host.
CREATE MACRO followed_in(spans_) AS TABLE
WITH wanted AS (
    SELECT DISTINCT population, from_snapshot, to_snapshot FROM query_table(spans_)
), sound AS (
    SELECT CAST(population AS VARCHAR) AS population, CAST(snapshot AS VARCHAR) AS snapshot, host,
           CAST(stratum AS VARCHAR) AS stratum, weight,
           CASE WHEN known THEN CAST(answer AS VARCHAR) END AS answer
    FROM points
)
SELECT w.*, s.host, any_value(s.stratum) AS stratum, any_value(s.weight) AS weight,
       max(answer) FILTER (s.snapshot = w.from_snapshot) AS answer_then,
       max(answer) FILTER (s.snapshot = w.to_snapshot) AS answer_now
FROM wanted w
JOIN sound s ON s.population = w.population AND s.snapshot IN (w.from_snapshot, w.to_snapshot)
GROUP BY w.population, w.from_snapshot, w.to_snapshot, s.host;

CREATE VIEW span_counts AS
SELECT s.*, f.stratum, f.answer_then, f.answer_now, count(*) AS hosts, sum(f.weight) AS weight,
       sum(CAST(f.weight * f.weight AS DECIMAL(38, 6))) AS weight_squared
FROM followed_in('spans') f
JOIN spans s USING (population, from_snapshot, to_snapshot)
JOIN point_segments g ON g.host = f.host AND g.dimension = s.dimension AND g.segment = s.segment
GROUP BY ALL;

-- What the answers of a span mean for the crawlers that were documented when it began: a fixed set, so
-- that a new crawler is no change.
CREATE VIEW span_meanings AS
SELECT d.from_date AS snapshot_date, d.answer, k.token,
       CASE WHEN k.reused IS NOT true THEN k.purpose END AS purpose,
       k.ai AND k.reused IS NOT true AS ai, m.basis, m.blocked
FROM (
    SELECT DISTINCT from_date, unnest([answer_then, answer_now]) AS answer FROM span_counts
) d
JOIN meanings m ON m.answer = d.answer
JOIN crawlers k ON k.token = m.token
WHERE coalesce(d.from_date >= k.documented_since, true);

COMMENT ON VIEW segment_snapshots IS 'The snapshots in which a segment was followed.';
COMMENT ON COLUMN segment_snapshots.place IS 'Its place in the order of time, from 1.';
COMMENT ON VIEW starts IS 'The first snapshot of a segment since each crawler was documented.';
COMMENT ON VIEW spans IS 'Pairs of snapshots that are compared over the same hosts.';
COMMENT ON COLUMN spans.span IS 'since_first: from the first snapshot since a crawler was documented; year: from the end of one year to the end of the next.';
COMMENT ON MACRO TABLE followed_in IS 'The hosts of both snapshots of spans, given by name, with their answers.';
COMMENT ON VIEW span_counts IS 'The same, counted by segment, stratum and answers.';
COMMENT ON VIEW span_meanings IS 'What the answers of spans mean for the crawlers documented when they began.';
