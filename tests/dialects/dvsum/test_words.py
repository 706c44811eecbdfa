"""The words of the DvSum door are total, and an ended execution never shows one that a client would poll on."""

from pathlib import Path
from typing import Any

import pytest

from runbell.dialects.dvsum import wire, words
from runbell.dialects.dvsum.return_codes import of_rule
from runbell.domain.actions import Command, Task
from runbell.domain.definition_check import TYPES
from runbell.domain.execution import Error, Execution, StepExecution, Trigger
from runbell.domain.job import Job, Step
from runbell.domain.outcome import Failed, Succeeded
from runbell.domain.status import ExitStatus, Status, StepStatus
from tests.builders import NOON
from tests.dialects.visiting import a_dialect_visit

pytestmark = pytest.mark.anyio


def test_every_status_has_a_word() -> None:
    assert set(words.STATUS) == set(words.EXIT_CODE) == set(Status)
    assert set(words.RULE_STATUS) == set(StepStatus)
    polled = {words.STATUS[status] for status in Status if not status.terminal}
    assert {words.STATUS[status] for status in Status if status.terminal}.isdisjoint(polled)
    assert [status for status in Status if words.EXIT_CODE[status] is None] == [s for s in Status if not s.terminal]


def an_execution(status: Status, **members: Any) -> Execution:
    plain = {
        "number": 7, "id": "x", "key": None, "project": "default", "job": "load", "job_version": 1, "revision": 1,
        "epoch": 0, "params": {}, "trigger": Trigger("api", "key:loader", "dvsum"), "created_at": NOON,
    }  # fmt: skip
    return Execution(status=status, **(plain | members))


@pytest.mark.parametrize(
    ("status", "members", "word", "code"),
    [
        (Status.SCHEDULED, {}, "Scheduled", None),
        (Status.QUEUED, {}, "Queued", None),
        (Status.RUNNING, {}, "Running", None),
        (Status.STOPPING, {}, "Stopping", None),
        (Status.SUCCEEDED, {}, "Completed", "OK"),
        (Status.SUCCEEDED, {"exit_status": ExitStatus("WARN")}, "Completed", "WARN"),
        (Status.FAILED, {}, "Failed", "ERROR"),
        (Status.FAILED, {"error": Error(code="TIMEOUT", detail="Too long.")}, "Failed", "TIMEOUT"),
        (Status.STOPPED, {}, "Stopped", "STOPPED"),
        (Status.DISCARDED, {"exit_status": ExitStatus("X")}, "Discarded", "DISCARDED"),
        (Status.LOST, {"error": Error(code="WORKER_LOST", detail="Gone.")}, "Failed", "LOST"),
    ],
)
def test_an_execution_shows_its_word_and_its_exit_code(
    status: Status, members: dict[str, Any], word: str, code: str | None
) -> None:
    job = Job(name="load", steps=())
    told = wire.details(an_execution(status, **members), job, [], job_id=5, gateway="cloud", now=NOON)
    assert (told.status, told.exit_code, told.is_finished) == (word, code, status.terminal)
    assert (told.gateway_type, told.result, told.duration_ms) == ("CLOUD", None, None)


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("api", ("API", "loader")), ("schedule", ("SCHEDULE", None)), ("job", ("JOB", None)),
        ("console", ("MANUAL", "loader")), ("cli", ("MANUAL", "loader")), ("rerun", ("MANUAL", "loader")),
        ("restart", ("MANUAL", "loader")),
    ],
)  # fmt: skip
def test_it_says_how_and_by_whom_it_was_started(kind: str, told: tuple[str, str | None]) -> None:
    execution = an_execution(Status.QUEUED, trigger=Trigger(kind, "key:loader", "native"))
    shown = wire.details(execution, Job(name="load", steps=()), [], job_id=5, gateway="on_prem", now=NOON)
    assert (shown.trigger_type, shown.triggered_by) == told


@pytest.mark.parametrize(
    ("status", "code", "began", "exceptions", "word"),
    [
        (StepStatus.PENDING, None, False, 0, "Valid"),
        (StepStatus.SKIPPED, None, False, 0, "Valid"),
        (StepStatus.RUNNING, None, True, 0, "Running"),
        (StepStatus.WAITING, "FAILED", True, 0, "Running"),
        (StepStatus.SUCCEEDED, "OK", True, 0, "Passed"),
        (StepStatus.REUSED, None, True, 0, "Passed"),
        (StepStatus.SUCCEEDED, "OK", True, 3, "Exception"),
        (StepStatus.REUSED, "OK", True, 3, "Exception"),
        (StepStatus.SUCCEEDED, "matched", True, 3, "Matched"),
        (StepStatus.SUCCEEDED, "MODIFIED", True, 0, "Modified"),
        (StepStatus.SUCCEEDED, "Committed", True, 0, "Committed"),
        (StepStatus.SUCCEEDED, "EXCEPTION", True, 0, "Exception"),
        (StepStatus.FAILED, "INVALID", True, 0, "Invalid"),
        (StepStatus.FAILED, "ERROR", False, 0, "Invalid"),
        (StepStatus.FAILED, "NOT_STARTED", True, 0, "Invalid"),
        (StepStatus.FAILED, "ERROR", True, 3, "Failed"),
        (StepStatus.STOPPED, None, True, 0, "Failed"),
        (StepStatus.LOST, None, True, 0, "Failed"),
    ],
)
def test_a_rule_shows_the_vendors_word(
    status: StepStatus, code: str | None, began: bool, exceptions: int, word: str
) -> None:
    assert words.rule_status(status, code, began=began, exceptions=exceptions) == word


@pytest.mark.parametrize(
    ("rules", "result"),
    [
        ([], None),
        ([(StepStatus.SKIPPED, "Valid")], None),
        ([(StepStatus.SUCCEEDED, "Passed"), (StepStatus.SKIPPED, "Valid")], "Passed"),
        ([(StepStatus.SUCCEEDED, "Matched")], "Passed"),
        ([(StepStatus.SUCCEEDED, "Passed"), (StepStatus.SUCCEEDED, "Exception")], "Exception"),
        ([(StepStatus.SUCCEEDED, "Exception"), (StepStatus.FAILED, "Failed")], "Failed"),
        ([(StepStatus.FAILED, "Failed"), (StepStatus.FAILED, "Invalid")], "Invalid"),
    ],
)
def test_the_result_is_the_worst_of_the_rules_that_ran(rules: list[tuple[StepStatus, str]], result: str | None) -> None:
    assert words.result(rules) == result


def test_a_check_has_the_type_of_its_rules_unless_it_declares_one() -> None:
    def type_of(*kinds: str, **said: Any) -> str | None:
        rules = [{"name": f"{n}", "type": kind, "column": "x", "query": "q"} for n, kind in enumerate(kinds)]
        task = Task(kind="check", body={"check": {"rules": rules}})
        return words.type_of(Step(name="a", action=task, **said))

    assert set(words.CHECKED) == set(TYPES)
    assert set(words.CHECKED.values()) <= set(words.RULE_TYPES)
    assert type_of("unique", "unique") == "UNIQUENESS"
    assert type_of("unique", "blanks") is None
    assert type_of("unique", rule={"type": "Integrity Check"}) == "INTEGRITY CHECK"


@pytest.mark.parametrize(
    ("said", "shown"), [(None, None), ("", None), ("blanks", "BLANKS"), ("COUNT", "COUNT"), ("My own", "My own")]
)
def test_a_rule_type_is_spelled_as_the_vendor_does(said: str | None, shown: str | None) -> None:
    assert words.rule_type(said) == shown


@pytest.mark.parametrize(
    ("exceptions", "bounds", "code"),
    [
        (0, None, 0), (1, None, -1), (0, {"lower": 0, "upper": 10}, 0), (1, {"lower": 0, "upper": 10}, -1),
        (10, {"lower": 0, "upper": 10}, -1), (11, {"lower": 0, "upper": 10}, -2), (4, {"lower": 5, "upper": 10}, 0),
        (5, {"lower": 5, "upper": 10}, -1), (99, {"lower": 5}, -1), (4, {"upper": 3}, -2),
    ],
)  # fmt: skip
def test_the_return_code_of_a_rule(exceptions: int, bounds: dict[str, Any] | None, code: int) -> None:
    assert of_rule(exceptions, bounds) == code


def test_only_the_latest_attempt_of_a_step_and_scope_is_a_rule() -> None:
    def row(name: str, scope: str | None, attempt: int, status: StepStatus) -> StepExecution:
        return StepExecution(name=name, kind="command", scope=scope, attempt=attempt, status=status)

    rows = [
        row("a", "eu", 1, StepStatus.FAILED), row("a", "eu", 2, StepStatus.SUCCEEDED),
        row("a", "us", 1, StepStatus.SUCCEEDED), row("b", None, 1, StepStatus.RUNNING),
    ]  # fmt: skip
    step = Step(name="a", title="The first", action=Command(("true",)), rule={"type": "blanks"}, for_each="scopes")
    job = Job(name="load", steps=(step,))
    told = [wire.rule(step, job) for step in wire.latest_of(rows)]
    assert [(rule.rule_id, rule.rule_name, rule.rule_type, rule.rule_status) for rule in told] == [
        ("a:eu", "The first", "BLANKS", "Passed"), ("a:us", "The first", "BLANKS", "Passed"),
        ("b", "b", None, "Running"),
    ]  # fmt: skip


async def test_a_failure_is_told_with_its_rule_its_code_and_its_message(tmp_path: Path) -> None:
    async with a_dialect_visit(tmp_path, "dvsum", gateway="cloud") as visit:
        steps = ({"name": "a", "command": ["true"], "title": "First", "rule": {"type": "count"}}, "b", "c")
        await visit.defined("load", *steps, ids={"dvsum": 5})
        visit.house.script.plays["a"].append(lambda _: Succeeded(ExitStatus("MATCHED", "12 of 12")))
        visit.house.script.plays["b"].append(lambda _: Failed(Error(code="BAD_FILE", detail="No such file.")))
        number = (await visit.call.post("/integration/jobs/5/execute")).json["execution_id"]
        await visit.house.until(await visit.execution(number))
        told = (await visit.call.get(f"/integration/jobs/{number}/details")).json
        assert (told["status"], told["result"], told["gateway_type"]) == ("Failed", "Failed", "CLOUD")
        assert (told["exit_code"], told["message"]) == ("BAD_FILE", "No such file.")
        assert [tuple(rule[name] for name in ("rule_name", "rule_type", "rule_status", "exit_code", "message"))
                for rule in told["rules"]] == [
            ("First", "COUNT", "Matched", "MATCHED", "12 of 12"),
            ("b", None, "Failed", "BAD_FILE", "No such file."),
            ("c", None, "Valid", None, ""),
        ]  # fmt: skip


async def test_a_job_says_its_own_gateway(tmp_path: Path) -> None:
    async with a_dialect_visit(tmp_path, "dvsum", serving=False) as visit:
        await visit.defined(ids={"dvsum": 5}, dialects={"dvsum": {"gateway": "cloud"}})
        number = (await visit.call.post("/integration/jobs/5/execute")).json["execution_id"]
        assert (await visit.call.get(f"/integration/jobs/{number}/details")).json["gateway_type"] == "CLOUD"


async def test_a_stop_asked_for_elsewhere_shows_as_stopped_or_discarded(tmp_path: Path) -> None:
    from runbell.operations import stop
    from runbell.ports.store import Ref
    from tests.house_of_cards import ADMIN

    async with a_dialect_visit(tmp_path, "dvsum") as visit:
        await visit.defined(ids={"dvsum": 5})
        visit.house.script.held.add("a")
        numbers = [(await visit.call.post("/integration/jobs/5/execute")).json["execution_id"] for _ in range(2)]
        await visit.house.until_running("a")
        for number in reversed(numbers):
            await stop.stop(visit.ports, ADMIN, Ref(number=number), "graceful", "")
            await visit.house.until(await visit.execution(number))
        told = [(await visit.call.get(f"/integration/jobs/{number}/details")).json for number in numbers]
        assert [(one["status"], one["exit_code"], one["is_finished"]) for one in told] == [
            ("Stopped", "STOPPED", True), ("Discarded", "DISCARDED", True),
        ]  # fmt: skip
        assert (told[1]["start_time"], told[1]["duration_ms"]) == (None, None)
