-- What the door that took a start wants to find again on the execution, as JSON; lists by when executions began.

ALTER TABLE executions ADD COLUMN about TEXT;

-- What ended without having begun stands where it was due. The job is at the end so that a count for one job reads no
-- rows of the table.
CREATE INDEX executions_by_beginning
    ON executions (project, coalesce(started_at, start_after, created_at), job_number)
    WHERE status NOT IN ('scheduled', 'queued');

CREATE INDEX jobs_in_service ON jobs (project) WHERE retired_at IS NULL;
