-- Files that callers handed in for `file` parameters, and the executions that were given them. What nobody uses goes.

CREATE TABLE files (
    id         TEXT    NOT NULL PRIMARY KEY,
    project    TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    size       INTEGER NOT NULL,
    sha256     TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX files_by_age ON files (created_at);

CREATE TABLE file_uses (
    file   TEXT    NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (file, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX file_uses_by_execution ON file_uses (number);
