-- Which fetches count for the hosts in the temporary table part, of those wanted: the rule of
-- selection.py.  A crawl has too many hosts to hold all of their chains at once.

CREATE OR REPLACE TEMP TABLE chain AS
WITH asked AS (
    SELECT snapshot, host, resource FROM part
    UNION
    SELECT snapshot, fallback, resource FROM part WHERE fallback IS NOT NULL
), fetches_of_part AS (FROM facts.fetches SEMI JOIN asked USING (snapshot, host, resource)),
step AS MATERIALIZED (FROM steps('fetches_of_part')),
met_here AS (  -- few of all: DuckDB 1.5 would hold them all for each part of the hosts
    FROM answer a
    SEMI JOIN step s ON s.snapshot = a.snapshot AND s.page = a.page AND s.target = a.url
)
FROM followed('step', 'met_here');

-- The fallback counts where no fetch of the host itself has an HTTP status.
CREATE OR REPLACE TEMP TABLE candidate AS
SELECT w.host AS wanted, c.* FROM part w
JOIN chain c ON c.snapshot = w.snapshot AND c.host = w.host AND c.resource = w.resource;
INSERT INTO candidate
SELECT w.host, c.* FROM part w
JOIN chain c ON c.snapshot = w.snapshot AND c.host = w.fallback AND c.resource = w.resource
ANTI JOIN (FROM candidate WHERE status IS NOT NULL) k
    ON k.snapshot = w.snapshot AND k.wanted = w.host AND k.resource = w.resource;

INSERT INTO conclusions.captures
SELECT w.snapshot, w.host, w.resource, c.best.first, c.best.last, coalesce(c.best.hops, 0),
       coalesce(c.best.outcome, 'not_captured')
FROM (SELECT DISTINCT snapshot, host, resource FROM part) w
LEFT JOIN (
    SELECT snapshot, wanted, resource, max(chain) AS best
    FROM candidate GROUP BY snapshot, wanted, resource
) c ON c.snapshot = w.snapshot AND c.wanted = w.host AND c.resource = w.resource;
