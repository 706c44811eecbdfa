"""The bare loop's writer: everything that has arrived becomes one commit (SQLite, WAL, FULL), then one byte per row."""

import socket
import sys

import apsw
import msgspec

TABLES = """
    PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
    CREATE TABLE rows (number INTEGER PRIMARY KEY, status TEXT, job TEXT, params BLOB, at INTEGER);
    CREATE INDEX by_status ON rows (status, at);
    CREATE INDEX by_job ON rows (job, at);
    CREATE INDEX by_both ON rows (job, status, at);
"""
INSERT = "INSERT INTO rows (number, status, job, params, at) VALUES (?, ?, ?, ?, ?)"
UPDATE = "UPDATE rows SET status = ? WHERE number = ?"
CHUNK = 1 << 20


def write(connection: socket.socket, db: apsw.Connection) -> None:
    """Write until the other side hangs up."""
    decode = msgspec.msgpack.Decoder(tuple[int, str, str | None, bytes | None]).decode
    rest = b""
    while data := connection.recv(CHUNK):
        data, place, done = rest + data, 0, 0
        db.execute("BEGIN IMMEDIATE")
        while len(data) - place >= 4:
            stop = place + 4 + int.from_bytes(data[place : place + 4], "big")
            if stop > len(data):
                break
            number, status, job, params = decode(data[place + 4 : stop])
            if job is None:
                db.execute(UPDATE, (status, number))
            else:
                db.execute(INSERT, (number, status, job, params, number))
            place, done = stop, done + 1
        db.execute("COMMIT")
        rest = data[place:]
        connection.sendall(bytes(done))


if __name__ == "__main__":
    database = apsw.Connection(sys.argv[1])
    database.execute(TABLES).fetchall()
    write(socket.socket(fileno=0), database)
