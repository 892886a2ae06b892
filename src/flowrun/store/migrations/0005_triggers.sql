-- Triggers that a Toggle task has switched off, or on again: what a flow says of its own stays as it is.

CREATE TABLE triggers (
    namespace TEXT NOT NULL,
    flow_id TEXT NOT NULL,
    id TEXT NOT NULL,
    disabled INTEGER NOT NULL,
    PRIMARY KEY (namespace, flow_id, id)
) WITHOUT ROWID;
