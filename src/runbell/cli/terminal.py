"""What our output is shown on: whether it may have colours, and whether it may be drawn over."""

import os
import sys
import unicodedata
from typing import Final, TextIO

ICONS: Final = {
    "succeeded": ("✔", "32"), "reused": ("✔", "36"), "failed": ("✘", "31"), "lost": ("?", "31"),
    "running": ("▶", "34"), "stopping": ("◼", "33"), "stopped": ("◼", "33"), "waiting": ("…", "33"),
    "queued": ("·", "36"), "pending": ("·", "2"), "scheduled": ("◷", "36"), "discarded": ("–", "2"),
    "skipped": ("–", "2"),
}  # fmt: skip


def lively(stream: TextIO) -> bool:
    """True for a terminal with a person before it: not in CI, not with NO_COLOR (https://no-color.org), not `dumb`."""
    plain = os.environ.get("CI") or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return not plain and stream.isatty()


def paint(text: str, sgr: str, stream: TextIO | None = None) -> str:
    """The text in a colour where that can be seen, else as it is."""
    return f"\x1b[{sgr}m{text}\x1b[0m" if lively(stream or sys.stdout) else text


def status_word(status: str, stream: TextIO | None = None) -> str:
    """A status with its icon: never by colour alone."""
    icon, sgr = ICONS.get(status, ("·", "0"))
    return paint(f"{icon} {status}", sgr, stream) if lively(stream or sys.stdout) else status


def columns_of(text: str) -> int:
    """How many columns a text takes, without its colours."""
    seen, hidden = 0, False
    for character in text:
        if character == "\x1b":
            hidden = True
        elif hidden:
            hidden = character != "m"
        elif not unicodedata.combining(character):
            seen += 2 if unicodedata.east_asian_width(character) in "WF" else 1
    return seen
