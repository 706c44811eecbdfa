"""What the finished steps of an execution returned, by name: the values that fill-ins may name."""

from collections.abc import Iterable
from typing import Any

import msgspec

from runbell.domain.execution import StepExecution
from runbell.domain.restart import FINISHED


def results_of(rows: Iterable[StepExecution]) -> dict[str, Any]:
    """The results that are kept inline; of a step with scopes that of its last one."""
    return {
        row.name: msgspec.json.decode(row.result.inline)
        for row in rows
        if row.status in FINISHED and row.result is not None and row.result.inline is not None
    }
