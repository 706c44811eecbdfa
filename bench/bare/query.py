"""What a check asks, in bare DuckDB: a line on stdin names the database, the answer is how many rows, and seconds."""

import sys
import time

import duckdb

SHOWS = " \t\n\r\f\v"
BLANK = """
    SELECT 'email is blank', * FROM customers
    WHERE email IS NULL OR CASE WHEN email < '!' THEN trim(email, $shows) = '' ELSE false END ORDER BY rowid
"""


def main() -> None:
    """Answer line by line, until stdin ends."""
    for line in sys.stdin:
        began = time.monotonic()
        with duckdb.connect(line.strip(), read_only=True) as db:
            found = db.execute(BLANK, {"shows": SHOWS}).fetchall()
        print(len(found), time.monotonic() - began, flush=True)


if __name__ == "__main__":
    main()
