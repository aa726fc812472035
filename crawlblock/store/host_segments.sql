-- The followed hosts by the further columns of their list, such as a country.
CREATE VIEW host_segments AS
SELECT h.number AS host, c.dimension, c.segment, c.since, c.until
FROM list_cells c JOIN hosts h ON h.of_panel AND h.host = c.host;
COMMENT ON VIEW host_segments IS 'The followed hosts by the further columns of their list.';
COMMENT ON COLUMN host_segments.host IS 'Number of the host in the view hosts.';
COMMENT ON COLUMN host_segments.dimension IS 'The column of the list.';
COMMENT ON COLUMN host_segments.segment IS 'A value of it; a host may have several.';
COMMENT ON COLUMN host_segments.since IS 'First day on which the host belonged to it; -infinity: it always did.';
COMMENT ON COLUMN host_segments.until IS 'Last day on which the host belonged to it; infinity: it still does.';

-- The segments that are simple random samples, as all their cells say.
CREATE VIEW sampled_segments AS
SELECT dimension, segment, max(sampled_from) AS sampled_from
FROM list_cells GROUP BY ALL
HAVING count(sampled_from) = count(*) AND min(sampled_from) = max(sampled_from)
    AND count(DISTINCT host) <= max(sampled_from);
COMMENT ON VIEW sampled_segments IS 'The segments of a list that are simple random samples, as all their cells say.';
COMMENT ON COLUMN sampled_segments.dimension IS 'The column of the list.';
COMMENT ON COLUMN sampled_segments.segment IS 'A value of it.';
COMMENT ON COLUMN sampled_segments.sampled_from IS 'How many hosts it was sampled from.';

-- The days of hosts and segments in a relation, joined where they overlap, so that a host counts once.
CREATE MACRO joined_days(source) AS TABLE
WITH ordered AS (
    SELECT host, dimension, segment, since, until,
           max(until) OVER (PARTITION BY host, dimension, segment ORDER BY since, until
                            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reached
    FROM query_table(source)
), islands AS (
    SELECT *, count(*) FILTER (reached IS NULL OR reached < since)
                  OVER (PARTITION BY host, dimension, segment ORDER BY since, until) AS island
    FROM ordered
)
SELECT host, dimension, segment, min(since) AS since, max(until) AS until
FROM islands GROUP BY host, dimension, segment, island;

-- The same with small segments as one, so that a share has a base and no host is left out: those
-- below 30 hosts that were ever known, and those beyond the 200 largest.
CREATE VIEW folded_segments AS
WITH sizes AS (
    SELECT dimension, segment, count(DISTINCT host) AS n FROM host_segments
    SEMI JOIN (SELECT DISTINCT host FROM points WHERE known) k USING (host)
    GROUP BY dimension, segment HAVING count(DISTINCT host) >= 30
    QUALIFY row_number() OVER (PARTITION BY dimension
                               ORDER BY count(DISTINCT host) DESC, segment) <= 200
), folded AS (
    SELECT DISTINCT s.* REPLACE (
        CASE WHEN z.n IS NULL THEN 'other segments' ELSE s.segment END AS segment)
    FROM host_segments s LEFT JOIN sizes z USING (dimension, segment)
)
FROM joined_days('folded');
COMMENT ON VIEW folded_segments IS 'The same as host_segments, with small segments combined: below 30 known hosts, or beyond the 200 largest.';
COMMENT ON COLUMN folded_segments.host IS 'Number of the host in the view hosts.';
COMMENT ON COLUMN folded_segments.dimension IS 'The column of the list.';
COMMENT ON COLUMN folded_segments.segment IS 'A value of the column, or other segments if the segment is small.';
COMMENT ON COLUMN folded_segments.since IS 'First day on which the host belonged to it; -infinity (empty in an export) if it always did.';
COMMENT ON COLUMN folded_segments.until IS 'Last day on which the host belonged to it; infinity (empty in an export) if it still does.';

CREATE MACRO several_strata() AS (SELECT count(DISTINCT stratum) > 1 FROM hosts WHERE of_panel);

-- The population counted by segment.  Dimension and segment are '' for all hosts; the strata of a panel that has
-- several are a dimension, and so is every further column of its list.
CREATE VIEW segment_counts AS
SELECT *, '' AS dimension, '' AS segment FROM point_counts
UNION ALL BY NAME
SELECT *, 'stratum' AS dimension, stratum AS segment FROM point_counts
WHERE population = 'panel' AND several_strata()
UNION ALL BY NAME
SELECT CAST(population AS VARCHAR) AS population, CAST(c.snapshot AS VARCHAR) AS snapshot,
       any_value(s.kind) AS kind, snapshot_date, CAST(stratum AS VARCHAR) AS stratum,
       CAST(outcome AS VARCHAR) AS outcome, CAST(answer AS VARCHAR) AS answer, known,
       CAST(sum(hosts) AS BIGINT) AS hosts, sum(weight * hosts) AS weight,
       sum(CAST(weight * weight AS DECIMAL(38, 6)) * hosts) AS weight_squared,
       c.dimension, c.segment
FROM (
    SELECT p.* EXCLUDE (host, time, text), f.dimension, f.segment, count(*) AS hosts
    FROM points p
    JOIN folded_segments f ON f.host = p.host
        AND coalesce(p.snapshot_date BETWEEN f.since AND f.until, true)
    GROUP BY ALL
) c
JOIN snapshots s ON s.snapshot = CAST(c.snapshot AS VARCHAR)
GROUP BY ALL;

-- The hosts of sound snapshots, counted by segment and by what they answered.
CREATE VIEW segment_answers AS
SELECT population, snapshot, snapshot_date, stratum, dimension, segment, answer,
       CAST(sum(hosts) AS BIGINT) AS hosts, sum(weight) AS weight,
       sum(weight_squared) AS weight_squared
FROM segment_counts
WHERE population = 'captured'
   OR snapshot NOT IN (FROM left_out_snapshots)
GROUP BY ALL;

CREATE VIEW answer_counts AS
SELECT population, snapshot, snapshot_date, stratum, answer,
       CAST(sum(hosts) AS BIGINT) AS hosts, sum(weight) AS weight,
       sum(weight_squared) AS weight_squared
FROM point_counts
WHERE population = 'captured' OR snapshot NOT IN (FROM left_out_snapshots)
GROUP BY ALL;

-- The hosts whose server refuses to give the robots.txt, counted beside the verdicts.
CREATE VIEW refused_by_server AS
SELECT population, snapshot, dimension, segment, CAST(sum(hosts) AS BIGINT) AS n_refused
FROM segment_counts WHERE outcome IN (SELECT outcome FROM outcomes WHERE refused) GROUP BY ALL;

-- The segments of each host and their days, with '' for all hosts.
CREATE VIEW point_segments AS
WITH dated AS (
    SELECT DISTINCT host, '' AS dimension, '' AS segment, since, until
    FROM host_segments WHERE isfinite(since) OR isfinite(until)
)
SELECT number AS host, '' AS dimension, '' AS segment, DATE '-infinity' AS since,
       DATE 'infinity' AS until
FROM hosts h ANTI JOIN dated d ON d.host = h.number
UNION ALL
FROM joined_days('dated')
UNION ALL
SELECT number, 'stratum', stratum, DATE '-infinity', DATE 'infinity'
FROM hosts WHERE of_panel AND several_strata()
UNION ALL
FROM folded_segments;

-- The hosts by segment and by the text of their robots.txt, for the texts in a relation.
CREATE MACRO texts_of(source) AS TABLE
SELECT CAST(population AS VARCHAR) AS population, CAST(snapshot AS VARCHAR) AS snapshot,
       snapshot_date, dimension, segment, CAST(stratum AS VARCHAR) AS stratum, text,
       count(*) AS hosts, sum(weight) AS weight,
       sum(CAST(weight * weight AS DECIMAL(38, 6))) AS weight_squared
FROM (FROM points SEMI JOIN query_table(source) USING (text)) p
JOIN point_segments g ON g.host = p.host
    AND coalesce(p.snapshot_date BETWEEN g.since AND g.until, true)
GROUP BY ALL;

COMMENT ON MACRO TABLE joined_days IS 'Days of hosts and segments, joined where they overlap.';
COMMENT ON VIEW point_segments IS 'The segments of each host and their days; empty texts for all hosts.';
COMMENT ON VIEW answer_counts IS 'Hosts and weights of sound snapshots by stratum and answer.';
COMMENT ON MACRO several_strata IS 'Whether the followed hosts are in several strata.';
COMMENT ON VIEW segment_counts IS 'point_counts by segment as well.';
COMMENT ON COLUMN segment_counts.dimension IS 'stratum, or a further column of the list; empty text for all hosts.';
COMMENT ON VIEW segment_answers IS 'Hosts and weights of sound snapshots by segment, stratum and answer.';
COMMENT ON VIEW refused_by_server IS 'Hosts whose server refuses to send the robots.txt: 401, 402, 403, 451, or a page that tests whether the visitor is human.';
