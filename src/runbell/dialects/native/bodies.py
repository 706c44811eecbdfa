"""The encoded bodies of executions, each kept while its revision stands: a poll costs one look at the revision."""

from typing import Final, TypeVar

import msgspec
from msgspec import Struct

from runbell.dialects.native import execution_wire
from runbell.dialects.native.shapes import StepShape
from runbell.domain.execution import Execution
from runbell.domain.identity import Actor
from runbell.domain.sight import Sight
from runbell.operations import foresee, keep, look
from runbell.operations.ports import Ports
from runbell.ports.store import Ref

MOST: Final = 4_096
LARGEST: Final = 8_192
SETTLING: Final = 3
KINDS: Final = 4
"""Of sight: each has bodies of its own."""
K = TypeVar("K")
V = TypeVar("V")


class Body(Struct, frozen=True):
    """One representation, encoded, and what the headers beside it are made of."""

    revision: int
    terminal: bool
    created_at: int
    address: bytes
    encoded: bytes


class Bodies:
    """Builds representations, and keeps the small ones by number and revision. The oldest kept one gives way."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._kept: dict[int, Body] = {}
        self._changes = 0
        self._pending: dict[tuple[str, str, int, tuple[str, ...] | None], list[StepShape]] = {}

    def known(self, number: int, revision: int, sees: Sight) -> Body | None:
        """The kept body of that very revision, as it is shown to whoever sees that much."""
        if self._changes != self._ports.catalogue.changes:  # a job's retention may have changed: when they go, too
            self._changes = self._ports.catalogue.changes
            self._kept.clear()
        body = self._kept.get(number * KINDS + sees.place)
        return body if body is not None and body.revision == revision else None

    async def body(
        self, actor: Actor, execution: Execution, sees: Sight, ignored: list[str] | None = None
    ) -> Body:  # fmt: skip
        """The body of an execution: the row and its steps belong together, or both are read again."""
        known = None if ignored else self.known(execution.number, execution.revision, sees)
        if known is not None:
            return known
        for _ in range(SETTLING):
            steps = [execution_wire.step_shape(step) for step in await look.steps(self._ports, execution)]
            if await self._stands(actor, execution):
                return self._built(execution, steps, sees, ignored, await self._expires_at(execution), keep=True)
            execution = await look.execution(self._ports, actor, Ref(number=execution.number))
        return self._built(execution, steps, sees, ignored, await self._expires_at(execution), keep=False)

    async def fresh(self, execution: Execution, sees: Sight, ignored: list[str]) -> Body:
        """The body of an execution that has just been accepted: its steps are those of its version, all pending."""
        version = (execution.project, execution.job, execution.job_version, execution.scopes)
        steps = self._pending.get(version)
        if steps is None:
            steps = [execution_wire.step_shape(step) for step in await foresee.steps(self._ports, execution)]
            _make_room(self._pending)
            self._pending[version] = steps
        return self._built(execution, steps, sees, ignored, None, keep=True)

    async def _expires_at(self, execution: Execution) -> int | None:
        return (await keep.expiries(self._ports, [execution]))[0] if execution.status.terminal else None

    async def _stands(self, actor: Actor, execution: Execution) -> bool:
        if execution.status.terminal:
            return True
        standing = await look.standing(self._ports, actor, Ref(number=execution.number))
        return standing.revision == execution.revision

    def _built(
        self,
        execution: Execution,
        steps: list[StepShape],
        sees: Sight,
        ignored: list[str] | None,
        expires_at: int | None,
        *,
        keep: bool,
    ) -> Body:
        body = Body(
            execution.revision,
            execution.status.terminal,
            execution.created_at,
            execution_wire.address(execution).encode(),
            msgspec.json.encode(execution_wire.shape(execution, steps, sees, ignored, expires_at)),
        )
        if keep and not ignored and len(body.encoded) <= LARGEST:
            place = execution.number * KINDS + sees.place
            self._kept.pop(place, None)
            _make_room(self._kept)
            self._kept[place] = body
        return body


def _make_room(kept: dict[K, V]) -> None:
    if len(kept) >= MOST:
        del kept[next(iter(kept))]
