-- What signs the callbacks of a client's starts that named no secret, once it was replaced; before, one is derived.

CREATE TABLE callback_secrets (
    client    TEXT    NOT NULL PRIMARY KEY,
    sealed    TEXT    NOT NULL,
    old       TEXT,                     -- the one before, which signs beside it until then
    old_until INTEGER
) STRICT, WITHOUT ROWID;
