"""What `runbell doctor` says of webhooks, deliveries and schedules: what stands still, and how to get it going."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from runbell.cli.finding import Finding
from runbell.cli.phrases import count, duration

if TYPE_CHECKING:
    from runbell.assembly.attention import Attention, Receiver, Timer

MINUTE: Final = 60_000
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
STANDS_STILL: Final = 10 * MINUTE
OVERDUE: Final = 2 * MINUTE
FAILING: Final = HOUR
LONG_PAUSE: Final = 7 * DAY
LONG_HOLD: Final = DAY
KEPT: Final = 5 * DAY
"""How long a webhook may fail until it is disabled (docs/webhooks.md)."""
SHOWN: Final = 5


def unattended(data: Path, now: int | None = None) -> list[Finding]:
    """What needs somebody, the most urgent first; when all is well one of each kind, without a database none."""
    from runbell.assembly.attention import look, served

    at = round(time.time() * 1_000) if now is None else now
    found = look(data, at - STANDS_STILL, at - DAY)
    if found is None:
        return []
    runs = served(data)
    told = [*_few("webhooks", list(_webhooks(found, at))), *_few("deliveries", list(_deliveries(found, at, runs=runs)))]
    timed = _few("schedules", [*_schedules(found, at, runs=runs), *_missed(found)])
    if not told:
        off = sum(one.disabled_at is not None for one in found.receivers)
        said = count(len(found.receivers), "webhook") + (f", {off} switched off by hand" if off else "")
        told = [Finding("webhooks", "ok", f"{said}; nothing waits")]
    if not timed:
        paused = sum(one.paused or not one.on for one in found.timers)
        said = count(len(found.timers), "schedule") + (f", {paused} paused or switched off" if paused else "")
        timed = [Finding("schedules", "ok", said)]
    return told + timed


def _webhooks(found: "Attention", now: int) -> Iterator[Finding]:
    for one in found.receivers:
        since = one.failing_since
        if one.disabled_why == "gone":
            said = f"{one.name} answered 410 and has been told nothing for {_long(one.disabled_at, now)}."
            fix = "If nobody wants it any more: " + _typed(one.project, "webhooks", "rm", one.name)
            yield Finding("webhooks", "warn", said, f"{fix}; else: {_again(one, one.disabled_at or now, now)}")
        elif one.disabled_why == "failing":
            said = f"{one.name} failed for five days and has been told nothing for {_long(one.disabled_at, now)}"
            said += f": {_last(one)}"
            yield Finding("webhooks", "warn", said, _again(one, since or now, now))
        elif one.disabled_at is None and since is not None and (now - since >= FAILING or _refused(one)):
            left = max(0, since + KEPT - now)
            said = f"{one.name} has failed for {_long(since, now)} and is disabled in {duration(left)}: {_last(one)}"
            fix = "Mend the receiver, or its address: " + _typed(one.project, "webhooks", "set", one.name, "--url URL")
            if _refused(one):
                fix = "Allow its host in the server's setting egress_allow, or give it another address: " + _typed(
                    one.project, "webhooks", "set", one.name, "--url URL"
                )
            yield Finding("webhooks", "warn", said, f"{fix}; then: {_typed(one.project, 'webhooks', 'test', one.name)}")


def _deliveries(found: "Attention", now: int, *, runs: bool) -> Iterator[Finding]:
    if not found.waiting:
        return
    many = count(sum(line.count for line in found.waiting), "delivery", "deliveries")
    since = _long(min(line.since for line in found.waiting), now)
    if runs:
        fix = "Look for deliveries_wait and delivery_waits in the server's log; a restart of the server loses nothing."
        yield Finding(
            "deliveries", "fail", f"The outbox stands still: {many} due, the first for {since}, none tried.", fix
        )
    else:
        yield Finding(
            "deliveries", "warn", f"{many} due, the first for {since}: no server runs here.", "Start one: runbell serve"
        )


def _schedules(found: "Attention", now: int, *, runs: bool) -> Iterator[Finding]:
    overdue = [one for one in found.timers if one.next_at is not None and one.next_at < now - OVERDUE]
    if overdue:
        named = f"{overdue[0].job}{f' and {len(overdue) - 1} more' if overdue[1:] else ''}"
        since = _long(overdue[0].next_at, now)
        if runs:
            fix = "Look for fire_failed and schedule_unreadable in the server's log, then restart the server."
            yield Finding("schedules", "fail", f"{named} should have fired {since} ago, and did not.", fix)
        else:
            said = f"{named} should have fired {since} ago; no server runs here."
            fix = "Start one: runbell serve. What was missed is made up for as `missed` of each schedule says."
            yield Finding("schedules", "warn", said, fix)
    for one in found.timers:
        yield from _of_one(one, now)


def _of_one(one: "Timer", now: int) -> Iterator[Finding]:
    last = one.last_at or one.anchor
    if one.on and one.paused and now - last >= LONG_PAUSE:
        word = "fired last" if one.last_at else "was set"
        fix = f"{_typed(one.project, 'schedule', 'resume', one.job)}, or end it: " + _typed(
            one.project, "schedule", "clear", one.job
        )
        yield Finding("schedules", "warn", f"That of {one.job} is paused; it {word} {_long(last, now)} ago.", fix)
    elif one.on and one.held and now - one.changed_at >= LONG_HOLD:
        said = f"{one.job} has been paused for {_long(one.changed_at, now)} or longer and its schedule goes on: what it"
        fix = f"{_typed(one.project, 'resume', one.job)}, or pause the schedule, too: " + _typed(
            one.project, "schedule", "pause", one.job
        )
        yield Finding("schedules", "warn", f"{said} starts is thrown away unrun in the end.", fix)
    elif one.on and not one.paused and one.next_at is None and one.last_at is None:
        said = f"That of {one.job} never fires: its moment had passed when it was set."
        yield Finding("schedules", "warn", said, "Set another: " + _typed(one.project, "schedule", "set", one.job))


def _missed(found: "Attention") -> Iterator[Finding]:
    for one in found.missed:
        many = count(one.count, "fire time")
        said = f"{one.job} missed {many} within a day, as the server was away or its clock jumped."
        fix = "What became of them: " + _typed(one.project, "ps", "--trigger schedule", f"--job {one.job}")
        yield Finding("schedules", "warn", said, fix)


def _refused(one: "Receiver") -> bool:
    """Whether it was not even tried, by the rules for addresses."""
    return one.status is None and one.error is not None and "egress_" in one.error


def _last(one: "Receiver") -> str:
    return one.error or (f"it answered {one.status}." if one.status is not None else "nothing was tried.")


def _again(one: "Receiver", since: int, now: int) -> str:
    hours = max(1, (now - since) // HOUR + 1)
    return (
        f"{_typed(one.project, 'webhooks', 'enable', one.name)}, then send what it missed: "
        f"{_typed(one.project, 'webhooks', 'replay', one.name, f'--since {hours}h')}"
    )


def _typed(project: str, *words: str) -> str:
    return " ".join(("runbell", *words, *(() if project == "default" else ("--project", project))))


def _long(at: int | None, now: int) -> str:
    return duration(max(0, now - (at or now)))


def _few(name: str, found: list[Finding]) -> list[Finding]:
    """The first of them, and how many more there are."""
    found.sort(key=lambda one: one.state != "fail")
    if len(found) <= SHOWN:
        return found
    return [*found[:SHOWN], Finding(name, "warn", f"… and {len(found) - SHOWN} more of these.")]
