-- Executions, their task runs and their log; slots of limited flows.
-- Times are ISO-8601 in UTC, values JSON as `store/values.py` writes it, histories as `store/rows.py` does.

CREATE TABLE sources (
    id INTEGER PRIMARY KEY,
    text TEXT NOT NULL
);

CREATE TABLE executions (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    namespace TEXT NOT NULL,
    flow_id TEXT NOT NULL,
    flow_revision INTEGER NOT NULL,
    state TEXT NOT NULL,
    histories TEXT NOT NULL,
    started_at TEXT NOT NULL,
    ended_at TEXT,
    inputs TEXT NOT NULL,
    hidden_inputs TEXT NOT NULL,
    outputs TEXT NOT NULL,
    labels TEXT NOT NULL,
    variables TEXT NOT NULL,
    trigger TEXT NOT NULL,
    virtual_time INTEGER NOT NULL,
    source INTEGER NOT NULL REFERENCES sources (id),
    source_name TEXT NOT NULL,
    kill_requested INTEGER NOT NULL DEFAULT 0
);

CREATE INDEX executions_by_flow ON executions (flow_id, namespace);
CREATE INDEX executions_by_state ON executions (state);
CREATE INDEX executions_by_source ON executions (source);

CREATE TABLE task_runs (
    execution INTEGER NOT NULL REFERENCES executions (number) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    id TEXT NOT NULL,
    task_id TEXT NOT NULL,
    parent_id TEXT,
    value TEXT,
    iteration INTEGER,
    histories TEXT NOT NULL,
    attempts TEXT NOT NULL,
    outputs TEXT,
    PRIMARY KEY (execution, number)
) WITHOUT ROWID;

CREATE TABLE logs (
    execution INTEGER NOT NULL REFERENCES executions (number) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    at TEXT NOT NULL,
    level TEXT NOT NULL,
    task_id TEXT,
    task_run_id TEXT,
    message TEXT NOT NULL,
    PRIMARY KEY (execution, number)
) WITHOUT ROWID;

-- One row for each execution that holds a slot of its flow (`held`) or waits for one, in the order of asking.
CREATE TABLE slots (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    namespace TEXT NOT NULL,
    flow_id TEXT NOT NULL,
    execution_id TEXT NOT NULL UNIQUE,
    held INTEGER NOT NULL
);

CREATE INDEX slots_by_flow ON slots (namespace, flow_id);
