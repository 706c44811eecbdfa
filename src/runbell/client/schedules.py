"""The calls about schedules: when jobs start by themselves."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct, field

from runbell.client.answers import Job
from runbell.client.call import call
from runbell.client.caller import Caller, job_path, query_of
from runbell.client.effects import Ask, Flow
from runbell.client.exchange import read


class Schedule(Struct, frozen=True, kw_only=True):
    """A job's schedule as it stands; `schedule` is as it was written. `on` False: the job is disabled, or started over
    the API only. `anchor`: what an interval is counted from."""

    job: str
    project: str = "default"
    revision: int = 0
    starts: str = "schedule"
    schedule: dict[str, Any] = field(default_factory=dict)
    on: bool = True
    paused: bool = False
    anchor: str | None = None
    next_fire: str | None = None
    last_fire: str | None = None
    links: dict[str, str] = field(default_factory=dict)


class FireTime(Struct, frozen=True, kw_only=True):
    """A moment at which a schedule fires, and the same by the clock of its time zone."""

    at: str
    local: str = ""


class FireTimes(Struct, frozen=True, kw_only=True):
    """The next moments at which a schedule fires; fewer than asked for when no more come."""

    timezone: str = "UTC"
    anchor: str | None = None
    items: tuple[FireTime, ...] = ()


class ScheduleCalls(Caller):
    """Look at schedules, set them, hold them."""

    @call
    def schedule(self, job: str) -> Flow[Schedule]:
        """When a job starts by itself. Raises ProblemError `not_found`, also when it has no schedule."""
        return (yield from self._get(_path(job), Schedule))

    @call
    def put_schedule(self, job: str, schedule: Mapping[str, Any], *, if_revision: int | None = None) -> Flow[Schedule]:
        """Set the schedule (`cron`, `every` or `at`; `docs/schedules.md`); the job runs on it alone from then on.

        `if_revision`: only when the job still has that revision. Raises ProblemError `invalid_definition`.
        """
        headers = {"Content-Type": "application/json"} | _condition(if_revision)
        body = msgspec.json.encode(schedule)
        ask = Ask(method="PUT", path=_path(job), headers=headers, body=body, harmless=if_revision is None)
        return read((yield from self._send(ask)), Schedule)

    @call
    def clear_schedule(self, job: str, *, keep: bool = False, if_revision: int | None = None) -> Flow[Job]:
        """End the schedule, so that the job is started over the API; `keep`: it stays in the definition."""
        query = query_of({"keep": "true"} if keep else {})
        headers = _condition(if_revision)
        return read((yield from self._send(Ask(method="DELETE", path=_path(job), query=query, headers=headers))), Job)

    @call
    def pause_schedule(self, job: str) -> Flow[Schedule]:
        """It fires no more until it is resumed. Again is the same."""
        return read((yield from self._send(Ask(method="POST", path=f"{_path(job)}/pause"))), Schedule)

    @call
    def resume_schedule(self, job: str) -> Flow[Schedule]:
        """It goes on; what fell into the pause is not made up for. Again is the same."""
        return read((yield from self._send(Ask(method="POST", path=f"{_path(job)}/resume"))), Schedule)

    @call
    def next_fires(
        self, job: str, schedule: Mapping[str, Any] | None = None, *, count: int = 10, since: str | None = None
    ) -> Flow[FireTimes]:
        """The next fire times of the job's schedule, or of one that is not saved; after `since` (RFC 3339), or now."""
        path = f"{_path(job)}:preview"
        query = {"count": count, "from": since}
        if schedule is None:
            return (yield from self._get(path, FireTimes, **query))
        headers, body = {"Content-Type": "application/json"}, msgspec.json.encode(schedule)
        ask = Ask(method="POST", path=path, headers=headers, body=body, query=query_of(query), harmless=True)
        return read((yield from self._send(ask)), FireTimes)


def _path(job: str) -> str:
    return f"{job_path(job)}/schedule"


def _condition(revision: int | None) -> dict[str, str]:
    return {} if revision is None else {"If-Match": f'"{revision}"'}
