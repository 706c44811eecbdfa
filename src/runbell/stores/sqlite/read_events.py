"""Reading what happened. One process writes, so a number that is given is a number in order: nothing comes late."""

from operator import attrgetter
from typing import Any, Final

import apsw
import msgspec

from runbell.domain.execution import Progress, StepExecution
from runbell.domain.status import Status, StepStatus
from runbell.ports.event_table import EventBounds, EventQuery, EventRecord, EventsPage, Moment
from runbell.stores.sqlite import rows

SCANNED: Final = 5_000
"""Over how many events a page looks at most, whatever is left out of them: no index stands beside the feed. Whoever
waits for what is new is told from memory; only who comes back after a while walks here."""

_COLUMNS: Final = "seq, time, type, execution, number, job, project, revision, data"
_FEED: Final = f"""
    SELECT {_COLUMNS} FROM events WHERE seq > ?1 AND seq <= ?2
    AND (?3 IS NULL OR project = ?3)
    AND (?4 IS NULL OR job IN (SELECT value FROM json_each(?4)))
    AND (?5 IS NULL OR type IN (SELECT value FROM json_each(?5)))
    ORDER BY seq LIMIT ?6
"""
_NEWEST: Final = "SELECT seq FROM sqlite_sequence WHERE name = 'events'"
_OLDEST: Final = "SELECT min(seq) FROM events"
_EXECUTION: Final = "SELECT status, revision, created_at, ended_at, progress FROM executions WHERE number = ?"
_MOVES: Final = """
    SELECT type, time, revision FROM events INDEXED BY events_by_execution
    WHERE number = ? AND type <> 'execution.step_finished' AND revision >= ? ORDER BY seq
"""
_STEPS: Final = f"""
    SELECT {rows.STEP}, position, noted_revision, began_revision, ended_revision FROM steps
    WHERE number = ?1 AND (noted_revision >= ?2 OR began_revision >= ?2 OR ended_revision >= ?2) ORDER BY position
"""
_STATUS_OF: Final = {f"execution.{status}": status for status in Status} | {"execution.started": Status.RUNNING}
_progress: Final = msgspec.json.Decoder(Progress).decode

# What became with one revision is told in this order; the places of steps are spread by their position.
_ENDED, _MOVED, _BEGAN, _TOLD, _OVER = (place << 40 for place in range(5))


def bounds(db: apsw.Connection) -> EventBounds:
    """From where to where the feed goes."""
    newest = db.execute(_NEWEST).get or 0
    return EventBounds(db.execute(_OLDEST).get or newest + 1, newest)


def events(db: apsw.Connection, query: EventQuery) -> EventsPage:
    """A page of the feed."""
    newest = max(db.execute(_NEWEST).get or 0, query.after)
    end = min(newest, query.after + SCANNED)
    jobs, types = (None if names is None else rows.json_text(tuple(names)) for names in (query.jobs, query.types))
    found = [
        EventRecord(
            seq=seq, time=time, type=type_, execution=execution, number=number, job=job, project=project,
            revision=revision, data=data,
        )
        for seq, time, type_, execution, number, job, project, revision, data in rows.fetch(
            db, _FEED, (query.after, end, query.project, jobs, types, query.limit + 1)
        )
    ]  # fmt: skip
    if len(found) > query.limit:
        del found[query.limit :]
        return EventsPage(found, found[-1].seq, more=True)
    return EventsPage(found, end, more=end < newest)


def story(db: apsw.Connection, number: int, since: int) -> list[Moment]:
    """What became of an execution from a revision on."""
    row = db.execute(_EXECUTION, (number,)).fetchone()
    if row is None:
        return []
    status, revision, created_at, ended_at, progress = row
    moves = rows.fetch(db, _MOVES, (number, since))
    found = [_moved(at_revision, _STATUS_OF[kind], time) for kind, time, at_revision in moves if kind in _STATUS_OF]
    if not found and revision >= since and rows.status(status).terminal:  # its events are not kept any more
        found.append(_moved(revision, rows.status(status), ended_at or created_at))
    for *step, position, noted, began, ended in rows.fetch(db, _STEPS, (number, since)):
        found += _step_moments(rows.step(tuple(step)), position, noted, began, ended)
    if progress is not None and (told := _progress(progress)).revision >= since:
        found.append(Moment(revision=told.revision, place=_TOLD, progress=told))
    return sorted((moment for moment in found if moment.revision >= since), key=attrgetter("position"))


def _moved(revision: int, status: Status, time: int) -> Moment:
    return Moment(revision=revision, place=_OVER if status.terminal else _MOVED, time=time, status=status)


def _step_moments(
    step: StepExecution, position: int, noted: int | None, began: int | None, ended: int | None
) -> list[Moment]:
    """A step as it was at each of its revisions."""
    found = []
    waiting = step if began is None and ended is None else _as(step, StepStatus.WAITING, started_at=None)
    running = step if ended is None else _as(step, StepStatus.RUNNING)
    for revision, place, then, time in (
        (noted, _BEGAN, waiting, step.not_before),
        (began, _BEGAN, running, step.started_at),
        (ended, _ENDED, step, step.ended_at),
    ):
        if revision is not None:
            found.append(Moment(revision=revision, place=place + position, time=time, step=then))
    return found


def _as(step: StepExecution, status: StepStatus, **fields: Any) -> StepExecution:
    """The step before it ended."""
    return msgspec.structs.replace(
        step, status=status, ended_at=None, exit_status=None, error=None, result=None, **fields
    )
