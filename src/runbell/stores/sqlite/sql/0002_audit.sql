-- The audit log: append-only, and chained. hash = SHA-256(hash of the line before || what this line says, as JSON).
-- One index per filter, each in the order of time. Starts are nearly all lines: their action needs no index.

CREATE TABLE audit (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL,
    actor   TEXT    NOT NULL,
    action  TEXT    NOT NULL,
    project TEXT    NOT NULL,
    object  TEXT    NOT NULL,
    outcome TEXT    NOT NULL,
    address TEXT    NOT NULL,
    request TEXT    NOT NULL,
    detail  TEXT    NOT NULL,
    hash    BLOB    NOT NULL
) STRICT;

CREATE INDEX audit_at ON audit (at);
CREATE INDEX audit_of_project ON audit (project, at);
CREATE INDEX audit_of_actor ON audit (actor, at);
CREATE INDEX audit_on_object ON audit (object, at);
CREATE INDEX audit_of_action ON audit (action, at) WHERE action <> 'executions.start';
CREATE INDEX audit_denied ON audit (at) WHERE outcome = 'denied';

-- Where the chain begins since old lines were let go: the place and the hash of the last of them. At most one row.
CREATE TABLE audit_floor (
    seq  INTEGER NOT NULL,
    hash BLOB    NOT NULL
) STRICT;
