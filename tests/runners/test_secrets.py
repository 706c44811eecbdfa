"""A step with secrets: it gets them in its environment, and nothing that it says shows them."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from runbell.domain.outcome import Failed, Succeeded
from runbell.ports.runner import InnerStep, Progressed
from tests.runners.workplace import Workplace, names_in, result_of, text_of

pytestmark = pytest.mark.anyio
SECRET = "hunter2-Pä$$w0rd/x"
KNOWN: dict[str, Any] = {"secrets": {"PW": SECRET}, "veiled": (SECRET,)}


async def test_it_is_in_the_environment_and_masked_in_the_log(place: Workplace) -> None:
    order = place.order(script='echo "a $PW b"; printf %s "$PW" | base64; echo "$PW" >&2', **KNOWN)
    assert isinstance(await place.run(order), Succeeded)
    shown = text_of(order)
    assert "a *** b\n" in shown
    assert text_of(order, "err") == "***\n"
    assert base64.b64encode(SECRET.encode()).decode()[:12] not in shown


async def test_it_is_masked_when_it_comes_in_two_writes(place: Workplace) -> None:
    script = 'printf %s "${PW%w0rd/x}"; sleep 0.7; printf "%s\\n" w0rd/x; printf "%s\\n" end'
    order = place.order(script=script, **KNOWN)
    await place.run(order)
    assert text_of(order) == "***\nend\n"


async def test_the_next_step_of_the_hand_has_it_no_more_and_is_not_masked(place: Workplace) -> None:
    await place.run(script="true", **KNOWN)
    order = place.order(script=f"echo ${{PW-none}} '{SECRET}'")
    await place.run(order)
    assert text_of(order) == f"none {SECRET}\n"


async def test_error_exit_status_result_and_progress_are_masked(place: Workplace) -> None:
    script = """
        printf 'E-%s it was %s' "$PW" "$PW" > "$RUNBELL_EXIT_STATUS"
        printf '{"a": ["x %s"]}' "$PW" > "$RUNBELL_RESULT"
        echo "1/2 at $PW" >> "$RUNBELL_PROGRESS"; sleep 1.2; echo "the $PW"; exit 3
    """
    outcome = await place.run(script=script, **KNOWN)
    assert isinstance(outcome, Failed)
    assert (outcome.error.code, outcome.error.detail) == ("E-***", "it was ***")
    assert outcome.error.log_tail == ("the ***",)
    assert result_of(outcome) == {"a": ["x ***"]}
    assert [note.progress.message for note in place.notes if isinstance(note, Progressed)] == ["at ***"]


async def test_a_large_result_is_masked_in_its_file(place: Workplace) -> None:
    script = 'python3 -c "import os; print([os.environ[\'PW\']] * 50000)" | tr "\'" \'"\' > "$RUNBELL_RESULT"'
    order = place.order(script=script, **KNOWN)
    outcome = await place.run(order)
    assert isinstance(outcome, Succeeded)
    assert outcome.result is not None
    kept = (Path(order.home) / "results" / (outcome.result.file or "")).read_text()
    assert json.loads(kept) == ["***"] * 50_000


async def test_a_program_that_cannot_be_started_is_named_without_it(place: Workplace) -> None:
    outcome = await place.run(argv=(f"/no/{SECRET}",), **KNOWN)
    assert isinstance(outcome, Failed)
    assert "/no/***" in outcome.error.detail


async def test_parameters_lie_in_memory_and_every_process_of_the_step_can_read_them(place: Workplace) -> None:
    params = {"token": SECRET, "big": {"a": 1}, "long": SECRET * 2_000}
    script = 'cat "$RUNBELL_PARAMS" > got; cat "$RUNBELL_PARAM_LONG_FILE" > long;'
    script += " sh -c 'cat \"$RUNBELL_PARAM_BIG_FILE\"' > big"
    order = place.order(
        script=script + '; case "$RUNBELL_PARAMS" in /proc/*) ;; *) exit 1;; esac', params=params, veiled=(SECRET,)
    )
    assert isinstance(await place.run(order), Succeeded)
    workspace = Path(order.home) / "workspace"
    assert json.loads((workspace / "got").read_text()) == params
    assert json.loads((workspace / "big").read_text()) == {"a": 1}
    assert (workspace / "long").read_text() == SECRET * 2_000
    before = len(names_in(f"/proc/{place.hand.process.pid}/fd"))
    for _ in range(3):
        await place.run(script="true", params=params, veiled=(SECRET,))
        await place.run(argv=("/no/such/program",), params=params, veiled=(SECRET,))
    assert len(names_in(f"/proc/{place.hand.process.pid}/fd")) == before


async def test_nothing_of_a_python_step_shows_it(place: Workplace) -> None:
    place.module(
        "jobs",
        """
import os
from runbell import Context, Secret, job, step

@step
def inner(token):
    return {"token": token}

@step
def breaks(token):
    raise ValueError("inner " + token)

@job
def load(ctx: Context, token: Secret):
    assert isinstance(token, Secret) and repr(token) == "Secret('***')"
    print("env", os.environ["PW"], token)
    ctx.exit_status("WARN", f"said {token}")
    inner(token)
    try:
        breaks(token)
    except ValueError:
        pass
    if os.environ.get("BREAK"):
        raise RuntimeError("outer " + token)
    return [token]
""",
    )
    known: dict[str, Any] = {**KNOWN, "target": "jobs:load", "takes_job": True, "params": {"token": SECRET}}
    order = place.order(**known)
    outcome = await place.run(order)
    assert isinstance(outcome, Succeeded), outcome
    assert (outcome.exit_status.message, result_of(outcome)) == ("said ***", ["***"])
    assert text_of(order) == "env *** ***\n"
    steps = [note.step for note in place.notes if isinstance(note, InnerStep)]
    assert [step.result.inline for step in steps if step.result] == ['{"token":"***"}']
    assert [step.error.detail for step in steps if step.error] == ["ValueError: inner ***"]
    order = place.order(**known, env={"BREAK": "1"})
    failed = await place.run(order)
    assert isinstance(failed, Failed)
    assert failed.error.detail == "RuntimeError: outer ***"
    assert SECRET not in text_of(order) + repr(failed) + repr(place.notes)
