-- What of an execution does not run for real, and the task with whose end it is over.

ALTER TABLE executions ADD COLUMN planned TEXT NOT NULL DEFAULT '{}';
ALTER TABLE executions ADD COLUMN until_task TEXT;
