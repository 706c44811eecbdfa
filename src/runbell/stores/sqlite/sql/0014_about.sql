-- What the door that took a start wants to find again on the execution, as JSON; lists by when executions began.

ALTER TABLE executions ADD COLUMN about TEXT;

-- What ended without having begun stands where it was due; what waits stands nowhere. All of that is one expression, so
-- that a count reads nothing but the index: a condition on `status` beside it, or a generated column, would have every
-- row of the table read that is counted. `read_numbered` says it word for word.
CREATE INDEX executions_by_beginning ON executions (
    project,
    (CASE WHEN status NOT IN ('scheduled', 'queued') THEN coalesce(started_at, start_after, created_at) END),
    job_number
) WHERE (CASE WHEN status NOT IN ('scheduled', 'queued') THEN coalesce(started_at, start_after, created_at) END)
    IS NOT NULL;

CREATE INDEX jobs_in_service ON jobs (project) WHERE retired_at IS NULL;
