-- Documents at paths; `parent` is the collection's path, `collection` its name.
CREATE TABLE IF NOT EXISTS documents (
    path TEXT PRIMARY KEY,
    parent TEXT NOT NULL,
    collection TEXT NOT NULL,
    fields TEXT NOT NULL,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS documents_by_parent ON documents (parent, path);
CREATE INDEX IF NOT EXISTS interviews_by_creation
    ON documents (parent, json_extract(fields, '$.created_at'), path) WHERE collection = 'interviews';
CREATE INDEX IF NOT EXISTS interviews_by_status
    ON documents (collection, json_extract(fields, '$.status'), path) WHERE collection = 'interviews';

-- Stored objects; the bytes lie in the folder under `file`.
CREATE TABLE IF NOT EXISTS objects (
    bucket TEXT NOT NULL,
    name TEXT NOT NULL,
    generation INTEGER NOT NULL,
    size INTEGER NOT NULL,
    content_type TEXT NOT NULL,
    file TEXT NOT NULL UNIQUE,
    PRIMARY KEY (bucket, name)
) STRICT, WITHOUT ROWID;

-- Uploads under way by the resumable protocol; the bytes so far lie in the folder.
CREATE TABLE IF NOT EXISTS sessions (
    id TEXT PRIMARY KEY,
    bucket TEXT NOT NULL,
    name TEXT NOT NULL,
    content_type TEXT NOT NULL,
    min_size INTEGER NOT NULL,
    max_size INTEGER NOT NULL,
    overwrite INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What is to be delivered to functions: one row for each listener.
-- `lane` is what limits how many are in hand at once: a function or a queue.
CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    lane TEXT NOT NULL,
    function TEXT NOT NULL,
    event_id TEXT NOT NULL,
    content TEXT NOT NULL,
    attempt INTEGER NOT NULL DEFAULT 0,
    due_at INTEGER NOT NULL,
    in_hand INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (lane, in_hand, due_at, id);

-- Names of tasks that are in a queue or were until a short while ago.
CREATE TABLE IF NOT EXISTS task_names (
    queue TEXT NOT NULL,
    name TEXT NOT NULL,
    delivery INTEGER NOT NULL,
    forget_at INTEGER,
    PRIMARY KEY (queue, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS task_names_by_delivery ON task_names (delivery);

-- What was tried too often.
CREATE TABLE IF NOT EXISTS dead_letters (
    id INTEGER PRIMARY KEY,
    lane TEXT NOT NULL,
    function TEXT NOT NULL,
    event_id TEXT NOT NULL,
    content TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    reason TEXT NOT NULL,
    died_at INTEGER NOT NULL
) STRICT;

-- Numbers that only grow.
CREATE TABLE IF NOT EXISTS counters (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
