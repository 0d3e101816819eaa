-- The user whose interview a delivery is about; empty where it is about none. Users take
-- turns, so that one who queues a lot does not keep the others waiting.
ALTER TABLE deliveries ADD COLUMN user_id TEXT NOT NULL DEFAULT '';
