-- How many bytes of an upload under way have been synced; nothing else counts as stored.
ALTER TABLE sessions ADD COLUMN synced INTEGER NOT NULL DEFAULT 0;

-- The installation that the database and the folder of objects belong to.
CREATE TABLE installation (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    id TEXT NOT NULL
) STRICT;

-- Files to unlink: each row is written in the transaction that deletes the object.
CREATE TABLE removed_files (
    file TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;
