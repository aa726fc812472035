-- One redirect further: a loop, or a target without a capture, ends the way.
INSERT INTO ends
SELECT start, last, hops, goodness FROM ways ANTI JOIN steps ON steps.url = ways.target;
CREATE OR REPLACE TEMP TABLE moved AS
SELECT w.start, s.id AS last, w.hops + 1 AS hops, s.goodness,
       list_append(w.seen, w.target) AS seen, s.target
FROM ways w JOIN steps s ON s.url = w.target;
CREATE OR REPLACE TEMP TABLE ways AS
SELECT * REPLACE (CASE WHEN NOT list_contains(seen, target) THEN target END AS target) FROM moved;
INSERT INTO ends SELECT start, last, hops, goodness FROM ways WHERE target IS NULL;
DELETE FROM ways WHERE target IS NULL;
