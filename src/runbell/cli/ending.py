"""How an execution ended: the exit code that mirrors it, and the sentence."""

from typing import TYPE_CHECKING, Final

from runbell.cli.output import cell
from runbell.cli.phrases import duration
from runbell.cli.terminal import status_word

if TYPE_CHECKING:
    from typing import TextIO

    from runbell.client import ExecutionItem

WARNED: Final = 13
TIME_LIMIT: Final = 11
CODES: Final = {"succeeded": 0, "failed": 10, "stopped": 12, "discarded": 14, "lost": 15}


def exit_code(ended: "ExecutionItem", *, exit_step: bool = False) -> int:
    """The exit code that mirrors an ended execution; with `exit_step` the failing step's own, if it left one."""
    code = ended.exit_status.code if ended.exit_status else ""
    if ended.status == "succeeded" and (code == "WARN" or ended.exceptions.count):
        return WARNED
    if ended.status == "failed":
        own = ended.error.exit_code if ended.error else None
        if exit_step and own is not None and 0 < own < 256:
            return own
        if code == "TIMEOUT":
            return TIME_LIMIT
    return CODES.get(ended.status, 1)


def sentence(ended: "ExecutionItem", stream: "TextIO") -> str:
    """`✔ succeeded  hello 12 in 1.2 s`, with the message that it left."""
    exit_status = ended.exit_status
    code = exit_status.code if exit_status else ""
    shown = f" ({cell(code)})" if code not in ("", "OK", ended.status.upper(), "ERROR") else ""
    took = f" after {duration(ended.duration_ms)}" if ended.duration_ms is not None else ""
    message = f": {cell(exit_status.message)}" if exit_status and exit_status.message else ""
    return f"{status_word(ended.status, stream)}{shown}  {ended.job} {ended.number}{took}{message}"
