-- Who gave an execution its key, and (as a keyed digest) for what: where a dialect's own ids are keys, the same request
-- again is answered with what it made, and a different one is refused. NULL: nobody may send it twice.

ALTER TABLE keys ADD COLUMN client TEXT;
ALTER TABLE keys ADD COLUMN fingerprint TEXT;
