-- title: What the snapshots cover
-- unit: share of hosts, 0 to 1
-- of: panel, census
-- note: The share of hosts that are captured (anything is on record), that are known (we know what their answer means), and that had each outcome. break_ids names the changes in how the archive was made between this snapshot and the one before. A step there may come from the archive if break_affects names coverage or verdicts. faults counts the places in the files of a scan that could not be read; the hosts there are missing.
WITH measures AS (
    SELECT DISTINCT population, outcome AS measure FROM point_counts
    UNION SELECT DISTINCT population, unnest(['captured', 'known']) FROM point_counts
), asked AS (
    SELECT c.* EXCLUDE (outcome, answer, known), m.measure,
           CASE m.measure
               WHEN 'captured' THEN c.outcome <> 'not_captured'
               WHEN 'known' THEN c.known
               ELSE c.outcome = m.measure
           END AS yes
    FROM segment_counts c JOIN measures m ON m.population = c.population
), steps AS (
    SELECT population, snapshot, snapshot_date,
           lag(snapshot_date) OVER (PARTITION BY population ORDER BY snapshot_date, snapshot)
               AS date_before
    FROM (SELECT DISTINCT population, snapshot, snapshot_date FROM point_counts
          WHERE kind = 'crawl')
), broken AS (
    SELECT s.population, s.snapshot, string_agg(b.id, '; ' ORDER BY b.date, b.id) AS break_ids,
           string_agg(b.title, '; ' ORDER BY b.date, b.id) AS break_titles,
           string_agg(array_to_string(b.affects, ', '), '; ' ORDER BY b.date, b.id) AS break_affects
    FROM steps s
    JOIN breaks b ON b.date > s.date_before AND b.date <= s.snapshot_date
    GROUP BY ALL
)
FROM shares_of('asked') LEFT JOIN broken USING (population, snapshot)
LEFT JOIN (SELECT snapshot, faults FROM scans) USING (snapshot)
ORDER BY population, http_profile, snapshot_date, snapshot, dimension, segment, measure,
         estimand DESC;
