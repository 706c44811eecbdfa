"""Times, durations and counts in words short enough for a column."""

from datetime import UTC, datetime


def duration(milliseconds: float | None) -> str:
    """`880 ms`, `1.2 s`, `2 m 05 s`, `3 h 07 m`; a dash when there is none."""
    if milliseconds is None:
        return "-"
    if milliseconds < 1_000:
        return f"{milliseconds:.0f} ms"
    seconds = milliseconds / 1_000
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, seconds = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} m {seconds:02d} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} m" if hours < 48 else f"{hours // 24} d {hours % 24} h"


def moment(text: str | None) -> datetime | None:
    """The time that an RFC 3339 text names."""
    return None if text is None else datetime.fromisoformat(text)


def ago(text: str | None, now: datetime | None = None) -> str:
    """`12 s ago`, `in 3 m`; a dash when there is no time."""
    then = moment(text)
    if then is None:
        return "-"
    seconds = ((now or datetime.now(UTC)) - then).total_seconds()
    size = abs(seconds)
    for unit, length in (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)):
        if size >= 2 * length or unit == "s":
            words = f"{size / length:.0f} {unit}"
            break
    return f"{words} ago" if seconds >= 0 else f"in {words}"


def between(start: str | None, end: str | None) -> str:
    """How long it was from one RFC 3339 time to another."""
    began, ended = moment(start), moment(end)
    return "-" if began is None or ended is None else duration((ended - began).total_seconds() * 1_000)


def count(number: int, thing: str, things: str = "") -> str:
    """`1 step`, `3 steps`."""
    return f"{number} {thing}" if number == 1 else f"{number} {things or thing + 's'}"
