"""A plan for people: what would happen, with which parameters, and what would run."""

from typing import TYPE_CHECKING, Any

import msgspec

from runbell.cli.inert import inert, inert_json
from runbell.cli.output import put, put_members, put_table
from runbell.cli.phrases import duration
from runbell.cli.terminal import paint
from runbell.cli.trouble import FAULT

if TYPE_CHECKING:
    from runbell.client import Plan
    from runbell.client.insights import Difference

WORDS = {"start": "would start now", "queue": "would wait", "reject": "would be refused", "replay": "was sent before"}
COLOURS = {"start": "32", "queue": "33", "reject": "31", "replay": "36"}


def put_plan(plan: "Plan", form: str) -> int:
    """Print a plan; answers the exit code: 1 when the start would be refused, else 0."""
    put(form, plan, lambda: _people(plan))
    return FAULT if plan.would == "reject" else 0


def put_differences(differences: "tuple[Difference, ...]", nothing: str) -> None:
    """Print members that differ, with both values."""
    rows = [(inert(each.pointer or "/"), shown(each.before), shown(each.after)) for each in differences]
    put_table(("WHAT", "BEFORE", "AFTER"), rows, nothing)


def shown(value: Any) -> str:
    """A value as short JSON; a dash for what is not there."""
    if value is msgspec.UNSET:
        return "-"
    text = inert_json(msgspec.json.encode(value).decode())
    return text if len(text) <= 60 else f"{text[:60]}…"


def _people(plan: "Plan") -> None:
    print(f"{paint(plan.job, '1')}  {paint(WORDS.get(plan.would, plan.would), COLOURS.get(plan.would, '0'))}")
    known = plan.expected_duration_ms
    put_members(
        [
            ("why", inert(f"{plan.why} ({plan.code})" if plan.code else plan.why)),
            ("job version", str(plan.job_version)),
            ("starts", plan.expected_start or "" if plan.would == "queue" else ""),
            ("usually takes", f"{duration(known.p50)}, at most {duration(known.p95)}" if known else ""),
            ("execution", inert((plan.execution or "").rpartition("/")[2])),
            ("reuses", inert(", ".join(plan.reused_steps or ()))),
            ("runs", inert(", ".join(plan.rerun_steps or ()))),
        ]
    )
    if plan.params:
        print()
        rows = [(inert(name), shown(each.value), each.source) for name, each in plan.params.items()]
        put_table(("PARAMETER", "VALUE", "FROM"), rows, "")
    if plan.diff:
        print()
        put_differences(plan.diff, "")
