-- Key-value pairs of namespaces: each version a row. Values are JSON as `store/values.py` writes it.

CREATE TABLE key_values (
    namespace TEXT NOT NULL,
    key TEXT NOT NULL,
    version INTEGER NOT NULL,
    value TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    description TEXT,
    expires_at TEXT,
    deleted INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (namespace, key, version)
) WITHOUT ROWID;
