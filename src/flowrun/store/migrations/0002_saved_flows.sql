-- Flows that were saved: each revision's source, byte for byte. Deleting a flow is a revision too.

CREATE TABLE flows (
    namespace TEXT NOT NULL,
    id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    source BLOB NOT NULL,
    deleted INTEGER NOT NULL DEFAULT 0,
    saved_at TEXT NOT NULL,
    PRIMARY KEY (namespace, id, revision)
);
