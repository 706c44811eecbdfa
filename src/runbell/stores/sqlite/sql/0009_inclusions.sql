-- The versions of other jobs whose steps an execution includes: they are kept as long as it is.
-- own_limit: a start may ask to run only while fewer executions of its job run, whatever the job itself says.

ALTER TABLE executions ADD COLUMN includes TEXT;
ALTER TABLE executions ADD COLUMN own_limit INTEGER;

CREATE TABLE inclusions (
    number     INTEGER NOT NULL,
    job_number INTEGER NOT NULL,
    version    INTEGER NOT NULL,
    PRIMARY KEY (number, job_number, version)
) STRICT, WITHOUT ROWID;
CREATE INDEX inclusions_by_version ON inclusions (job_number, version);
