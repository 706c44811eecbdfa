-- The feed: a reader of a project, or of a job, walks no events but its own; seq (the row number) is in every index.
CREATE INDEX events_by_project ON events (project);
CREATE INDEX events_by_job ON events (project, job);
-- The history of one execution. That a step finished stands in its row: one entry less per step.
CREATE INDEX events_by_execution ON events (number) WHERE type <> 'execution.step_finished';

-- The revisions of the execution at which a step was first noted (it waits), began and ended: with them its history can
-- be told again in order, and costs no row.
ALTER TABLE steps ADD COLUMN noted_revision INTEGER;
ALTER TABLE steps ADD COLUMN began_revision INTEGER;
ALTER TABLE steps ADD COLUMN ended_revision INTEGER;
