-- Kept parameters: what the last success handed back, and which executions take it (they never overlap).
-- origin: the number of the execution that a chain of restarts and reruns began with; an older chain overwrites nothing.

ALTER TABLE executions ADD COLUMN kept TEXT;
ALTER TABLE steps ADD COLUMN keep TEXT;

CREATE TABLE kept (
    job_number INTEGER NOT NULL,
    name       TEXT    NOT NULL,
    value      TEXT    NOT NULL,
    origin     INTEGER NOT NULL,
    PRIMARY KEY (job_number, name)
) STRICT, WITHOUT ROWID;

-- The same index with `kept` at its end: whoever must wait for another one of its kind is passed over in it.
DROP INDEX executions_queued;
CREATE INDEX executions_queued ON executions (job_number, priority DESC, number, kept)
    WHERE status = 'queued' AND predecessor_on IS NULL;

-- The restarts that have not begun: what they go on from must not be deleted meanwhile.
CREATE INDEX executions_restarting ON executions (restart_of)
    WHERE restart_of IS NOT NULL AND started_at IS NULL AND ended_at IS NULL;
