"""Where a running server is to be found: `server.json` in its data folder, the first key beside it in `admin.key`."""

import json
import os
from contextlib import suppress
from pathlib import Path


def remember_address(data: Path, url: str) -> None:
    """Write down where this server listens, for the command line on the same machine."""
    _write(data / "server.json", json.dumps({"url": url, "pid": os.getpid()}) + "\n")


def forget_address(data: Path) -> None:
    """The server is leaving."""
    with suppress(FileNotFoundError):
        (data / "server.json").unlink()


def keep_key(data: Path, key: str) -> None:
    """Keep the first admin key where only its owner can read it."""
    _write(data / "admin.key", key + "\n")


def _write(path: Path, text: str) -> None:
    fresh = path.with_name(path.name + ".new")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(path)
