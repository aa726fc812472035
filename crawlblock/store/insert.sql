-- The fetches in coming, and the hosts that were asked.
INSERT INTO facts.fetches
SELECT (SELECT coalesce(max(id), 0) FROM facts.fetches) + row_number() OVER (), * FROM coming;
DROP TABLE temp.coming;

INSERT INTO facts.asked
SELECT s.id, h.id, n.resource, b.id
FROM (SELECT DISTINCT * FROM new_asked) n
JOIN facts.snapshots s ON s.snapshot = n.snapshot
JOIN facts.hosts h ON h.host = n.host
LEFT JOIN facts.hosts b ON b.host = n.fallback
ANTI JOIN facts.asked a ON a.snapshot = s.id AND a.host = h.id AND a.resource = n.resource;

-- Which captures count in these snapshots must be decided again.
DELETE FROM conclusions.selected
WHERE snapshot IN (SELECT id FROM facts.snapshots SEMI JOIN new_snapshots USING (snapshot));
