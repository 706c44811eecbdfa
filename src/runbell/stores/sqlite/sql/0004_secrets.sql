-- The secrets of projects, sealed, and the ids of the keys that anything here was sealed with.

CREATE TABLE sealing_keys (
    id TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE TABLE project_secrets (
    project      TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    revision     INTEGER NOT NULL,
    sealed       TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    updated_by   TEXT    NOT NULL,
    last_used_at INTEGER,
    PRIMARY KEY (project, name)
) STRICT, WITHOUT ROWID;
