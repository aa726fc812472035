-- The followed hosts by the further columns of their list, such as a country.  A cell may name several
-- segments with `;`.
CREATE VIEW host_segments AS
SELECT DISTINCT h.number AS host, c.column_name AS dimension, trim(s.segment) AS segment
FROM panel_columns c
JOIN current_panel p ON p.panel = c.panel AND p.domain = c.domain
JOIN hosts h ON h.of_panel AND h.host = p.host,
LATERAL (SELECT unnest(string_split(c.value, ';')) AS segment) s
WHERE trim(s.segment) <> '';
COMMENT ON VIEW host_segments IS 'The followed hosts by the further columns of their list.';
COMMENT ON COLUMN host_segments.host IS 'Number of the host in the view hosts.';
COMMENT ON COLUMN host_segments.dimension IS 'The column of the list.';
COMMENT ON COLUMN host_segments.segment IS 'A value of it; a host may have several.';

-- The same with segments below 30 hosts that were ever known as one, so that a share has a base and no
-- host is left out.
CREATE VIEW folded_segments AS
WITH sizes AS (
    SELECT dimension, segment, count(*) AS n FROM host_segments
    SEMI JOIN (SELECT DISTINCT host FROM points WHERE known) k USING (host)
    GROUP BY ALL
)
SELECT DISTINCT s.host, s.dimension,
       CASE WHEN z.n >= 30 THEN s.segment ELSE 'other segments, each below 30 hosts' END AS segment
FROM host_segments s LEFT JOIN sizes z USING (dimension, segment);
COMMENT ON VIEW folded_segments IS 'The same, with segments below 30 hosts that were ever known as one.';
COMMENT ON COLUMN folded_segments.host IS 'Number of the host in the view hosts.';
COMMENT ON COLUMN folded_segments.dimension IS 'The column of the list.';
COMMENT ON COLUMN folded_segments.segment IS 'A value of it, or that it is one of the small ones.';
