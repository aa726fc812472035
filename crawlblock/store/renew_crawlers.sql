-- The columns of crawlers and verdicts that layout 6 has besides.
ALTER TABLE conclusions.verdicts ADD COLUMN matched_token VARCHAR;
ALTER TABLE conclusions.verdicts ADD COLUMN strict VARCHAR;
ALTER TABLE conclusions.verdicts ADD COLUMN strict_root_allowed BOOLEAN;
-- No crawler obeyed the token of another then.
UPDATE conclusions.verdicts v
SET strict = restriction, strict_root_allowed = root_allowed,
    matched_token = CASE basis WHEN 'named' THEN k.token WHEN 'wildcard' THEN '*' END
FROM crawlers k WHERE k.id = v.crawler;
ALTER TABLE crawlers ADD COLUMN obeys VARCHAR[];
ALTER TABLE crawlers ADD COLUMN wildcard BOOLEAN;
ALTER TABLE crawlers ADD COLUMN reused BOOLEAN;
ALTER TABLE crawlers ADD COLUMN honours VARCHAR;
ALTER TABLE crawlers ADD COLUMN source VARCHAR;
ALTER TABLE crawlers ADD COLUMN second_hand BOOLEAN;
ALTER TABLE crawlers ADD COLUMN as_of DATE;
