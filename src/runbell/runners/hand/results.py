"""What a step hands back: its result, exit status and progress. A large result becomes a file, whole or not at all."""
# ruff: noqa: PTH103, PTH104, PTH116 - pathlib costs time in every step

import math
import os
import stat
from typing import Any, Final

import msgspec

from runbell.domain.execution import Progress, ResultRef
from runbell.domain.status import ExitStatus
from runbell.rows.write import sync_folder
from runbell.runners.hand.masks import Masks

INLINE_BYTES: Final = 256 << 10
MOST_BYTES: Final = 64 << 20
_LONGEST_STATUS: Final = 4096
_LONGEST_CODE: Final = 64
_JSON: Final = msgspec.json.Decoder(msgspec.Raw)
_OBJECT: Final = msgspec.json.Decoder(dict[str, Any])


class BadResult(Exception):  # noqa: N818 - an answer about the step, not a defect
    """The step handed back what cannot be kept. The sentence says what to do."""


def keep(home: str, text: bytes, masks: Masks | None = None) -> ResultRef:
    """Keep a result given as JSON text: inline up to 256 KiB, else as a file of `home`/results. Raises BadResult.

    Secrets in it are masked, whatever wrote them.
    """
    if len(text) > MOST_BYTES:
        raise BadResult(
            f"The result has {len(text)} bytes, the most is {MOST_BYTES}; write a file and return its path."
        )
    if masks is not None:
        text = masks.json(text)
    if len(text) <= INLINE_BYTES:
        return ResultRef(inline=text.decode(), size=len(text))
    folder = f"{home}/results"
    os.makedirs(folder, 0o700, exist_ok=True)
    name = f"{os.urandom(8).hex()}.json"
    _write_durably(folder, name, text)
    return ResultRef(file=name, size=len(text))


def read_result(file: str, home: str, masks: Masks | None = None) -> ResultRef | None:
    """The result that a command left in `file`, or None. Raises BadResult."""
    text = _read(file, MOST_BYTES + 1)
    if not text.strip():
        return None
    if len(text) <= MOST_BYTES:
        try:
            text.decode()
            _JSON.decode(text)
        except (ValueError, RecursionError) as wrong:
            raise BadResult(
                f"What was written to $RUNBELL_RESULT is no JSON ({wrong}); write one JSON value."
            ) from None
    return keep(home, text, masks)


def read_keep(file: str, masks: Masks | None = None) -> dict[str, Any] | None:
    """The values that a command hands back for `keep` parameters, or None. Raises BadResult."""
    text = _read(file, INLINE_BYTES + 1)
    if not text.strip():
        return None
    if len(text) > INLINE_BYTES:
        raise BadResult(f"What was written to $RUNBELL_KEEP is over {INLINE_BYTES} bytes; hand back small values.")
    try:
        values = _OBJECT.decode(text)
        return values if masks is None else _OBJECT.decode(masks.json(text))
    except (ValueError, RecursionError) as wrong:
        said = f"What was written to $RUNBELL_KEEP is no JSON object ({wrong}); write the values by parameter."
        raise BadResult(said) from None


def read_exit_status(file: str) -> ExitStatus | None:
    """The exit status that a command left as `CODE message`, or None."""
    line = _read(file, _LONGEST_STATUS).decode("utf-8", "replace").strip().partition("\n")[0]
    code, _, message = line.replace("\0", "␀").partition(" ")
    return ExitStatus(code[:_LONGEST_CODE], message.strip()) if code else None


class ProgressFile:
    """Reads what is appended to a progress file; only the last whole line counts."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._read_to = 0

    def news(self) -> Progress | None:
        """The last progress that was written since the last call, or None."""
        try:
            size = os.stat(self._path, follow_symlinks=False).st_size
        except OSError:
            return None
        if size <= self._read_to:
            return None
        end = _read(self._path, _LONGEST_STATUS, max(self._read_to, size - _LONGEST_STATUS))
        whole = end.rfind(b"\n")
        if whole < 0:
            return None
        self._read_to = size - (len(end) - whole - 1)
        return read_progress(end[:whole].rsplit(b"\n", 1)[-1])


def read_progress(line: bytes) -> Progress | None:
    """`done/total message` or `done message`; None for anything else."""
    numbers, _, message = line.decode("utf-8", "replace").replace("\0", "␀").strip().partition(" ")
    done, slash, total = numbers.partition("/")
    try:
        progress = Progress(float(done), float(total) if slash else None, message.strip())
    except ValueError:
        return None
    return progress if math.isfinite(progress.done) and math.isfinite(progress.total or 0) else None


def _read(file: str, most: int, start: int = 0) -> bytes:
    """At most so many bytes of a regular file; b"" when there is none. Never through a symbolic link."""
    try:
        handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return b""
    with open(handle, "rb") as opened:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return b""
        opened.seek(start)
        return opened.read(most)


def _write_durably(folder: str, name: str, text: bytes) -> None:
    temporary = f"{folder}/.{name}"
    with open(temporary, "wb", opener=_private) as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.rename(temporary, f"{folder}/{name}")
    sync_folder(folder)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_EXCL, 0o600)
