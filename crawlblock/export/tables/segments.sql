-- about: The hosts by the segments that results are about: further columns of their list, such as a country. Small segments are one. A host that belonged to a segment in two spans of days has a row for each.
-- of: captures, folded_segments
SELECT h.host, f.dimension, f.segment,
       CASE WHEN isfinite(f.since) THEN f.since END AS since,
       CASE WHEN isfinite(f.until) THEN f.until END AS until
FROM folded_segments f JOIN hosts h ON h.number = f.host
ORDER BY ALL
