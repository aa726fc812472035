-- What the lists of panels say besides; layout 5 added it.

CREATE TABLE panel_columns (
    panel       VARCHAR NOT NULL,
    domain      VARCHAR NOT NULL,
    column_name VARCHAR NOT NULL,
    value       VARCHAR NOT NULL
);
COMMENT ON TABLE panel_columns IS 'What the list of a panel says of its domains in further columns, such as a country. The result blocked_by_segment has each as a dimension; join it with panel by panel and domain.';
COMMENT ON COLUMN panel_columns.panel IS 'Which panel.';
COMMENT ON COLUMN panel_columns.domain IS 'The domain, as in the table panel.';
COMMENT ON COLUMN panel_columns.column_name IS 'Name of the column; its number from 1 where the list has no header.';
COMMENT ON COLUMN panel_columns.value IS 'What the list has there, at most 1,000 characters; empty cells have no row.';
