-- key: answer, token
-- of: meanings, verdicts
SELECT * FROM meanings
WHERE answer NOT LIKE 'http %'
    OR answer IN (SELECT 'http ' || status FROM captures WHERE digest IS NULL)
ORDER BY answer, token
