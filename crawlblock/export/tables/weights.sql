-- key: domain, corpus
-- of: weights
FROM weights ORDER BY corpus, domain
