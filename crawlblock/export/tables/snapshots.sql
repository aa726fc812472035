-- key: snapshot
-- of: snapshots
FROM snapshots ORDER BY first_capture, snapshot
