-- Finding many executions, clearing them, and changing many at once.

ALTER TABLE executions ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;
ALTER TABLE executions ADD COLUMN removed INTEGER NOT NULL DEFAULT 0;   -- bits: 1 its log, 2 its data
CREATE INDEX executions_kept ON executions (job_number, removed, ended_at) WHERE ended_at IS NOT NULL AND pinned = 0;

ALTER TABLE tombstones ADD COLUMN job TEXT;
CREATE INDEX idempotency_by_age ON idempotency (created_at);

-- What an execution can be found by: a tag (name '') or the value of an indexed parameter.
CREATE TABLE marks (
    project    TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    value      TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    number     INTEGER NOT NULL,
    job_number INTEGER NOT NULL,
    PRIMARY KEY (project, name, value, created_at, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX marks_by_number ON marks (number);
INSERT OR IGNORE INTO marks (project, name, value, created_at, number, job_number)
SELECT project, '', json_each.value, executions.created_at, number, job_number
FROM executions, json_each(executions.tags) WHERE executions.tags IS NOT NULL;

-- One request that changes many executions: who asked, with which reach, and how far it is.
CREATE TABLE bulks (
    number     INTEGER PRIMARY KEY AUTOINCREMENT,
    id         TEXT    NOT NULL UNIQUE,
    project    TEXT    NOT NULL,
    actor      TEXT    NOT NULL,
    status     TEXT    NOT NULL,    -- collecting, working, done, cancelled
    created_at INTEGER NOT NULL,
    ended_at   INTEGER,
    total      INTEGER NOT NULL DEFAULT 0,
    done       INTEGER NOT NULL DEFAULT 0,
    refused    INTEGER NOT NULL DEFAULT 0,
    body       TEXT    NOT NULL
) STRICT;
CREATE INDEX bulks_open ON bulks (number) WHERE ended_at IS NULL;
CREATE INDEX bulks_ended ON bulks (ended_at) WHERE ended_at IS NOT NULL;
CREATE TABLE bulk_items (
    bulk      INTEGER NOT NULL,
    number    INTEGER NOT NULL,
    execution TEXT    NOT NULL,
    outcome   TEXT,                 -- NULL: still to do; done, refused
    code      TEXT,
    detail    TEXT,
    made      TEXT,
    PRIMARY KEY (bulk, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX bulk_items_open ON bulk_items (bulk, number) WHERE outcome IS NULL;
