-- Who began an execution: the one that it replays, the one that called its flow; and the word that it waits for.

ALTER TABLE executions ADD COLUMN parent_id TEXT;
ALTER TABLE executions ADD COLUMN original_id TEXT;
ALTER TABLE executions ADD COLUMN original_started_at TEXT;
ALTER TABLE executions ADD COLUMN attempt INTEGER NOT NULL DEFAULT 1;
ALTER TABLE executions ADD COLUMN caller_id TEXT;
ALTER TABLE executions ADD COLUMN resume_request TEXT;

CREATE INDEX executions_by_caller ON executions (caller_id);
