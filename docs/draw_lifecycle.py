"""Draws docs/lifecycle.md from the table of moves. `./dev docs` writes the page; a test holds the two together."""

from pathlib import Path

from runbell.domain import lifecycle
from runbell.domain.status import TERMINAL, Status

PAGE = Path(__file__).with_name("lifecycle.md")

BEFORE = """\
# What may happen to an execution

Drawn by `./dev docs` from `ARROWS` in `src/runbell/domain/lifecycle.py`, the only place where a status changes.
A move that is not here is refused, and every move leaves its event in the commit that saves it.

"""

AFTER = """
## What the moves mean

"""


def drawn() -> str:
    """The page as it should be."""
    return BEFORE + figure() + "\n" + table() + AFTER + meanings()


def figure() -> str:
    """The arrows as a state diagram (Mermaid, drawn by most Markdown viewers)."""
    lines = ["```mermaid", "stateDiagram-v2"]
    lines += [f"    [*] --> {status}" for status in (Status.QUEUED, Status.SCHEDULED)]
    for arrow in lifecycle.ARROWS.values():
        lines += [f"    {before} --> {arrow.after}: {arrow.move}" for before in Status if before in arrow.before]
    lines += [f"    {status} --> [*]" for status in Status if status in TERMINAL]
    return "\n".join([*lines, "```", ""])


def table() -> str:
    """The arrows as a table: one row per move."""
    rows = ["| move | from | to | event |", "|---|---|---|---|"]
    for arrow in lifecycle.ARROWS.values():
        before = ", ".join(f"`{status}`" for status in Status if status in arrow.before)
        rows.append(f"| `{arrow.move}` | {before} | `{arrow.after}` | `{arrow.event}` |")
    return "\n".join([*rows, ""])


def meanings() -> str:
    """What each move's function says of itself."""
    said = {move: getattr(lifecycle, move).__doc__ for move in lifecycle.ARROWS if move != "withdraw"}
    said["withdraw"] = "`ask_to_stop` met one that had begun, lost its worker and was queued again: it ends at once."
    return "\n".join([f"- `{move}`: {said[move]}" for move in lifecycle.ARROWS] + [""])


if __name__ == "__main__":
    PAGE.write_text(drawn())
