-- The first tables. Times are epoch milliseconds; JSON stands in text columns and is never searched.

CREATE TABLE jobs (
    number        INTEGER PRIMARY KEY AUTOINCREMENT,
    id            TEXT    NOT NULL UNIQUE,
    project       TEXT    NOT NULL,
    name          TEXT    NOT NULL,
    version       INTEGER NOT NULL,
    revision      INTEGER NOT NULL,
    enabled       INTEGER NOT NULL,
    paused        INTEGER NOT NULL DEFAULT 0,
    retired_at    INTEGER,
    source        TEXT    NOT NULL,
    folder        TEXT,
    digest        TEXT    NOT NULL,
    loaded_digest TEXT,             -- of the file that was applied last: a file counts only when it differs
    running_limit INTEGER,          -- NULL: never full
    when_full     TEXT    NOT NULL,
    grace_ms      INTEGER NOT NULL,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    UNIQUE (project, name)
) STRICT;

CREATE TABLE job_versions (
    job_number INTEGER NOT NULL,
    version    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT    NOT NULL,
    definition TEXT    NOT NULL,
    PRIMARY KEY (job_number, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE job_ids (
    dialect    TEXT    NOT NULL,
    scope      TEXT    NOT NULL,    -- the project where a dialect's names are unique per project, else ''
    value      TEXT    NOT NULL,
    job_number INTEGER NOT NULL,
    PRIMARY KEY (dialect, scope, value)
) STRICT, WITHOUT ROWID;
CREATE INDEX job_ids_by_job ON job_ids (job_number);

CREATE TABLE executions (
    number         INTEGER PRIMARY KEY AUTOINCREMENT,
    id             TEXT    NOT NULL UNIQUE,
    key            TEXT,
    project        TEXT    NOT NULL,
    job            TEXT    NOT NULL,
    job_number     INTEGER NOT NULL,
    job_version    INTEGER NOT NULL,
    status         TEXT    NOT NULL,
    revision       INTEGER NOT NULL,
    epoch          INTEGER NOT NULL,
    workers_lost   INTEGER NOT NULL,
    claimed_by     TEXT,
    priority       INTEGER NOT NULL,
    created_at     INTEGER NOT NULL,
    start_after    INTEGER,
    start_by       INTEGER,
    started_at     INTEGER,
    ended_at       INTEGER,
    timeout_ms     INTEGER,
    trigger_kind   TEXT    NOT NULL,
    actor          TEXT    NOT NULL,
    surface        TEXT    NOT NULL,
    schedule       TEXT,
    discard_reason TEXT,
    exit_code      TEXT,
    exit_message   TEXT,
    rerun_of       TEXT,
    restart_of     TEXT,
    predecessor    TEXT,
    predecessor_on TEXT,            -- not NULL: it still waits for its predecessor, and nobody may claim it
    traceparent    TEXT,
    tags           TEXT,
    scopes         TEXT,
    progress       TEXT,
    stop           TEXT,
    error          TEXT,
    result_file    TEXT,
    result_size    INTEGER,
    result         TEXT,
    params         TEXT    NOT NULL,
    CHECK (status IN ('scheduled', 'queued', 'running', 'stopping', 'succeeded', 'failed', 'stopped', 'discarded',
                      'lost')),
    CHECK ((ended_at IS NULL) = (status IN ('scheduled', 'queued', 'running', 'stopping'))),
    CHECK (status NOT IN ('running', 'stopping')
           OR (claimed_by IS NOT NULL AND epoch > 0 AND started_at IS NOT NULL))
) STRICT;

-- Lists. An index ends in created_at; the row number, by which ties are ordered, is in every index anyway.
CREATE INDEX executions_by_project ON executions (project, created_at);
CREATE INDEX executions_by_status ON executions (project, status, created_at);
CREATE INDEX executions_by_job ON executions (job_number, created_at);
CREATE INDEX executions_by_job_status ON executions (job_number, status, created_at);
CREATE INDEX executions_by_actor ON executions (project, actor, created_at);
CREATE INDEX executions_by_trigger ON executions (project, trigger_kind, created_at) WHERE trigger_kind <> 'api';
CREATE INDEX executions_by_version ON executions (job_number, job_version);
CREATE INDEX executions_by_predecessor ON executions (predecessor) WHERE predecessor IS NOT NULL;

-- What is not over yet: small, and hot in the cache however long the history is.
CREATE INDEX executions_queued ON executions (job_number, priority DESC, number)
    WHERE status = 'queued' AND predecessor_on IS NULL;
CREATE INDEX executions_live ON executions (job_number) WHERE status IN ('running', 'stopping');
CREATE INDEX executions_scheduled ON executions (start_after) WHERE status = 'scheduled';
CREATE INDEX executions_expiring ON executions (start_by)
    WHERE status = 'queued' AND started_at IS NULL AND start_by IS NOT NULL;

CREATE TABLE keys (                 -- the caller's own ids; each names the newest execution that was given it
    project TEXT    NOT NULL,
    key     TEXT    NOT NULL,
    number  INTEGER NOT NULL,
    PRIMARY KEY (project, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE idempotency (
    client      TEXT    NOT NULL,
    path        TEXT    NOT NULL,
    key         TEXT    NOT NULL,
    fingerprint TEXT    NOT NULL,
    members     TEXT    NOT NULL,
    number      INTEGER NOT NULL,
    execution   TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (client, path, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE steps (
    position    INTEGER PRIMARY KEY,
    number      INTEGER NOT NULL,
    name        TEXT    NOT NULL,
    scope       TEXT    NOT NULL,   -- '': none
    attempt     INTEGER NOT NULL,
    kind        TEXT    NOT NULL,
    status      TEXT    NOT NULL,
    not_before  INTEGER,
    started_at  INTEGER,
    ended_at    INTEGER,
    exit_code   TEXT,
    exit_message TEXT,
    error       TEXT,
    result_file TEXT,
    result_size INTEGER,
    result      TEXT,
    reused_from TEXT,
    inner       INTEGER NOT NULL,
    on_lost     TEXT,               -- of an inner step; a declared one has it in the definition
    UNIQUE (number, name, scope, attempt)
) STRICT;

CREATE TABLE events (
    seq       INTEGER PRIMARY KEY AUTOINCREMENT,
    time      INTEGER NOT NULL,
    type      TEXT    NOT NULL,
    execution TEXT    NOT NULL,
    number    INTEGER NOT NULL,
    job       TEXT    NOT NULL,
    project   TEXT    NOT NULL,
    revision  INTEGER NOT NULL,
    data      TEXT    NOT NULL
) STRICT;

CREATE TABLE tombstones (
    number     INTEGER PRIMARY KEY,
    id         TEXT    NOT NULL UNIQUE,
    project    TEXT    NOT NULL,
    key        TEXT,
    deleted_at INTEGER NOT NULL
) STRICT;
CREATE INDEX tombstones_by_key ON tombstones (project, key) WHERE key IS NOT NULL;
CREATE INDEX tombstones_by_age ON tombstones (deleted_at);

CREATE TABLE api_keys (
    id           TEXT    NOT NULL PRIMARY KEY,
    name         TEXT    NOT NULL,
    project      TEXT    NOT NULL,
    digest       BLOB    NOT NULL UNIQUE,
    scopes       TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER,
    last_used_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE secrets (
    name  TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
