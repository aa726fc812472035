-- Lines that bind nobody; layout 6 added it.

CREATE TABLE conclusions.ineffective_lines (
    text    UINTEGER NOT NULL,
    fault   VARCHAR NOT NULL,
    line    INTEGER NOT NULL,
    content VARCHAR NOT NULL,
    tokens  VARCHAR[] NOT NULL,
    blocks  VARCHAR[] NOT NULL
);
COMMENT ON TABLE conclusions.ineffective_lines IS 'Lines of texts that bind nobody, or not all crawlers that they were meant for; see the view ineffective_lines.';
COMMENT ON COLUMN conclusions.ineffective_lines.text IS 'The text.';
COMMENT ON COLUMN conclusions.ineffective_lines.fault IS 'As in the view.';
COMMENT ON COLUMN conclusions.ineffective_lines.line IS 'As in the view.';
COMMENT ON COLUMN conclusions.ineffective_lines.content IS 'As in the view.';
COMMENT ON COLUMN conclusions.ineffective_lines.tokens IS 'As in the view.';
COMMENT ON COLUMN conclusions.ineffective_lines.blocks IS 'As in the view.';
