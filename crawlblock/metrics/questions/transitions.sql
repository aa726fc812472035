-- title: When hosts started and stopped blocking crawlers
-- unit: change, between the captures at after and before (UTC)
-- of: panel
-- note: started: / may no longer be fetched; stopped: it may again. The change happened after the last readable capture at after and no later than the first one that shows it, at before. Unknown captures are inside the interval. Without after, the crawler was blocked from its first counted capture on. The rules seen at after may be older than the crawler. authored_by: who wrote the text that blocks, or that blocked until then. first_block marks the first block of a crawler by a host. Of more than 20,000 hosts, the result lists those whose names come first by MD5, which is a random sample. transition_counts counts all, and the view changes has them.
WITH days AS (
    SELECT DISTINCT coalesce(documented_since, DATE '0001-01-02') AS day FROM crawlers
), firsts AS (  -- the first capture of each host that counts for a crawler documented on that day
    SELECT r.*, d.day FROM readable_in('listed') r
    JOIN days d ON d.day > coalesce(r.dates_before, DATE '0001-01-01') AND d.day <= r.snapshot_date
), blocked_at_first AS (
    SELECT f.population, f.http_profile, f.snapshot, f.snapshot_date, f.host, f.stratum, k.token,
           'started' AS transition, CAST(NULL AS TIMESTAMP) AS after, f.time AS before,
           CAST(NULL AS VARCHAR) AS from_restriction, m.restriction AS to_restriction,
           CAST(NULL AS VARCHAR) AS from_basis, m.basis AS to_basis, m.authored_by, m.ruleset
    FROM firsts f
    JOIN crawlers k ON coalesce(k.documented_since, DATE '0001-01-02') = f.day
    JOIN meanings m ON m.answer = f.answer AND m.token = k.token
    WHERE m.blocked
), changed AS (
    SELECT * EXCLUDE (weight) FROM changes_in('listed')
), transitions AS (
    FROM changed
    UNION ALL BY NAME
    SELECT s.* FROM blocked_at_first s
    ANTI JOIN changed c ON c.population = s.population AND c.snapshot = s.snapshot
        AND c.host = s.host AND c.token = s.token
)
SELECT * RENAME (stratum AS segment), 'list' AS estimand,
       'stratum' AS dimension,
       transition = 'started' AND row_number() OVER (
           PARTITION BY population, host, token, transition ORDER BY before, snapshot) = 1
           AS first_block
FROM transitions
ORDER BY population, host, token, before, snapshot;
