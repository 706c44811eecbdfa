-- Those who can be a caller. What is looked for has a column; the rest of a record stands as JSON in `body`.
-- Credentials are kept as SHA-256 digests, passwords as argon2id.

CREATE TABLE projects (
    number   INTEGER PRIMARY KEY AUTOINCREMENT,
    name     TEXT    NOT NULL UNIQUE,
    revision INTEGER NOT NULL,
    body     TEXT    NOT NULL
) STRICT;
CREATE TABLE project_ids (
    dialect TEXT    NOT NULL,
    value   TEXT    NOT NULL,
    number  INTEGER NOT NULL,
    PRIMARY KEY (dialect, value)
) STRICT, WITHOUT ROWID;
CREATE INDEX project_ids_by_project ON project_ids (number);
INSERT INTO projects (name, revision, body) VALUES ('default', 1, json_object(
    'name', 'default', 'number', 1, 'title', 'Default', 'created_at', CAST(unixepoch('subsec') * 1000 AS INTEGER),
    'id', lower(printf('%s-%s-4%s-a%s-%s', hex(randomblob(4)), hex(randomblob(2)), substr(hex(randomblob(2)), 2),
                       substr(hex(randomblob(2)), 2), hex(randomblob(6))))));

CREATE TABLE holders (              -- who holds something in a project (`*`: in all): a project with holders stays
    project TEXT NOT NULL,
    kind    TEXT NOT NULL,
    id      TEXT NOT NULL,
    PRIMARY KEY (project, kind, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX holders_by_id ON holders (kind, id);

CREATE TABLE users (
    id           TEXT    NOT NULL PRIMARY KEY,
    name         TEXT    NOT NULL UNIQUE COLLATE NOCASE,
    revision     INTEGER NOT NULL,
    last_used_at INTEGER,
    body         TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE clients (
    id       TEXT    NOT NULL PRIMARY KEY,
    project  TEXT    NOT NULL,
    user     TEXT,
    revision INTEGER NOT NULL,
    body     TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX clients_by_project ON clients (project, id);
CREATE INDEX clients_by_user ON clients (user) WHERE user IS NOT NULL;
CREATE TABLE client_secrets (
    id           TEXT    NOT NULL PRIMARY KEY,
    client       TEXT    NOT NULL,
    digest       BLOB    NOT NULL,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER,
    last_used_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX client_secrets_by_client ON client_secrets (client);

CREATE TABLE keys_of_api (
    id           TEXT    NOT NULL PRIMARY KEY,
    project      TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    user         TEXT,
    digest       BLOB    NOT NULL UNIQUE,
    last_used_at INTEGER,
    body         TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX keys_of_api_by_project ON keys_of_api (project, id);
CREATE INDEX keys_of_api_by_name ON keys_of_api (project, name);
CREATE INDEX keys_of_api_by_user ON keys_of_api (user) WHERE user IS NOT NULL;

-- A first key could do everything there was; it goes on doing so.
INSERT INTO keys_of_api (id, project, name, user, digest, last_used_at, body)
SELECT id, project, name, NULL, digest, last_used_at, json_object(
    'id', id, 'name', name, 'project', project, 'digest', '', 'created_at', created_at, 'expires_at', expires_at,
    'grants', CASE name WHEN 'admin' THEN json_object('*', json_array(
        'jobs:read', 'jobs:write', 'executions:read', 'executions:run', 'executions:stop', 'executions:delete',
        'logs:read', 'results:read', 'schedules:write', 'webhooks:write', 'secrets:write', 'projects:admin',
        'clients:admin', 'users:admin', 'audit:read')) ELSE json_object(project, json(scopes)) END)
FROM api_keys;
INSERT INTO holders (project, kind, id) SELECT project, 'key', id FROM api_keys;
DROP TABLE api_keys;

CREATE TABLE tokens (
    digest     BLOB    NOT NULL PRIMARY KEY,
    session    TEXT    NOT NULL,
    subject    TEXT    NOT NULL,
    client     TEXT    NOT NULL,
    kind       TEXT    NOT NULL,
    expires_at INTEGER NOT NULL,
    spent_at   INTEGER,
    body       TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX tokens_by_session ON tokens (session);
CREATE INDEX tokens_by_subject ON tokens (subject, session);
CREATE INDEX tokens_by_client ON tokens (client);
CREATE INDEX tokens_by_end ON tokens (expires_at);
CREATE INDEX tokens_refreshing ON tokens (session) WHERE kind = 'refresh' AND spent_at IS NULL;
CREATE INDEX tokens_refreshing_of ON tokens (subject, session) WHERE kind = 'refresh' AND spent_at IS NULL;

CREATE TABLE devices (
    digest     BLOB    NOT NULL PRIMARY KEY,
    user_code  TEXT    NOT NULL UNIQUE,
    expires_at INTEGER NOT NULL,
    body       TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX devices_by_end ON devices (expires_at);
