"""Times as people type them: a moment, or so long ago."""

from datetime import UTC, datetime, timedelta

from runbell.cli.trouble import Refusal
from runbell.domain.durations import duration_ms


def moment(option: str, text: str) -> str:
    """The moment that is meant, RFC 3339 in UTC with milliseconds. Raises Refusal, which names the option."""
    try:
        then = datetime.now(UTC) - timedelta(milliseconds=duration_ms(text))
    except ValueError:
        try:
            then = datetime.fromisoformat(text)
        except ValueError:
            raise Refusal(f"{option} {text}: give a time (2031-04-07T02:00:00Z) or a duration (90s 2h 3d).") from None
    return then.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
