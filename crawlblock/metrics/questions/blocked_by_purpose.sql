-- title: Hosts that block at least one AI crawler, by its purpose
-- unit: share of hosts, 0 to 1
-- of: panel
-- note: crawlers is how many AI crawlers of the kind were documented at that date. The share grows with them: openness_index and change have fixed sets. A host is unknown unless one block is certain or all crawlers are known. By definition: root (robots.txt forbids /) or any (it has a restriction of any kind).
WITH kinds AS (
    SELECT * RENAME (purpose AS kind) FROM counted_meanings WHERE ai AND purpose IS NOT NULL
), asked AS (
    SELECT c.* EXCLUDE (answer), b.kind AS purpose, b.crawlers, b.definition, b.yes
    FROM segment_answers c
    JOIN any_blocked_of('kinds') b
        ON b.snapshot_date = c.snapshot_date AND b.answer IS NOT DISTINCT FROM c.answer
)
FROM shares_of('asked')
ORDER BY population, http_profile, snapshot_date, snapshot, dimension, segment, purpose, definition,
         estimand DESC;
