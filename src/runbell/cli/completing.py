"""What a shell is offered at TAB: names that the server knows. Whatever goes wrong, it is offered nothing."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Final

from cyclopts import Parameter

from runbell.cli.reaching import Common

if TYPE_CHECKING:
    from cyclopts.completion import CompletionContext

    from runbell.client import Client

PATIENCE_S: Final = 0.0
MANY: Final = 500
RECENT: Final = 20
Offer = dict[str, str]


def _job_names(client: "Client") -> Iterator[tuple[str, str]]:
    for job in islice(client.jobs(), MANY):
        if job.retired_at is None:
            yield job.name, f"version {job.version}"


def _executions(client: "Client") -> Iterator[tuple[str, str]]:
    yield "@last", "the newest"
    for one in islice(client.executions(limit=RECENT), RECENT):
        yield str(one.number), f"{one.job}, {one.status}"


def _offering(names: "Callable[[Client], Iterator[tuple[str, str]]]") -> "Callable[[CompletionContext], Offer]":
    def offer(context: "CompletionContext") -> Offer:
        typed = {name: _typed(context, name) for name in ("url", "token", "profile", "project")}
        try:
            with Common(**typed).client(patience=PATIENCE_S) as client:  # type: ignore[arg-type]
                return dict(names(client))
        except Exception:
            return {}

    return offer


def _typed(context: "CompletionContext", name: str) -> str | None:
    try:
        said: str | None = context[name].raw
    except KeyError:
        return None
    return said


JobName = Annotated[str, Parameter(help="Its name.", completer=_offering(_job_names))]
"""The name of a job, completed."""
ExecutionName = Annotated[
    str, Parameter(help="Its number, its id, key:KEY, or @last.", completer=_offering(_executions))
]
"""The number, id or key of an execution, or @last; completed."""
