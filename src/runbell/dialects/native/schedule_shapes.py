"""What schedules look like on the native wire."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field

from runbell.dialects.native.shapes import Links, Moment


class ScheduleBody(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """When a job starts by itself: one of `cron`, `every` and `at`; the same members as in its definition."""

    cron: (
        Annotated[str, Meta(description="Five fields by the rules of Debian's cron, or @daily and its like.")] | None
    ) = None
    every: Annotated[str, Meta(description="A duration like `15m`.")] | None = None
    from_: Annotated[Moment, Meta(description="What `every` is counted from; default: when it was set.")] | None = (
        field(default=None, name="from")
    )
    at: Annotated[Moment, Meta(description="Once, at that moment.")] | None = None
    timezone: Annotated[str, Meta(description="Whose clock a cron line goes by, like Europe/Berlin.")] = "UTC"
    missed: Literal["skip", "run_once", "run_all"] = "run_once"
    parameters: dict[str, Any] = {}


class ScheduleShape(Struct, frozen=True, kw_only=True):
    """A job's schedule as it stands. `schedule` is as it was written.

    `on`: it is in force; false while the job is disabled or started over the API only (`starts`). `anchor`: what its
    intervals are counted from. `next_fire` is null while it does not fire.
    """

    job: str
    project: str
    revision: int
    starts: Literal["api", "schedule", "both"]
    schedule: dict[str, Any]
    on: bool
    paused: bool
    anchor: Moment | None
    next_fire: Moment | None
    last_fire: Moment | None
    links: Links


class FireShape(Struct, frozen=True):
    """One fire time: the moment, and the same by the clock of the schedule's time zone."""

    at: Moment
    local: str


class PreviewShape(Struct, frozen=True, kw_only=True):
    """The next fire times, fewer when no more come. Nothing was stored."""

    timezone: str
    anchor: Moment | None
    items: list[FireShape]
