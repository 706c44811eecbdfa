"""Read the audit log, check its chain, and let go of what is too old. A caller sees the lines of its project."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from msgspec import Struct, structs

from runbell.domain.audit import Entry
from runbell.domain.identity import Actor
from runbell.operations.ports import Desk
from runbell.ports.audit_table import AuditPage, AuditQuery, Chain, Noted

PIECE: Final = 500
"""Lines that are read, checked or let go at a time: a few milliseconds of the loop, or of the writer."""
MOST_CHECKED: Final = 20_000
SERVER: Final = "runbell"


def seen_by(actor: Actor) -> str | None:
    """The project whose lines the actor sees; None: of all, and those of no project."""
    return None if actor.everywhere else actor.project


async def page(desk: Desk, actor: Actor, query: AuditQuery) -> AuditPage:
    """One page of lines, newest first."""
    return await desk.store.audit(structs.replace(query, project=seen_by(actor)))


async def export(desk: Desk, actor: Actor, after: int) -> AsyncIterator[list[Noted]]:
    """All lines after the line `after`, piece by piece, as they were written."""
    project = seen_by(actor)
    while found := await desk.store.audit_from(after, PIECE):
        yield [noted for noted in found if project is None or noted.entry.project == project]
        after = found[-1].seq
        await asyncio.sleep(0)


async def check(desk: Desk, after: int, head: bytes, most: int = MOST_CHECKED) -> Chain:
    """Walk the chain on from the line `after`, whose hash is `head`, for at most `most` lines."""
    walked = Chain(lines=0, seq=after, head=head)
    while walked.lines < most and walked.broken_at is None and not walked.over:
        piece = await desk.store.check_audit(walked.seq, walked.head, min(PIECE, most - walked.lines))
        walked = structs.replace(piece, lines=walked.lines + piece.lines)
        await asyncio.sleep(0)
    return walked


class Let(Struct, frozen=True):
    """What was let go of the log."""

    lines: int


async def let_go(desk: Desk, days: int) -> Let:
    """Let go of the lines that are older than so many days (0: of none), and write down that it was done."""
    now = desk.clock.now()
    before, lines = now - days * 86_400_000, 0
    while days and (gone := await desk.store.prune_audit(before, PIECE)):
        lines += gone
        await asyncio.sleep(0)
    if lines:
        detail = {"lines": lines, "days": days}
        noted = Entry(at=now, actor=SERVER, action="audit.prune", project="", object="audit", detail=detail)
        await desk.store.deny([noted])
    return Let(lines)
