-- In which file of a crawl a host is counted.  It is made with the views, so that a database of this
-- layout that was made before has it, too.
CREATE TABLE IF NOT EXISTS facts.counting_files (
    snapshot       USMALLINT NOT NULL,
    host           VARCHAR NOT NULL,
    warc_file      VARCHAR NOT NULL,
    representative BOOLEAN NOT NULL,
    siblings       INTEGER
);
COMMENT ON TABLE facts.counting_files IS 'For crawls of which a share of the files is merged: the hosts that are counted in these files, from the crawl''s index. A host with captures in several files is counted in one of them.';
COMMENT ON COLUMN facts.counting_files.snapshot IS 'The crawl.';
COMMENT ON COLUMN facts.counting_files.host IS 'Name of the host.';
COMMENT ON COLUMN facts.counting_files.warc_file IS 'The one file in which it is counted.';
COMMENT ON COLUMN facts.counting_files.representative IS 'Whether it represents its registered domain among all hosts of the crawl.';
COMMENT ON COLUMN facts.counting_files.siblings IS 'Hosts of its registered domain in the crawl, itself included; empty for an IP address.';

