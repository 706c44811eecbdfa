"""The Prefer header (RFC 7240), and its aliases in the query for tools that cannot set headers."""

import re
from typing import Final

from msgspec import Struct

from runbell.http import query

DEFAULT_WAIT_S: Final = 30
_PREFERENCE: Final = re.compile(r'\s*([A-Za-z0-9_-]+)\s*(?:=\s*(?:"([^"]*)"|([^\s;,]*)))?\s*(?:;[^,]*)?(?:,|\Z)')


class Preferences(Struct, frozen=True):
    """What the caller would like. `wait_s` None: do not wait. What cannot be read is ignored, as the RFC asks."""

    wait_s: int | None = None
    respond_async: bool = False
    minimal: bool = False
    lenient: bool = False

    def applied(self, *honoured: str) -> list[tuple[bytes, bytes]]:
        """`Preference-Applied` and `Vary` for an answer that honours these preferences (none named: all of them)."""
        if self is NONE:
            return [(b"vary", b"Prefer")]
        said = {
            "wait": f"wait={self.wait_s}" if self.wait_s is not None else "",
            "respond-async": "respond-async" if self.respond_async else "",
            "return": "return=minimal" if self.minimal else "",
            "handling": "handling=lenient" if self.lenient else "",
        }
        told = [text for name, text in said.items() if text and (not honoured or name in honoured)]
        applied = [(b"preference-applied", ", ".join(told).encode())] if told else []
        return [*applied, (b"vary", b"Prefer")]


NONE: Final = Preferences()


def read(header: str | None, parameters: dict[str, str], *, longest_s: int) -> Preferences:
    """The preferences of a request. Waiting is capped at `longest_s`. Raises InvalidField for a bad `?wait`."""
    if header is None and not parameters:
        return NONE
    said: dict[str, str] = {}
    for name, quoted, bare in _PREFERENCE.findall(header or ""):
        said.setdefault(name.lower(), quoted or bare)  # the first of two equal ones counts
    wait = said.get("wait", "")
    wait_s = min(int(wait[:10]), longest_s) if wait.isascii() and wait.isdigit() else None
    if parameters.get("wait") == "":
        wait_s = min(DEFAULT_WAIT_S, longest_s)
    elif (asked := query.whole(parameters, "wait")) is not None:
        wait_s = min(asked, longest_s)
    return Preferences(
        wait_s=wait_s,
        respond_async="respond-async" in said or query.flag(parameters, "async"),
        minimal=said.get("return") == "minimal",
        lenient=said.get("handling") == "lenient",
    )
