-- Layout 4 with the names of layout 5, and the table that it lacks.
ALTER TABLE panels RENAME COLUMN drawn TO sampled;
ALTER TABLE conclusions.verdicts RENAME COLUMN decision TO ruleset;
ALTER TABLE conclusions.signals RENAME COLUMN wish TO preference;
UPDATE conclusions.signals SET preference = 'disallow' WHERE preference = 'refuse';
ALTER TABLE conclusions.census RENAME COLUMN stands TO representative;
ALTER TABLE http_readings RENAME COLUMN reading TO http_profile;
ALTER TABLE http_readings RENAME TO http_profiles;
CREATE TABLE panel_columns (
    panel       VARCHAR NOT NULL,
    domain      VARCHAR NOT NULL,
    column_name VARCHAR NOT NULL,
    value       VARCHAR NOT NULL
);
COMMENT ON TABLE panel_columns IS 'What the list of a panel says of its domains in further columns, such as a country. No result uses it; join it with panel by panel and domain.';
COMMENT ON COLUMN panel_columns.panel IS 'Which panel.';
COMMENT ON COLUMN panel_columns.domain IS 'The domain, as in the table panel.';
COMMENT ON COLUMN panel_columns.column_name IS 'Name of the column; its number from 1 where the list has no header.';
COMMENT ON COLUMN panel_columns.value IS 'What the list has there, at most 1,000 characters; empty cells have no row.';
DELETE FROM schema_version;
INSERT INTO schema_version VALUES (5);
