-- key: digest
-- of: payloads
SELECT * EXCLUDE (body) FROM payloads ORDER BY digest
