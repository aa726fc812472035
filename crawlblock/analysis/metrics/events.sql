-- title: When hosts closed and opened to crawlers
-- unit: change, between the captures at after and before (UTC)
-- note: refused: / may no longer be fetched; opened: it may again. The change lies after the last readable capture before it and not after the first one that shows it; captures that could not be told lie inside the interval. An empty after: it was refused from the crawler's first counted capture on. The rules seen at after may be older than the crawler. authored_by: whose text refuses, or refused until then. first_refusal marks the first of a host and crawler. Of more than 20,000 hosts those are listed whose names come first by MD5, which is a random sample; events_per_snapshot counts all, and the view changes has them.
WITH days AS (
    SELECT DISTINCT coalesce(documented_since, DATE '0001-01-02') AS day FROM crawlers
), firsts AS (  -- the first capture of each host that counts for a crawler documented on that day
    SELECT r.*, d.day FROM readable_in('listed') r
    JOIN days d ON d.day > coalesce(r.dates_before, DATE '0001-01-01') AND d.day <= r.snapshot_date
), standing AS (
    SELECT f.population, f.reading, f.snapshot, f.snapshot_date, f.host, f.stratum, k.token,
           'refused' AS event, CAST(NULL AS TIMESTAMP) AS after, f.time AS before,
           CAST(NULL AS VARCHAR) AS from_restriction, m.restriction AS to_restriction,
           CAST(NULL AS VARCHAR) AS from_basis, m.basis AS to_basis, m.authored_by, m.decision
    FROM firsts f
    JOIN crawlers k ON coalesce(k.documented_since, DATE '0001-01-02') = f.day
    JOIN meanings m ON m.answer = f.answer AND m.token = k.token
    WHERE NOT m.root_allowed
), changed AS (
    SELECT * EXCLUDE (weight) FROM changes_in('listed')
), events AS (
    FROM changed
    UNION ALL BY NAME
    SELECT s.* FROM standing s
    ANTI JOIN changed c ON c.population = s.population AND c.snapshot = s.snapshot
        AND c.host = s.host AND c.token = s.token
)
SELECT population, reading, host, stratum, token, event, after, before, snapshot, snapshot_date,
       from_restriction, to_restriction, from_basis, to_basis, authored_by, decision,
       event = 'refused' AND row_number() OVER (
           PARTITION BY population, host, token, event ORDER BY before, snapshot) = 1
           AS first_refusal
FROM events
ORDER BY population, host, token, before, snapshot;
