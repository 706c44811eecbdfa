"""Log lines for people: which step said it, what it said, nothing active in it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from runbell.cli.inert import inert

if TYPE_CHECKING:
    from runbell.client import LogLine

LONGEST = 64 * 1024
_CUT = " … (cut here; the whole line: -o ndjson)"


class LineWriter:
    """Joins the pieces of long lines, and names the step wherever it changes from the line before."""

    def __init__(self, *, colours: bool) -> None:
        self._colours = colours
        self._pieces: dict[tuple[str, str | None, int, str], str] = {}

    def feed(self, line: "LogLine") -> Iterator[str]:
        """The text lines that are complete with this piece."""
        slot = (line.step, line.scope, line.attempt, line.stream)
        text = self._pieces.pop(slot, "") + line.text
        if line.partial:
            self._pieces[slot] = text[: LONGEST + 1]
        else:
            yield self._shown(slot, text)

    def flush(self) -> Iterator[str]:
        """What is left of lines that were never ended."""
        for slot, text in self._pieces.items():
            yield self._shown(slot, text)
        self._pieces.clear()

    def _shown(self, slot: tuple[str, str | None, int, str], text: str) -> str:
        if len(text) > LONGEST:
            text = text[:LONGEST] + _CUT
        step, scope, _, stream = slot
        which = inert(f"{step} [{scope}]" if scope else step)
        said = inert(text, colours=self._colours)
        if self._colours:
            return f"\x1b[{'33' if stream == 'err' else '2'}m{which} │\x1b[0m {said}"
        return f"{which} | {said}"
