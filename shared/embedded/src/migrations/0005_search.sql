-- Passages that are searched: the documents of the collections `passages`, by the words of
-- their texts. The number of a user stands before each word, so that each user has an index
-- of their own; `id` is the order of results, so that none has to be sorted.
CREATE TABLE passage_users (
    number INTEGER PRIMARY KEY,
    user TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE passages (
    id INTEGER PRIMARY KEY,
    path TEXT NOT NULL UNIQUE
) STRICT;
CREATE VIRTUAL TABLE passage_words USING fts5 (
    words, content = '', columnsize = 0, tokenize = 'ascii'
);
-- What is deleted is removed from the index at once, and not when it is merged.
INSERT INTO passage_words (passage_words, rank) VALUES ('secure-delete', 1);
