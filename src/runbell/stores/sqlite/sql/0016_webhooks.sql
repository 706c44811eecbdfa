-- Who is told what: endpoints, the callbacks of executions, and the deliveries to them, written with their events.

CREATE TABLE endpoints (
    number        INTEGER PRIMARY KEY AUTOINCREMENT,
    id            TEXT    NOT NULL UNIQUE,
    project       TEXT    NOT NULL,
    name          TEXT    NOT NULL,
    revision      INTEGER NOT NULL,
    sealed        TEXT    NOT NULL,     -- the secret that signs
    old           TEXT,                 -- the one before, which signs beside it until then
    old_until     INTEGER,
    failing_since INTEGER,
    disabled_at   INTEGER,
    disabled_why  TEXT,
    deleted_at    INTEGER,
    body          TEXT    NOT NULL
) STRICT;
CREATE UNIQUE INDEX endpoints_by_name ON endpoints (project, name) WHERE deleted_at IS NULL;

CREATE TABLE callbacks (
    execution TEXT    NOT NULL PRIMARY KEY,
    open      INTEGER NOT NULL,         -- its execution has not ended
    body      TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX callbacks_open ON callbacks (execution) WHERE open = 1;

-- endpoint 0: the callback of the execution; execution 0: an event of none. Of the open ones of one execution for one
-- receiver only the first is `due`, the others are `waiting`: the index of what is due holds nothing that cannot go.
CREATE TABLE deliveries (
    number      INTEGER PRIMARY KEY AUTOINCREMENT,
    id          TEXT    NOT NULL UNIQUE,
    endpoint    INTEGER NOT NULL,
    execution   INTEGER NOT NULL,
    project     TEXT    NOT NULL,
    destination TEXT    NOT NULL,
    seq         INTEGER NOT NULL,
    type        TEXT    NOT NULL,
    time        INTEGER NOT NULL,
    state       TEXT    NOT NULL,
    due_at      INTEGER NOT NULL,
    tries       INTEGER NOT NULL DEFAULT 0,
    attempts    INTEGER NOT NULL DEFAULT 0,
    created_at  INTEGER NOT NULL,
    ended_at    INTEGER,
    why         TEXT,
    told        TEXT    NOT NULL,
    body        TEXT,
    CHECK (state IN ('due', 'waiting', 'delivered', 'dead')),
    CHECK ((ended_at IS NULL) = (state IN ('due', 'waiting')))
) STRICT;
CREATE INDEX deliveries_due ON deliveries (destination, due_at) WHERE state = 'due';
CREATE INDEX deliveries_open ON deliveries (endpoint, execution) WHERE state IN ('due', 'waiting');
CREATE INDEX deliveries_by_execution ON deliveries (execution) WHERE execution > 0;
CREATE INDEX deliveries_by_endpoint ON deliveries (endpoint) WHERE endpoint > 0;
CREATE INDEX deliveries_by_event ON deliveries (endpoint, seq) WHERE endpoint > 0;
CREATE INDEX deliveries_by_age ON deliveries (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE attempts (
    delivery    INTEGER NOT NULL,
    number      INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    duration_ms INTEGER NOT NULL,
    url         TEXT    NOT NULL,
    headers     TEXT    NOT NULL,
    status      INTEGER,
    error       TEXT,
    answer      TEXT    NOT NULL,
    PRIMARY KEY (delivery, number)
) STRICT, WITHOUT ROWID;
