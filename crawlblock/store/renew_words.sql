-- Layout 4 with the names of layout 5; panel_columns.sql has the table that it lacks.
ALTER TABLE panels RENAME COLUMN drawn TO sampled;
ALTER TABLE conclusions.verdicts RENAME COLUMN decision TO ruleset;
ALTER TABLE conclusions.signals RENAME COLUMN wish TO preference;
UPDATE conclusions.signals SET preference = 'disallow' WHERE preference = 'refuse';
ALTER TABLE conclusions.census RENAME COLUMN stands TO representative;
ALTER TABLE http_readings RENAME COLUMN reading TO http_profile;
ALTER TABLE http_readings RENAME TO http_profiles;
