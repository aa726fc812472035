-- Columns of tables that are filled anew, added since their layout: databases that have none get them.
ALTER TABLE outcomes ADD COLUMN IF NOT EXISTS refused BOOLEAN;
ALTER TABLE crawlers ADD COLUMN IF NOT EXISTS web_archive BOOLEAN;
ALTER TABLE crawlers ADD COLUMN IF NOT EXISTS national_library BOOLEAN;
COMMENT ON COLUMN outcomes.refused IS 'Whether the server refused to give it.';
COMMENT ON COLUMN crawlers.web_archive IS 'Whether it keeps pages as they were, for readers, as the Internet Archive does.';
COMMENT ON COLUMN crawlers.national_library IS 'Whether it is the web archive of a national library; results join them to one archive.';
