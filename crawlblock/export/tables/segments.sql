-- about: The hosts by the segments that results are about: further columns of their list, such as a country. Small segments are one.
-- key: host, dimension, segment
-- of: captures, folded_segments
SELECT h.host, f.dimension, f.segment
FROM folded_segments f JOIN hosts h ON h.number = f.host
ORDER BY h.host, f.dimension, f.segment
