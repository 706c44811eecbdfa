"""Cron lines as cronsim reads them, without its time zones: what a fold and a gap mean stands in `domain/firing.py`."""

from collections.abc import Iterator
from datetime import datetime

from cronsim import CronSim, CronSimError


def local_times(line: str, after: datetime) -> Iterator[datetime]:
    """Implements `ports.cron.Cron`."""
    try:
        return CronSim(line, after)
    except CronSimError as refusal:
        raise ValueError(f"this line names no time that ever comes ({refusal})") from None
