-- The columns of crawlers and verdicts that layout 6 has besides, which are empty until texts are judged again.
ALTER TABLE conclusions.verdicts ADD COLUMN matched_token VARCHAR;
ALTER TABLE conclusions.verdicts ADD COLUMN strict VARCHAR;
ALTER TABLE conclusions.verdicts ADD COLUMN strict_root_allowed BOOLEAN;
ALTER TABLE crawlers ADD COLUMN obeys VARCHAR[];
ALTER TABLE crawlers ADD COLUMN wildcard BOOLEAN;
ALTER TABLE crawlers ADD COLUMN reused BOOLEAN;
ALTER TABLE crawlers ADD COLUMN honours VARCHAR;
ALTER TABLE crawlers ADD COLUMN source VARCHAR;
ALTER TABLE crawlers ADD COLUMN second_hand BOOLEAN;
ALTER TABLE crawlers ADD COLUMN as_of DATE;
