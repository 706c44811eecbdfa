"""Take: who takes what executions left out of the house, in the words of the audit log.

A download has its line before its first byte, a link before it is answered: what cannot be written down is not given.
Pages of rows and links that go along with a poll are told within a second, equal ones as one line with a count.
"""

from collections.abc import AsyncIterator
from typing import Any, Final

from runbell.domain.audit import Entry
from runbell.domain.execution import Execution
from runbell.domain.identity import Actor
from runbell.domain.ids import public
from runbell.domain.yielded import LeftRows
from runbell.operations.look_data import Left
from runbell.operations.ports import Ports

DOWNLOAD: Final = "results.download"
LINK: Final = "results.link"
READ: Final = "results.read"


def with_link(giver: str, execution: Execution, address: str, request: str) -> Actor:
    """Whoever fetches with a link or a key that `giver` gave out: nobody knows who that is, but from where."""
    return Actor(f"link:{giver}", execution.project, frozenset(), address=address, request=request)


async def told_first(
    ports: Ports, actor: Actor, execution: Execution, left: Left, pieces: AsyncIterator[bytes], **detail: Any
) -> AsyncIterator[bytes]:
    """The pieces of a download, behind its line in the audit log."""
    await ports.store.deny([_entry(ports, actor, DOWNLOAD, execution, left, detail)])
    async for piece in pieces:
        yield piece


async def given(ports: Ports, actor: Actor, execution: Execution, left: Left, **detail: Any) -> None:
    """A link or a key was asked for; the line is on disk when this returns."""
    await ports.store.deny([_entry(ports, actor, LINK, execution, left, detail)])


def given_along(ports: Ports, actor: Actor, execution: Execution, **detail: Any) -> None:
    """A link to all that was left went along with another answer; this costs a few µs."""
    ports.readings.note(_line(ports, actor, LINK, execution, detail))


def read(ports: Ports, actor: Actor, execution: Execution, left: Left) -> None:
    """A page of rows was read; this costs a few µs."""
    ports.readings.note(_entry(ports, actor, READ, execution, left, {}))


def _entry(
    ports: Ports, actor: Actor, action: str, execution: Execution, left: Left, detail: dict[str, Any]
) -> Entry:  # fmt: skip
    what: dict[str, Any] = {"name": left.name}
    if isinstance(left, LeftRows):
        what |= {"kind": left.rows.kind, "rows": left.rows.rows}
    else:
        what |= {"kind": "file", "bytes": left.file.size}
    return _line(ports, actor, action, execution, what | detail)


def _line(ports: Ports, actor: Actor, action: str, execution: Execution, detail: dict[str, Any]) -> Entry:
    return actor.did(action, public(execution.id), ports.clock.now(), job=execution.job, **detail)
