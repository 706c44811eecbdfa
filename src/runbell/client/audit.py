"""The calls about the audit log: who did, or was refused, what."""

from typing import Any

import msgspec
from msgspec import Struct

from runbell.client.call import call, stream
from runbell.client.caller import Caller, query_of
from runbell.client.connection import API
from runbell.client.effects import Ask, Flow, Item, ReadLine, Stream


class AuditLine(Struct, frozen=True, kw_only=True):
    """One line: who, what, to whom, when (RFC 3339), from where; `hash` seals it to the line before."""

    seq: int
    at: str
    actor: str
    action: str
    project: str = ""
    object: str = ""
    outcome: str = "done"
    address: str = ""
    request_id: str = ""
    detail: dict[str, Any] = {}
    hash: str = ""


class AuditCheck(Struct, frozen=True, kw_only=True):
    """What a walk along the chain found. `seq` and `head` are its end: keep them, and a later check can begin there."""

    intact: bool
    broken_at: int | None = None
    lines: int = 0
    seq: int = 0
    head: str = ""
    more: bool = False


class AuditCalls(Caller):
    """Read the audit log, check it, take it away."""

    @stream
    def audit(
        self,
        *,
        actor: str | None = None,
        action: str | None = None,
        object: str | None = None,  # noqa: A002 - the filter's name
        outcome: str | None = None,
        since: str | None = None,
        before: str | None = None,
        project: str | None = None,
        limit: int | None = None,
    ) -> Stream[AuditLine]:
        """The lines, newest first; `limit` per page. `since` and `before` are RFC 3339."""
        query = {
            "actor": actor, "action": action, "object": object, "outcome": outcome, "since": since, "before": before,
            "project": project, "limit": limit,
        }  # fmt: skip
        yield from self._pages(f"{API}/audit", AuditLine, query)

    @stream
    def export_audit(self, *, after: int | None = None) -> Stream[AuditLine]:
        """Every line after the line `after`, as they were written. A connection that drops is taken up again."""
        came = True
        while came:  # only an answer without a line says that there are no more
            came = False
            ask = Ask(method="GET", path=f"{API}/audit/export", query=query_of({"after": after}), stream=True)
            yield from self._send(ask)
            while text := (yield ReadLine()):
                line = msgspec.json.decode(text, type=AuditLine)
                came, after = True, line.seq
                yield Item(line)

    @call
    def check_audit(self, *, after: int | None = None, head: str | None = None) -> Flow[AuditCheck]:
        """Walk the whole chain, or what follows the line `after` whose hash was `head`."""
        lines = 0
        while True:
            found = yield from self._get(f"{API}/audit:check", AuditCheck, after=after, head=head)
            lines += found.lines
            if not found.more:
                return msgspec.structs.replace(found, lines=lines)
            after, head = found.seq, found.head
