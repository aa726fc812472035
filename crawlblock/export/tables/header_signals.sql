-- of: header_signals
SELECT snapshot, host, outcome, kind, array_to_string(agents, ', ') AS agents, use, preference, path
FROM header_signals ORDER BY ALL
