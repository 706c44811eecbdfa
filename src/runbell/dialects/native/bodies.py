"""The encoded bodies of executions, each kept while its revision stands: a poll costs one look at the revision."""

from typing import Final

import msgspec
from msgspec import Struct

from runbell.dialects.native import execution_wire
from runbell.domain.execution import Execution
from runbell.domain.identity import Actor
from runbell.operations import look
from runbell.operations.ports import Ports
from runbell.ports.store import Ref

MOST: Final = 4_096
LARGEST: Final = 8_192
SETTLING: Final = 3


class Body(Struct, frozen=True):
    """One representation, encoded, and what the headers beside it are made of."""

    revision: int
    terminal: bool
    created_at: int
    address: str
    encoded: bytes


class Bodies:
    """Builds representations, and keeps the small ones by number and revision. The oldest kept one gives way."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._kept: dict[int, Body] = {}

    def known(self, number: int, revision: int) -> Body | None:
        """The kept body of that very revision."""
        body = self._kept.get(number)
        return body if body is not None and body.revision == revision else None

    async def body(self, actor: Actor, execution: Execution, ignored: list[str] | None = None) -> Body:
        """The body of an execution: the row and its steps belong together, or it is read again."""
        known = None if ignored else self.known(execution.number, execution.revision)
        if known is not None:
            return known
        for _ in range(SETTLING):
            steps = await look.steps(self._ports, execution)
            if await self._stands(actor, execution):
                return self._keep(execution, _body(execution, execution_wire.shape(execution, steps, ignored)))
            execution = await look.execution(self._ports, actor, Ref(number=execution.number))
        return _body(execution, execution_wire.shape(execution, steps, ignored))

    async def _stands(self, actor: Actor, execution: Execution) -> bool:
        if execution.status.terminal:
            return True
        _, revision, _ = await look.revision(self._ports, actor, Ref(number=execution.number))
        return revision == execution.revision

    def _keep(self, execution: Execution, body: Body) -> Body:
        if len(body.encoded) <= LARGEST:
            self._kept.pop(execution.number, None)
            self._kept[execution.number] = body
            if len(self._kept) > MOST:
                del self._kept[next(iter(self._kept))]
        return body


def _body(execution: Execution, shape: object) -> Body:
    return Body(
        execution.revision,
        execution.status.terminal,
        execution.created_at,
        execution_wire.address(execution),
        msgspec.json.encode(shape),
    )
