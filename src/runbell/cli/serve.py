"""`runbell serve`: the server in the foreground."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from runbell.cli.trouble import USAGE

_VALUED: Final = ("host", "port", "data", "jobs", "slots")


def serve(
    *,
    host: str | None = None,
    port: int | None = None,
    data: Path | None = None,
    jobs: Path | None = None,
    reload: bool = False,
    slots: int | None = None,
) -> int:
    """Run the server in the foreground until Ctrl-C or SIGTERM.

    Every option may also be set as RUNBELL_HOST, RUNBELL_PORT and so on; what is typed wins.

    Parameters
    ----------
    host
        The address to listen on (127.0.0.1). Anything but loopback is a decision: put TLS in front.
    port
        The port to listen on (7878); 0 takes a free one.
    data
        The folder for the database, logs and files (runbell-data).
    jobs
        The folder of job files, loaded at start.
    reload
        Read job files again when they change.
    slots
        How many steps may run at once (16).
    """
    from runbell.settings import load_settings

    try:
        settings = load_settings(host=host, port=port, data=data, jobs=jobs, reload=reload or None, slots=slots)
    except ValueError as error:
        print(f"{error}\nTry: runbell serve --help", file=sys.stderr)
        return USAGE
    if settings.jobs is not None and not settings.jobs.is_dir():
        print(f"There is no jobs folder {settings.jobs}.\nTry: runbell init {settings.jobs}", file=sys.stderr)
        return USAGE
    from runbell.assembly import serve as serve_house

    return serve_house(settings)


def plainly(words: Sequence[str]) -> dict[str, Any] | None:
    """The options when each is spelled `--name value` or `--name=value`; None when the parser has to look at them."""
    given: dict[str, Any] = {}
    left = list(words)
    while left:
        word, equals, value = left.pop(0).partition("=")
        name = word.removeprefix("--")
        if name == word:
            return None
        if name == "reload" and not equals:
            given[name] = True
        elif name in _VALUED and (equals or (left and not left[0].startswith("-"))):
            given[name] = value if equals else left.pop(0)
        else:
            return None
    return given
