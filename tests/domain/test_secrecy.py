"""What a definition may say about secrets, and where they must not be handed over."""

from typing import Any

import pytest

from runbell.domain.definition import read_job
from runbell.domain.faults import InvalidDefinition, InvalidParams
from runbell.domain.parameters import coerce
from runbell.domain.secrecy import as_sealed, handed_over_openly, sealed_text
from tests.domain.definitions import a_definition


def a_job(name: str = "load", **members: Any) -> Any:
    return read_job(a_definition(job=name, **members))


def refused(**members: Any) -> dict[str, str]:
    with pytest.raises(InvalidDefinition) as refusal:
        a_job(**members)
    return {problem.pointer: problem.detail for problem in refusal.value.problems}


TOKEN = {"token": {"type": "text", "secret": True}}


def test_a_job_names_secrets_and_has_secret_parameters() -> None:
    job = a_job(secrets={"DB_PASSWORD": "warehouse.password"}, parameters={**TOKEN, "day": {"type": "date"}})
    assert job.secrets == {"DB_PASSWORD": "warehouse.password"}
    assert job.secret_parameters == ("token",)


@pytest.mark.parametrize(
    ("secrets", "pointer", "said"),
    [
        ({"DB": "no blanks"}, "/secrets/DB", "name of a secret"),
        ({"DB": 7}, "/secrets/DB", "name of a secret"),
        ({"DB": ".x"}, "/secrets/DB", "name of a secret"),
        ({"2DB": "a"}, "/secrets/2DB", "letters, digits"),
        ({"RUNBELL_X": "a"}, "/secrets/RUNBELL_X", "set by runbell"),
        ({"LANG": "a"}, "/secrets/LANG", "in `env` too"),
        ({f"V{n}": "a" for n in range(51)}, "/secrets", "at most 50"),
        (["a"], "/secrets", "expected an object"),
    ],
)
def test_a_wrong_name_is_refused(secrets: Any, pointer: str, said: str) -> None:
    assert said in refused(secrets=secrets, env={"LANG": "C"})[pointer]


@pytest.mark.parametrize(
    ("rules", "pointer", "said"),
    [
        ({"type": "int"}, "secret", "only a `text`"),
        ({"type": "text", "indexed": True}, "indexed", "never searched for"),
        ({"type": "text", "default": "hunter2"}, "default", "would see it"),
    ],
)
def test_what_would_show_a_secret_parameter_is_refused(rules: dict[str, Any], pointer: str, said: str) -> None:
    found = refused(parameters={"token": {"secret": True, **rules}})
    assert said in found[f"/parameters/token/{pointer}"]


@pytest.mark.parametrize("default", ["", None])
def test_an_empty_default_shows_nothing(default: str | None) -> None:
    job = a_job(parameters={"token": {"type": "text", "secret": True, "nullable": True, "default": default}})
    assert coerce(job.parameters, {}) == {"token": default}


@pytest.mark.parametrize("value", [1234.5, 991234, ["hunter2"], {"a": "hunter2"}, "hunter2\0", "hunter2" * 9])
def test_a_refusal_of_a_secret_value_does_not_repeat_it(value: Any) -> None:
    job = a_job(parameters={"token": {"type": "text", "secret": True, "max_length": 20, "pattern": "[a-z0-9]+"}})
    with pytest.raises(InvalidParams) as refusal:
        coerce(job.parameters, {"token": value})
    said = refusal.value.detail + "".join(problem.detail for problem in refusal.value.problems)
    assert "hunter2" not in said
    assert "1234" not in said


def test_a_sealed_value_is_told_from_all_others() -> None:
    assert sealed_text(as_sealed("rbv1.x.y")) == "rbv1.x.y"
    for other in ("rbv1.x.y", None, {}, {"$sealed": 1}, {"$sealed": "a", "b": 1}, ["$sealed"]):
        assert sealed_text(other) is None


def test_a_secret_goes_only_into_a_secret_parameter_of_a_follow_up() -> None:
    giver = a_job(parameters={**TOKEN, "day": {"type": "text"}})
    taker = a_job("report", parameters={**TOKEN, "note": {"type": "json"}})
    openly = {"note": {"deep": ["Bearer {token}"]}}
    assert [code for _, code, _ in handed_over_openly(giver, openly, taker)] == ["secret_shown"]
    assert list(handed_over_openly(giver, {"token": "Bearer {parameters.token}", "note": "{day}"}, taker)) == []


def test_the_value_of_a_secret_parameter_is_not_written_in_a_definition() -> None:
    taker = a_job("report", parameters=TOKEN)
    assert [code for _, code, _ in handed_over_openly(a_job(), {"token": "hunter2"}, taker)] == ["secret_written"]
    assert list(handed_over_openly(a_job(), {"token": ""}, taker)) == []
    assert list(handed_over_openly(a_job(), {"day": "open"}, a_job("other"))) == []
