"""What is said when a command cannot do its work: the reason in a sentence, then what to type next."""

import os
import sys
from typing import TYPE_CHECKING, Final

from runbell.cli.inert import inert

if TYPE_CHECKING:
    from runbell.client import ProblemError

FAULT: Final = 1
USAGE: Final = 2
NOT_FOUND: Final = 3
NOT_ALLOWED: Final = 4
TIMED_OUT: Final = 124
DETACHED: Final = 130

_CODES: Final = {400: USAGE, 401: NOT_ALLOWED, 403: NOT_ALLOWED, 404: NOT_FOUND, 410: NOT_FOUND, 422: USAGE}
_SIGN_IN: Final = ("invalid_grant", "access_denied", "expired_token", "invalid_client", "unauthorized_client")
_NEXT: Final = {
    "unauthenticated": "Try: runbell login    or go to the folder in which the server's runbell-data lies.",
    "invalid_token": "Try: runbell login    or set RUNBELL_TOKEN to an API key of this very server.",
    "invalid_client": "Check the client's id and secret, and that it is known to this very server.",
    "invalid_grant": "Try: runbell login",
    "insufficient_scope": "Try: runbell whoami    it lists your rights",
    "gone": "Try: runbell ps",
    "not_finished": "Try: runbell stop {execution}",
    "key_taken": "Try: runbell show {execution}",
    "already_running": "Try: runbell ps --status running",
}


_WHERE: Final = {
    "no result set": "results ls @last", "no set of exception": "exceptions ls @last", "no file": "files ls @last",
    "no job": "jobs ls", "no execution": "ps", "no webhook": "webhooks ls", "no delivery": "deliveries ls @last",
    "no key": "keys ls", "no client": "clients ls", "no user": "users ls", "no project": "projects ls",
    "no secret": "secrets ls", "no schedule": "schedule ls",
}  # fmt: skip
"""What lists the things that there may be, by how the server says that one is not there."""


class Refusal(Exception):  # noqa: N818 - the command line's own no
    """What was typed cannot be done; says why, what to type instead, and with which code it ends."""

    def __init__(self, said: str, *, then: str = "", code: int = USAGE) -> None:
        super().__init__(said)
        self.then = then
        self.code = code


def explain(error: Exception) -> int:
    """Say on stderr what went wrong and what to do; answers the exit code."""
    from runbell.client import ProblemError, RunbellError, Unreachable

    if isinstance(error, Refusal):
        _say(str(error), error.then)
        return error.code
    if isinstance(error, ProblemError):
        _say(_detailed(error), _next_of(error))
        return NOT_ALLOWED if error.code in _SIGN_IN else _CODES.get(error.status, FAULT)
    if isinstance(error, Unreachable):
        _say(str(error), "Start a server with: runbell serve --jobs DIR    or name another one: --url, RUNBELL_URL")
    elif isinstance(error, OSError) and error.strerror and error.filename:
        _say(f"{error.filename}: {error.strerror}.")
    elif isinstance(error, RunbellError | OSError):
        _say(str(error))
    elif os.environ.get("RUNBELL_DEBUG"):
        raise error
    else:
        _say(
            f"This is a defect of runbell: {type(error).__name__}: {error}", "RUNBELL_DEBUG=1 shows where it happened."
        )
    return FAULT


def _detailed(error: "ProblemError") -> str:
    if [one.detail for one in error.errors] == [error.detail]:
        return str(error)
    faults = [f"  {one.pointer.removeprefix('/')}: {one.detail}" for one in error.errors]
    return "\n".join([str(error), *faults])


def _next_of(error: "ProblemError") -> str:
    execution = (error.problem.execution or "@last").rpartition("/")[2]
    then = _NEXT.get(error.code, "").format(execution=execution)
    if error.code == "not_found":
        then = next((f"Try: runbell {words}" for thing, words in _WHERE.items() if thing in str(error)), "")
    if not then and error.status >= 500 and error.request_id:
        then = f"The server's log names this request: {error.request_id}"
    return then


def _say(said: str, then: str = "") -> None:
    for line in (*said.splitlines(), *then.splitlines()):
        print(inert(line), file=sys.stderr)
