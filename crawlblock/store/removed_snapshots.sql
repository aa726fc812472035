-- Snapshots that a person took out.  It is made with the views, so that a database of this layout
-- that was made before has it, too.
CREATE TABLE IF NOT EXISTS removed_snapshots (
    id       USMALLINT NOT NULL,
    snapshot VARCHAR NOT NULL,
    removed  TIMESTAMP NOT NULL,
    reason   VARCHAR NOT NULL
);
COMMENT ON TABLE removed_snapshots IS 'Snapshots that were removed: their facts stay, and no view shows them until they are restored.';
COMMENT ON COLUMN removed_snapshots.id IS 'Its number in facts.snapshots, where it has a different name while it is removed.';
COMMENT ON COLUMN removed_snapshots.snapshot IS 'Its name, which another snapshot may have by now.';
COMMENT ON COLUMN removed_snapshots.removed IS 'When it was removed.';
COMMENT ON COLUMN removed_snapshots.reason IS 'Why, in the person''s words.';

CREATE VIEW kept_snapshots AS
SELECT * FROM facts.snapshots WHERE id NOT IN (SELECT id FROM removed_snapshots);
COMMENT ON VIEW kept_snapshots IS 'Snapshots by number, without the removed ones.';

