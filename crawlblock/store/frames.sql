-- The domains of a ranking's strata, of which some were sampled: with them the table weights gives
-- the total of each stratum.  It is made with the views, so that a database of this layout that was
-- made before has it, too.
CREATE TABLE IF NOT EXISTS frames (
    panel   VARCHAR NOT NULL,
    stratum VARCHAR NOT NULL,
    domain  VARCHAR NOT NULL
);
COMMENT ON TABLE frames IS 'The domains that panels were sampled from, where the frame is a ranking.';
COMMENT ON COLUMN frames.panel IS 'The panel.';
COMMENT ON COLUMN frames.stratum IS 'The stratum, as in the table panel.';
COMMENT ON COLUMN frames.domain IS 'Registered domain.';
