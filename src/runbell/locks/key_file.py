"""The key of the vault: from the environment, or from `secret.key` in the data folder, where it is made once."""

import os
import stat
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Final

from runbell.locks.vault import KEY_BYTES

KEY_FILE: Final = "secret.key"
VARIABLE: Final = "RUNBELL_SECRET_KEY"


class NoKey(ValueError):  # noqa: N818 - a refusal to start, with a sentence for whoever starts it
    """The key is missing, unreadable, or readable by others; the sentence says what to do."""


def find_key(folder: Path, given: str | None, *, may_make: bool) -> bytes:
    """The key that was given, else that of the folder; it is made there when `may_make`. Raises NoKey."""
    if given is not None:
        return _decoded(given, VARIABLE)
    file = folder / KEY_FILE
    try:
        handle = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        if not may_make:
            raise NoKey(
                f"The key {file} is missing, and this folder holds values that were sealed with it; put it back from a "
                f"backup, or give it in {VARIABLE}."
            ) from None
        return _made(file)
    except OSError as wrong:
        raise NoKey(f"The key {file} cannot be read ({wrong.strerror}); make it yours (chown, chmod 600).") from None
    with open(handle) as opened:
        if os.fstat(handle).st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise NoKey(f"The key {file} can be read by others; close it (chmod 600 {file}), and think of a new key.")
        return _decoded(opened.read(1_000), str(file))


def _decoded(text: str, where: str) -> bytes:
    try:
        key = b64decode(text.strip(), validate=True)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise NoKey(f"{where} must hold {KEY_BYTES} bytes in base64; make one with `openssl rand -base64 32`.")
    return key


def _made(file: Path) -> bytes:
    """A new key, on disk with its folder's entry before anything is sealed with it."""
    key = os.urandom(KEY_BYTES)
    fresh = file.with_name(file.name + ".new")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb") as opened:
        os.fchmod(opened.fileno(), 0o600)
        opened.write(b64encode(key) + b"\n")
        opened.flush()
        os.fsync(opened.fileno())
    fresh.rename(file)
    folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return key
