"""Endpoints of the audit log: pages, an export line by line, and a walk along its chain."""

import re
from collections.abc import AsyncIterator
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct

from runbell.dialects.native.logs import NDJSON
from runbell.http import query
from runbell.http.answer import Answer, Stream, header, json_answer
from runbell.http.cursor import Cursors
from runbell.http.request import Request
from runbell.http.times import rfc3339
from runbell.operations import read_audit
from runbell.ports.audit_table import AuditQuery, Noted

_FILTERS: Final = ("actor", "action", "object", "outcome", "since", "before")
_HASH: Final = re.compile(r"[0-9a-f]{64}")


class AuditLine(Struct, frozen=True, kw_only=True):
    """Who did, or was refused, what to whom, when and from where. `hash` seals it to the line before."""

    seq: int
    at: str
    actor: str
    action: str
    project: str
    object: str
    outcome: Literal["done", "denied"]
    address: str
    request_id: str
    detail: dict[str, Any]
    hash: str


class AuditLines(Struct, frozen=True):
    """One page, newest first. A short page is not the end; a missing `next_cursor` is."""

    items: list[AuditLine]
    next_cursor: str | None
    has_more: bool


class ChainShape(Struct, frozen=True, kw_only=True):
    """A walk along the chain. `broken_at`: the first line that was altered, added, taken out or moved.

    `seq` and `head`: the last line that fits, and its hash. `more`: go on with `after` and `head` from here.
    """

    intact: bool
    broken_at: int | None
    lines: int
    seq: int
    head: str
    more: bool


class Audit:
    """The endpoints, and the cursors of their list."""

    def __init__(self, cursors: Cursors) -> None:
        self._cursors = cursors

    async def page(self, request: Request) -> Answer:
        """One page of the log."""
        filters = {name: request.query[name] for name in (*_FILTERS, "project") if name in request.query}
        after = await self._cursors.read(request.cursor(), filters | {"list": "audit"}, tuple[int, int])
        found = await read_audit.page(request.ports, request.actor, _asked(request, after))
        onward = None if found.next is None else await self._cursors.write(found.next, filters | {"list": "audit"})
        page = AuditLines([_line(noted) for noted in found.items], onward, onward is not None)
        return json_answer(page, headers=request.next_page(onward))

    async def export(self, request: Request) -> Stream:
        """Every line, oldest first, one JSON object a line."""
        after = query.whole(request.query, "after") or 0
        lines = read_audit.export(request.ports, request.actor, after)
        return Stream(200, [header("content-type", NDJSON)], _written(lines))

    async def check(self, request: Request) -> Answer:
        """Whether the chain is whole."""
        after = query.whole(request.query, "after") or 0
        head = request.query.get("head", "")
        if bool(after) != bool(head) or (head and not _HASH.fullmatch(head)):
            raise query.refused("head", "not_a_hash", "Give `after` and `head` together, as the walk before said them.")
        walked = await read_audit.check(request.ports, after, bytes.fromhex(head))
        broken = walked.broken_at
        return json_answer(
            ChainShape(
                intact=broken is None,
                broken_at=broken,
                lines=walked.lines,
                seq=walked.seq,
                head=walked.head.hex(),
                more=broken is None and not walked.over,
            )
        )


def _asked(request: Request, after: tuple[int, int] | None) -> AuditQuery:
    asked = request.query
    if asked.get("outcome") not in {None, "done", "denied"}:
        raise query.refused("outcome", "not_one_of", "'outcome' is done or denied.")
    return AuditQuery(
        project=None, actor=asked.get("actor"), action=asked.get("action"), object=asked.get("object"),
        outcome=asked.get("outcome"), since=query.time(asked, "since"), before=query.time(asked, "before"),
        after=after, limit=request.limit(),
    )  # fmt: skip


def _line(noted: Noted) -> AuditLine:
    entry = noted.entry
    return AuditLine(
        seq=noted.seq, at=rfc3339(entry.at), actor=entry.actor, action=entry.action, project=entry.project,
        object=entry.object, outcome=entry.outcome, address=entry.address, request_id=entry.request,
        detail=entry.detail, hash=noted.hash.hex(),
    )  # fmt: skip


async def _written(pieces: AsyncIterator[list[Noted]]) -> AsyncIterator[bytes]:
    encode = msgspec.json.Encoder().encode_lines
    async for piece in pieces:
        if piece:
            yield encode([_line(noted) for noted in piece])
