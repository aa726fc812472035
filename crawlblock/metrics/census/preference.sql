-- title: Hosts by what they state about the training of AI models
-- unit: share of the hosts or registered domains whose robots.txt could be read or is absent, 0 to 1
-- of: census
-- note: By preference: disallowed, partly (for some paths or some crawlers), allowed, not_stated. Rules, signals and preference tokens are combined, and the most restrictive statement counts. A header, such as tdm-reservation, applies only to the response that carries it, so it makes a host partly at most. A host without a robots.txt states nothing else. This is not legal advice. n_unknown hosts have no robots.txt that could be read. The files of the demo are reconstructions that state what the real files stated.
WITH preferences AS (
    FROM (VALUES ('disallowed'), ('partly'), ('allowed'), ('not_stated')) p(preference)
), in_headers AS (
    SELECT DISTINCT snapshot, host FROM header_signals
    WHERE preference = 'disallow' AND use IN ('train', 'mine', 'all')
), stated AS (
    SELECT c.snapshot, s.snapshot_date, CASE WHEN NOT s.whole THEN c.file % 1000 END AS cluster,
           c.representative,
           CASE WHEN c.outcome = 'absent' THEN CASE WHEN i.host IS NULL THEN 'not_stated'
                                                    ELSE 'partly' END
                WHEN c.outcome <> 'ok' OR j.training = 'unknown' THEN NULL
                WHEN j.training IN ('disallowed', 'partly') OR i.host IS NULL THEN j.training
                ELSE 'partly' END AS preference
    FROM census c
    JOIN scan_shares s ON s.snapshot = c.snapshot
    LEFT JOIN conclusions.judgements j ON j.text = c.text
    LEFT JOIN in_headers i ON i.snapshot = c.snapshot AND i.host = c.host
), counted AS (
    SELECT p.population, snapshot, snapshot_date, cluster, preference, count(*) AS hosts
    FROM stated
    JOIN (VALUES ('hosts'), ('domains')) p(population) ON p.population = 'hosts' OR representative
    GROUP BY ALL
), asked AS (
    SELECT c.* EXCLUDE (preference), p.preference,
           CASE WHEN c.preference IS NOT NULL THEN c.preference = p.preference END AS yes
    FROM counted c CROSS JOIN preferences p
)
FROM clustered_shares_of('asked')
ORDER BY population, http_profile, snapshot_date, snapshot, preference;
