-- Schedules: when each fires next. A job's own row says whether the API may start it (a start decides on it).

ALTER TABLE jobs ADD COLUMN by_api INTEGER NOT NULL DEFAULT 1;

CREATE TABLE schedules (
    job_number INTEGER PRIMARY KEY,
    timing     TEXT    NOT NULL,      -- all that decides when it fires; '' in a row made here, of a definition from before
    "on"       INTEGER NOT NULL,
    paused     INTEGER NOT NULL DEFAULT 0,
    anchor     INTEGER NOT NULL,
    next_at    INTEGER,
    last_at    INTEGER,
    CHECK (next_at IS NULL OR ("on" AND NOT paused))
) STRICT;
CREATE INDEX schedules_due ON schedules (next_at) WHERE next_at IS NOT NULL;

-- A fire time starts one execution, whatever happens.
CREATE UNIQUE INDEX executions_by_fire ON executions (job_number, schedule) WHERE schedule IS NOT NULL;

INSERT INTO schedules (job_number, timing, "on", anchor)
SELECT number, '', enabled AND coalesce(json_extract(definition, '$.starts'), 'schedule') <> 'api',
       cast(strftime('%s', 'now') AS INTEGER) * 1000
FROM jobs JOIN job_versions ON job_number = number AND job_versions.version = jobs.version
WHERE json_type(definition, '$.schedule') = 'object' AND retired_at IS NULL;

UPDATE jobs SET by_api = 0 WHERE EXISTS (
    SELECT 1 FROM job_versions
    WHERE job_number = number AND job_versions.version = jobs.version
    AND coalesce(json_extract(definition, '$.starts'),
                 CASE WHEN json_type(definition, '$.schedule') = 'object' THEN 'schedule' END) = 'schedule'
);
