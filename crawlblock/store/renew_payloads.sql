-- Snapshots, payloads and texts of an earlier layout as facts that come in; they are added with the
-- first captures.
CREATE TEMP TABLE new_snapshots AS
SELECT snapshot, kind, first_capture, last_capture FROM before_snapshots;
CREATE TEMP TABLE new_texts AS
SELECT digest AS name, body, true AS whole FROM before_payloads WHERE body IS NOT NULL
UNION ALL
SELECT text, rules, false FROM before_texts;
CREATE TEMP TABLE new_payloads AS
SELECT digest, any_value(bytes) AS bytes, any_value(name) AS text
FROM (
    SELECT digest, bytes, CASE WHEN body IS NULL THEN text ELSE digest END AS name
    FROM before_payloads
    UNION ALL
    SELECT c.digest, c.bytes, c.text FROM before_scanned_captures c
    ANTI JOIN before_payloads p ON p.digest = c.digest
    WHERE c.digest IS NOT NULL AND c.text IS NOT NULL
)
GROUP BY digest;
