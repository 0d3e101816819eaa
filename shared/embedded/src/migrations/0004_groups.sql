-- Items of lists in documents, by which documents are found.
CREATE TABLE list_items (
    parent TEXT NOT NULL,
    field TEXT NOT NULL,
    item TEXT NOT NULL,
    path TEXT NOT NULL,
    PRIMARY KEY (parent, field, item, path)
) STRICT, WITHOUT ROWID;
CREATE INDEX list_items_by_path ON list_items (path, field);

-- Lists of one user's interviews.
CREATE INDEX interviews_by_date
    ON documents (parent, json_extract(fields, '$.date'), path) WHERE collection = 'interviews';
CREATE INDEX interviews_by_collection
    ON documents (parent, json_extract(fields, '$.collection_id'), json_extract(fields, '$.created_at'), path)
    WHERE collection = 'interviews';
CREATE INDEX interviews_by_collection_and_date
    ON documents (parent, json_extract(fields, '$.collection_id'), json_extract(fields, '$.date'), path)
    WHERE collection = 'interviews';
CREATE INDEX interviews_by_kind
    ON documents (parent, json_extract(fields, '$.kind'), json_extract(fields, '$.created_at'), path)
    WHERE collection = 'interviews';
CREATE INDEX interviews_by_status_and_creation
    ON documents (parent, json_extract(fields, '$.status'), json_extract(fields, '$.created_at'), path)
    WHERE collection = 'interviews';
