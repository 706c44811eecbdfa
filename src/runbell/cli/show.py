"""`runbell show`: one execution with its steps, its error and the end of its log."""

import sys
from typing import TYPE_CHECKING

import msgspec

from runbell.cli.completing import ExecutionName
from runbell.cli.inert import inert, inert_json
from runbell.cli.lines import LineWriter
from runbell.cli.naming import execution_named
from runbell.cli.output import cell, put, put_members, put_table
from runbell.cli.phrases import ago, duration
from runbell.cli.reaching import HERE, Common
from runbell.cli.terminal import lively, paint, status_word

if TYPE_CHECKING:
    from runbell.client import Execution, LogLine, StepExecution

TAIL = 10
TITLES = ("STEP", "STATUS", "ATTEMPT", "TOOK", "EXIT", "")


def show(execution: ExecutionName, /, *, common: Common = HERE) -> int:
    """Show one execution: steps, error, end of the log."""
    with common.client() as client:
        one = client.execution(execution_named(client, execution))
        tail = list(client.logs(one.id, tail=TAIL)) if common.form == "table" else []
    put(common.form, one, lambda: _people(one, tail))
    return 0


def _people(one: "Execution", tail: "list[LogLine]") -> None:
    print(paint(f"{one.job} {one.number}", "1") + f"  {status_word(one.status)}")
    put_members(_members(one))
    print()
    put_table(TITLES, map(_row, one.steps), "It has no steps yet.")
    if one.error is not None:
        where = f"step {one.error.step}: " if one.error.step else ""
        print(f"\n{paint('Error', '31')}  {cell(where + one.error.detail)}")
    if tail:
        print(f"\n{paint('End of the log', '1')}")
        writer = LineWriter(colours=lively(sys.stdout))
        for line in tail:
            for text in writer.feed(line):
                print(text)
    if one.status in ("failed", "stopped", "lost"):
        print(f"\nWhole log: runbell logs {one.number}    go on from there: runbell restart {one.number}")


def _members(one: "Execution") -> list[tuple[str, str]]:
    exit_status = one.exit_status
    said = f"{exit_status.code} {exit_status.message}".strip() if exit_status else ""
    progress = one.progress
    of = f"/{progress.total:g}" if progress and progress.total else ""
    return [
        ("id", one.id),
        ("key", inert(one.key or "")),
        ("job version", str(one.job_version)),
        ("started by", inert(f"{one.trigger.kind}, {one.trigger.actor}") if one.trigger else ""),
        ("params", inert_json(msgspec.json.encode(one.params).decode()) if one.params else ""),
        ("tags", inert(", ".join(one.tags))),
        ("created", f"{one.created_at} ({ago(one.created_at)})"),
        ("starts after", one.start_after or "" if not one.started_at else ""),
        ("started", one.started_at or ""),
        ("ended", f"{one.ended_at} (after {duration(one.duration_ms)})" if one.ended_at else ""),
        ("progress", inert(f"{progress.done:g}{of} {progress.message}") if progress and not one.ended else ""),
        ("exit status", inert(said.replace("\n", " "))),
        ("result", _short(one.result)),
        ("rerun of", one.rerun_of or ""),
        ("restart of", one.restart_of or ""),
    ]


def _short(result: object) -> str:
    if result is None:
        return ""
    text = inert_json(msgspec.json.encode(result).decode())
    return text if len(text) <= 200 else f"{text[:200]}… (whole: -o json)"


def _row(step: "StepExecution") -> tuple[str, ...]:
    exit_status = step.exit_status
    which = step.name + (f" [{step.scope}]" if step.scope else "")
    message = exit_status.message if exit_status else ""
    code = exit_status.code if exit_status else None
    note = f"from {step.reused_from}" if step.reused_from else message
    return cell(which), status_word(step.status), str(step.attempt), duration(step.duration_ms), cell(code), inert(note)
