-- What headers of answers state.  It is made with the views, so that a database of this layout that was
-- made before has it, too.

CREATE TABLE IF NOT EXISTS conclusions.header_signals (
    of_fetch BIGINT NOT NULL,
    kind   VARCHAR NOT NULL,
    agents VARCHAR[] NOT NULL,
    use    VARCHAR,
    preference VARCHAR NOT NULL,
    value  VARCHAR NOT NULL,
    path   VARCHAR
);
COMMENT ON TABLE conclusions.header_signals IS 'What headers of answers state; see the view header_signals.';
COMMENT ON COLUMN conclusions.header_signals.of_fetch IS 'The fetch.';
COMMENT ON COLUMN conclusions.header_signals.kind IS 'As in the view.';
COMMENT ON COLUMN conclusions.header_signals.agents IS 'As in the view.';
COMMENT ON COLUMN conclusions.header_signals.use IS 'As in the view.';
COMMENT ON COLUMN conclusions.header_signals.preference IS 'As in the view.';
COMMENT ON COLUMN conclusions.header_signals.value IS 'As in the view.';
COMMENT ON COLUMN conclusions.header_signals.path IS 'As in the view.';
