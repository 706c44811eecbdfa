-- Authorization codes: what a person allowed and a client has not fetched yet, kept as SHA-256, for a minute. A code that
-- was used is not here any more; the tokens that it gave stand under the session that follows from it.

CREATE TABLE codes (
    digest     BLOB    NOT NULL PRIMARY KEY,
    user       TEXT    NOT NULL,
    expires_at INTEGER NOT NULL,
    body       TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX codes_by_end ON codes (expires_at);
CREATE INDEX codes_by_user ON codes (user);
