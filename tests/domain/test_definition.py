"""A definition becomes a job, with every default spelled out."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbell.domain.actions import Command, Python, Shell
from runbell.domain.definition import digest, read_job
from runbell.domain.faults import InvalidDefinition
from runbell.domain.job import (
    DAY_MS,
    FollowUp,
    FollowUpOn,
    Limits,
    OnLost,
    Parameter,
    ParameterType,
    Retention,
    Retry,
    Step,
    When,
    WhenFull,
)

from .definitions import EVERY_MEMBER, a_definition, problems_of, read, with_parameter, with_step


def test_a_name_and_one_step_are_enough() -> None:
    job = read({"job": "hello", "steps": [{"name": "greet", "command": ["echo", "Hello"]}]})
    assert (job.name, job.project, job.enabled, job.restart) == ("hello", "default", True, True)
    assert (job.limits, job.retention) == (Limits(), Retention())
    assert job.steps == (Step(name="greet", action=Command(("echo", "Hello"))),)


def test_every_member_arrives() -> None:
    job = read(EVERY_MEMBER)
    assert job.ids["des"] == "0b0f5c1e-3a3d-4a52-9a6d-0c1f5f6f9e21"
    assert (job.tags, job.scopes, job.env) == (("demo", "geo"), ("EU", "NA", "AS"), {"LANG": "C.UTF-8"})
    assert (job.require_key, job.restart) == (True, False)
    assert job.limits == Limits(
        running=1,
        when_full=WhenFull.REJECT,
        start_by_ms=DAY_MS,
        timeout_ms=7_200_000,
        grace_ms=10_000,
        priority=-3,
        log_bytes=1 << 20,
        when_paused="reject",
    )
    assert job.retention == Retention(executions_ms=9 * DAY_MS, logs_ms=3 * DAY_MS, data_ms=DAY_MS, count=5)
    then = FollowUp(
        job="airport-report", on=FollowUpOn.ENDED, parameters={"limit": "{parameters.limit}", "all": [1, None]}
    )
    assert job.then == (then,)


def test_every_member_of_a_step_arrives() -> None:
    steps = {step.name: step for step in read(EVERY_MEMBER).steps}
    assert steps["read"] == Step(
        name="read",
        action=Python("airports.read:main"),
        title="Read the list",
        description="The list is public.",
        type="ExecuteScriptModule",
        info="airports.py#main",
        rule={"type": "COUNT", "lower": 0, "upper": 10},
        retry=Retry(attempts=3, delay_ms=2_000, factor=1.5, max_ms=60_000),
        timeout_ms=300_000,
        on_lost=OnLost.RERUN,
    )
    assert isinstance(steps["load"].action, Shell)
    assert (steps["load"].exit_codes, steps["load"].continue_on_error) == ({0: "OK", 3: "WARN"}, True)
    assert (steps["quality"].for_each, steps["quality"].at_once) == (("EU", "NA"), 2)
    assert (steps["each"].for_each, steps["tidy"].stage, steps["undo"].when) == ("scopes", "load", When.FAILED)


def test_a_step_needs_the_one_above_unless_it_says_otherwise() -> None:
    assert [step.needs for step in read(EVERY_MEMBER).steps] == [
        (),
        ("read",),
        ("tidy",),
        (),
        ("load", "quality"),
        ("each",),
    ]


def test_a_step_may_need_one_further_down() -> None:
    first = {"name": "first", "shell": "true", "needs": ["second"]}
    job = read(a_definition(steps=[first, {"name": "second", "shell": "true", "needs": []}]))
    assert job.steps[0].needs == ("second",)


def test_parameters_keep_their_order_and_their_coerced_bounds() -> None:
    parameters = read(EVERY_MEMBER).parameters
    assert [parameter.name for parameter in parameters] == ["source", "country", "limit", "mode", "since"]
    assert parameters[1] == Parameter(
        name="country", type=ParameterType.TEXT, pattern="[A-Z]{2}", nullable=True, default=None
    )
    assert (parameters[2].min, parameters[2].max, parameters[2].indexed) == (1, 1000000, True)
    assert parameters[4].min == "2020-01-01T00:00:00.000Z"


def test_a_default_is_kept_in_the_parameters_own_form() -> None:
    assert read(with_parameter(type="decimal", default=1.50)).parameters[0].default == "1.5"


def test_the_address_names_the_job_that_does_not_name_itself() -> None:
    definition = a_definition()
    del definition["job"]
    job = read_job(definition, name="load", project="finance")
    assert (job.name, job.project) == ("load", "finance")


@pytest.mark.parametrize(("address", "member"), [({"name": "other"}, "job"), ({"project": "other"}, "project")])
def test_a_definition_that_contradicts_its_address_is_refused(address: dict[str, str], member: str) -> None:
    definition = a_definition(project="default")
    assert problems_of(definition, **address)[f"/{member}"][0] == "differs"


def test_an_address_that_is_no_name_is_refused() -> None:
    assert problems_of(a_definition(job="a b"), name="a b")["/job"][0] == "pattern"


def test_takes_job_is_for_those_who_are_trusted() -> None:
    definition = with_step(python="airports:main", takes_job=True)
    assert problems_of(definition)["/steps/0/takes_job"][0] == "unknown_field"
    assert read_job(definition, trusted_python=True).steps[0].action == Python("airports:main", takes_job=True)


def test_all_problems_are_said_at_once() -> None:
    found = problems_of({"jobb": "x", "limits": {"running": 0}, "steps": [{"name": "a", "neds": []}], "then": [{}]})
    assert set(found) == {"", "/jobb", "/limits/running", "/steps/0", "/steps/0/neds", "/then/0"}


def test_a_flood_of_problems_is_cut_at_a_hundred() -> None:
    with pytest.raises(InvalidDefinition) as caught:
        read_job({f"member{number}": 1 for number in range(5_000)})
    assert len(caught.value.problems) == 100


def test_the_sentence_names_the_job() -> None:
    with pytest.raises(InvalidDefinition, match="Job load cannot be run as written: 1 problem"):
        read_job(a_definition(titel="x"))


def test_the_digest_is_of_the_content() -> None:
    turned = dict(reversed(EVERY_MEMBER.items()))
    assert digest(turned) == digest(EVERY_MEMBER)
    assert digest(a_definition(title="x")) != digest(a_definition())


def test_the_order_of_the_form_is_content() -> None:
    first, second = {"a": {"type": "int"}}, {"b": {"type": "int"}}
    assert digest(a_definition(parameters=first | second)) != digest(a_definition(parameters=second | first))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)


@given(json_values)
def test_whatever_is_no_definition_is_refused_in_order(value: Any) -> None:
    assert problems_of(value)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container with every key of it, all the way down."""
    for key in value if isinstance(value, dict) else range(len(value)):
        yield value, key
        if isinstance(value[key], dict | list):
            yield from places(value[key])


@given(st.data(), json_values)
def test_a_definition_with_anything_anywhere_is_a_job_or_is_refused_in_order(data: st.DataObject, value: Any) -> None:
    definition = deepcopy(EVERY_MEMBER)
    container, key = data.draw(st.sampled_from(list(places(definition))))
    container[key] = value
    found = problems_of(definition)
    assert all(detail for _, detail in found.values())
