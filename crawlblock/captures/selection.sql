-- Which fetches count for the hosts in the temporary view part, of those wanted: the rule of
-- selection.py.  A crawl has too many hosts to hold all of their chains at once.  It is one statement,
-- because DuckDB keeps a table that was dropped until the transaction ends.

INSERT INTO conclusions.captures
WITH asked AS (
    SELECT snapshot, host, resource FROM part
    UNION
    SELECT snapshot, fallback, resource FROM part WHERE fallback IS NOT NULL
), fetches_of_part AS (
    FROM facts.fetches SEMI JOIN asked USING (snapshot, host, resource)
), step AS MATERIALIZED (
    FROM steps('fetches_of_part')
), met_here AS (  -- few of all: DuckDB 1.5 would hold them all for each part of the hosts
    FROM answer a
    SEMI JOIN step s ON s.snapshot = a.snapshot AND s.page = a.page AND s.target = a.url
), chain AS MATERIALIZED (
    FROM followed('step', 'met_here')
), own AS MATERIALIZED (
    SELECT w.host AS wanted, c.* FROM part w
    JOIN chain c ON c.snapshot = w.snapshot AND c.host = w.host AND c.resource = w.resource
), candidate AS (  -- the fallback counts where no fetch of the host itself has an HTTP status
    FROM own
    UNION ALL
    SELECT w.host, c.* FROM part w
    JOIN chain c ON c.snapshot = w.snapshot AND c.host = w.fallback AND c.resource = w.resource
    ANTI JOIN (FROM own WHERE status IS NOT NULL) k
        ON k.snapshot = w.snapshot AND k.wanted = w.host AND k.resource = w.resource
), best AS (
    SELECT snapshot, wanted, resource, max(chain) AS chain
    FROM candidate GROUP BY snapshot, wanted, resource
)
SELECT w.snapshot, w.host, w.resource, b.chain.first, b.chain.last, coalesce(b.chain.hops, 0),
       coalesce(b.chain.outcome, 'not_captured')
FROM (SELECT DISTINCT snapshot, host, resource FROM part) w
LEFT JOIN best b
    ON b.snapshot = w.snapshot AND b.wanted = w.host AND b.resource = w.resource;
