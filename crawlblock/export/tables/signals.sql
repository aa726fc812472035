-- of: signals
SELECT digest, kind, array_to_string(agents, ', ') AS agents, use, preference, path, line
FROM signals ORDER BY ALL
