"""The format of an execution's log: one record a line, tab-separated, the text last. Writers append whole records.

`2031-04-07T02:00:00.123Z` TAB `out` TAB step TAB attempt TAB scope TAB text LF. The stream is `out` or `err` (what the
step wrote) or `sys` (what the house says); `+` behind it means that the next record of the same step and stream goes
on with the same line. The text is valid UTF-8 without LF and NUL; carriage returns and escapes are kept as they came.
"""

from datetime import UTC, datetime
from typing import Final

from msgspec import Struct

MARKER: Final = "bytes of output left out here"
_ESCAPES: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\0": "\\0"})


class Record(Struct, frozen=True):
    """One line of a log, read back. `partial`: the next record of this step and stream goes on with the line."""

    t: str
    stream: str
    step: str
    attempt: int
    scope: str | None
    text: str
    partial: bool = False

    @property
    def leaves_out(self) -> bool:
        """True for the marker that stands where output was left out. A step cannot forge it: the stream is `sys`."""
        return self.stream == "sys" and MARKER in self.text


def stamp(at: int) -> str:
    """Epoch milliseconds as RFC 3339 in UTC with milliseconds."""
    return f"{datetime.fromtimestamp(at // 1000, UTC):%Y-%m-%dT%H:%M:%S}.{at % 1000:03}Z"


def field(text: str) -> str:
    """A step's or scope's name with backslash, tab, line feed and NUL escaped, so that it stays one field."""
    return text.translate(_ESCAPES)


def head(t: str, stream: str, step: str, attempt: int, scope: str | None) -> bytes:
    """Everything of a record before its text. `step` and `scope` are plain names; they are escaped here."""
    return f"{t}\t{stream}\t{field(step)}\t{attempt}\t{field(scope or '')}\t".encode("utf-8", "replace")


def read(line: bytes) -> Record:
    """The record of a line. What is no record (torn by a full disk) is answered as text of the stream `sys`."""
    text = line.decode("utf-8", "replace")
    parts = text.split("\t", 5)
    if len(parts) < 6 or not parts[3].isdecimal():
        return Record(t="", stream="sys", step="", attempt=0, scope=None, text=text)
    t, stream, step, attempt, scope, text = parts
    partial = stream.endswith("+")
    return Record(
        t=t, stream=stream.removesuffix("+"), step=_plain(step), attempt=int(attempt), scope=_plain(scope) or None,
        text=text, partial=partial,
    )  # fmt: skip


def marker(left_out: int, limit: int) -> str:
    """The visible line in place of what the limit of the log left out."""
    return f"… {left_out} {MARKER} (limit {limit} bytes; raise limits.log to keep more) …"


def _plain(text: str) -> str:
    if "\\" not in text:
        return text
    return (
        text.replace("\\\\", "\x1a")
        .replace("\\t", "\t")
        .replace("\\n", "\n")
        .replace("\\0", "\0")
        .replace("\x1a", "\\")
    )
