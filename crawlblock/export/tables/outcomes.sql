-- key: outcome
-- of: outcomes
FROM outcomes ORDER BY outcome
