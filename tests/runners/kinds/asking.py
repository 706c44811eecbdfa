"""Asking an engine in a test: a step of kind `sql`, and what came of it."""

from pathlib import Path
from typing import Any

import msgspec

from runbell.domain.data import RowSet
from runbell.domain.engine_url import secrets_of
from runbell.domain.outcome import Failed, Outcome, Succeeded
from runbell.ports.runner import StepOrder
from tests.runners.workplace import Workplace, result_of


def asking(place: Workplace, sql: str, url: str | None = None, **said: Any) -> StepOrder:
    """The order for a step with that text, as the engine writes it. `files` are written into the workspace first."""
    task: dict[str, Any] = {"sql": sql, "bind": {}, "write": False, "rows": 100_000, "result": None}
    veiled: tuple[str, ...] = ()
    if url is not None:
        task |= {"connection": url, "connection_name": "warehouse"}
        veiled = (url, *secrets_of(url))
    task |= {name: said.pop(name) for name in tuple(said) if name in task}
    files: dict[str, str] = said.pop("files", {})
    order = place.order(kind="sql", task=task, veiled=veiled, **said)
    workspace = Path(order.home) / "workspace"
    for name, text in files.items():
        workspace.mkdir(parents=True, exist_ok=True)
        (workspace / name).write_text(text)
    return order


async def asked(place: Workplace, sql: str, url: str | None = None, **said: Any) -> Outcome:
    """Run it."""
    return await place.run(asking(place, sql, url, **said))


async def rows_of(place: Workplace, sql: str, url: str | None = None, **said: Any) -> list[list[Any]]:
    """The rows of the step's result set, as they lie on disk."""
    order = asking(place, sql, url, **said)
    outcome = await place.run(order)
    assert isinstance(outcome, Succeeded), outcome
    return kept(order, the_set(outcome))


async def refused(place: Workplace, sql: str, url: str | None = None, **said: Any) -> str:
    """What the failed step says."""
    outcome = await asked(place, sql, url, **said)
    assert isinstance(outcome, Failed), (outcome, result_of(outcome))
    assert not outcome.data
    return outcome.error.detail


def the_set(outcome: Outcome) -> RowSet:
    """Its only result set."""
    assert isinstance(outcome, Succeeded), outcome
    (found,) = outcome.data
    assert isinstance(found, RowSet)
    return found


def kept(order: StepOrder, found: RowSet) -> list[list[Any]]:
    """The rows in its file."""
    lines = (Path(order.home) / "data" / found.file).read_bytes().splitlines()
    return [msgspec.json.decode(line) for line in lines]
