"""What a schedule writes when its time has come: starts, notes of what was skipped, and when it fires next."""

from typing import Any

from msgspec import Struct

from runbell.ports.store import Start


class Firing(Struct, frozen=True, kw_only=True):
    """One fire time: the start that it makes, or (`skipped`) only a note that nothing ran, with the reason why.

    `refused`: what kept the start from being made at all.
    """

    start: Start
    skipped: str | None = None
    refused: str | None = None


class Fire(Struct, frozen=True, kw_only=True):
    """What a schedule does at `due`, and when it fires next. Nothing happens when job or schedule changed since.

    `missed` is the data of an event; it is told of the last of these firings.
    """

    job_number: int
    job_revision: int
    due: int
    at: int
    firings: tuple[Firing, ...]
    next_at: int | None
    last_at: int | None
    missed: dict[str, Any] | None = None
