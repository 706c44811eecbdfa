-- Every index costs each start a page or two, and what it is asked for seldom pays that back.

-- The feed is walked in its own order, over a bounded number of events for a page: whoever waits is told from memory.
DROP INDEX events_by_project;
DROP INDEX events_by_job;

-- Nearly all lines of the audit log tell of a start, and their object says when it was: it is found by that.
DROP INDEX audit_on_object;
CREATE INDEX audit_on_object ON audit (object, at) WHERE action <> 'executions.start';

-- What a key made, in the order in which keys came: the oldest are let go from the front, without an index of ages.
CREATE TABLE remembered (
    place       INTEGER PRIMARY KEY,
    client      TEXT    NOT NULL,
    path        TEXT    NOT NULL,
    key         TEXT    NOT NULL,
    fingerprint TEXT    NOT NULL,
    members     TEXT    NOT NULL,
    number      INTEGER NOT NULL,
    execution   TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    UNIQUE (client, path, key)
) STRICT;
INSERT INTO remembered (client, path, key, fingerprint, members, number, execution, created_at)
SELECT client, path, key, fingerprint, members, number, execution, created_at FROM idempotency ORDER BY created_at;
DROP TABLE idempotency;
ALTER TABLE remembered RENAME TO idempotency;

-- What an execution is found by follows from its tags and parameters: it is taken out by its own words.
DROP INDEX marks_by_number;
