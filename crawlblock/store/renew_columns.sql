-- Layouts 4 and 5 with the columns of layout 6; ineffective_lines.sql has the table that they lack.
ALTER TABLE conclusions.judgements ADD COLUMN ineffective USMALLINT DEFAULT 0;
ALTER TABLE conclusions.judgements ADD COLUMN training VARCHAR;
ALTER TABLE conclusions.judgements ADD COLUMN training_evidence VARCHAR;
ALTER TABLE conclusions.judgements ADD COLUMN training_line INTEGER;
ALTER TABLE breaks ADD COLUMN last_crawl VARCHAR;
ALTER TABLE breaks ADD COLUMN affects VARCHAR[] DEFAULT ['coverage', 'verdicts'];
DELETE FROM schema_version;
INSERT INTO schema_version VALUES (6);
