-- What steps leave besides their result: row sets, exception records and files, as JSON; the rows lie in files.

ALTER TABLE steps ADD COLUMN data TEXT;
ALTER TABLE executions ADD COLUMN exceptions INTEGER NOT NULL DEFAULT 0;
ALTER TABLE executions ADD COLUMN files INTEGER NOT NULL DEFAULT 0;

-- Files across executions, newest first, without a look at those that left none, or into the table.
CREATE INDEX executions_with_files ON executions (project, job_number, number, files) WHERE files > 0;
