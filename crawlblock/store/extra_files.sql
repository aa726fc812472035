-- Files of a user's own that the last judging used.  It is made with the views, so that a database of
-- this layout that was made before has it, too.
CREATE TABLE IF NOT EXISTS extra_files (
    file   VARCHAR PRIMARY KEY,
    digest VARCHAR NOT NULL
);
COMMENT ON TABLE extra_files IS 'The files of the extra folder that were used when the stored texts were last judged; without such a folder there are none.';
COMMENT ON COLUMN extra_files.file IS 'Its name in the folder.';
COMMENT ON COLUMN extra_files.digest IS 'Digest of its text.';

