"""Fill-ins: found once, filled in once, never evaluated."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbell.domain.fill_in import (
    LONGEST,
    FillInError,
    Filling,
    Given,
    ParameterValue,
    StepResult,
    fill_value,
    parse,
)


def a_filling(**values: Any) -> Filling:
    return Filling(**({"execution_id": "run_1", "execution_number": 7} | values))


def filled(text: str, **values: Any) -> str:
    return parse(text).fill(a_filling(**values))


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("{parameters.limit}", ParameterValue("limit")),
        ("{limit}", ParameterValue("limit")),
        ("{parameters.scope}", ParameterValue("scope")),
        ("{steps}", ParameterValue("steps")),
        ("{steps.read.result}", StepResult("read")),
        ("{steps.read.result.rows.0.id}", StepResult("read", ("rows", "0", "id"))),
        ("{steps.read the list-1.b.result.path}", StepResult("read the list-1.b", ("path",))),
        ("{scope}", Given("scope")),
        ("{workspace}", Given("workspace")),
        ("{execution.id}", Given("execution.id")),
        ("{execution.number}", Given("execution.number")),
    ],
)
def test_each_form_is_understood(text: str, reference: Any) -> None:
    assert parse(f"a {text}b").parts == ("a ", reference, "b")
    assert parse(text).references == (reference,)
    assert parse(reference.written).references == (reference,)


@pytest.mark.parametrize(
    "text",
    [
        *("{", "}", "a{b", "a}b", "{}", "{ limit }", "{a-b}", "{print $1}", "{{}", "{}}", "{a{b}}", "{1}", "{é}"),
        *("{steps.read}", "{steps.read.exit_status}", "{steps.result}", "{steps.read.result.}", "{steps..result}"),
        *("{execution.key}", "{secret.x}", "{parameters.}", "{parameters.a.b}"),
    ],
)
def test_a_brace_that_is_no_fill_in_is_refused_with_what_would_be(text: str) -> None:
    with pytest.raises(FillInError, match=r"is not a fill-in .* for a brace write"):
        parse(text)


def test_doubled_braces_are_braces() -> None:
    assert filled("awk {{print $1}} {limit}{{{limit}}}", parameters={"limit": 3}) == "awk {print $1} 3{3}"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("", ""),
        ("a b", "a b"),
        (5, "5"),
        (1.5, "1.5"),
        (True, "true"),
        (["a", 1, None], '["a",1,null]'),
        ({"é": {"b": False}}, '{"é":{"b":false}}'),
        (["\0"], '["\\u0000"]'),  # JSON writes it as an escape, which is a sound text
    ],
)
def test_a_value_fills_in_as_itself_or_as_json(value: Any, text: str) -> None:
    assert filled("<{x}>", parameters={"x": value}) == f"<{text}>"


def test_a_parameter_that_was_not_given_fills_in_as_nothing() -> None:
    assert filled("<{x}>") == "<>"


def test_what_the_house_knows_fills_in() -> None:
    text = "{execution.id} {execution.number} {workspace} {scope}"
    assert filled(text, workspace="/w", scope="EU") == "run_1 7 /w EU"


def test_a_path_goes_down_into_a_result() -> None:
    results = {"read": {"rows": [{"id": 4}, {"id": 5}], "0": "zero"}}
    assert filled("{steps.read.result.rows.1.id}", results=results) == "5"
    assert filled("{steps.read.result.0}", results=results) == "zero"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{steps.other.result}", "Step other has no result"),
        ("{steps.read.result.rows.2}", "The result.rows of step read holds no `2`"),
        ("{steps.read.result.rows.-1}", "holds no `-1`"),
        ("{steps.read.result.rows.x}", "holds no `x`"),
        ("{steps.read.result.name.x}", "The result.name of step read holds no `x`"),
        ("{steps.read.result.non}", "The result of step read holds no `non`"),
        ("{scope}", "There is no scope here"),
        ("{workspace}", "There is no workspace here"),
        ("{nul}", "NUL"),
        ("{half}", "surrogate"),
        ("{long}{long}", "longer than"),
    ],
)
def test_a_value_that_is_not_there_is_an_error_that_says_so(text: str, sentence: str) -> None:
    parameters = {"nul": "a\0b", "half": "\ud800", "long": "x" * (LONGEST // 2 + 1)}
    results = {"read": {"rows": [1, 2], "name": "x"}}
    with pytest.raises(FillInError, match=sentence):
        filled(text, parameters=parameters, results=results)


@given(st.text(), st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_a_filled_in_value_is_never_filled_in_again(before: str, value: str) -> None:
    plain = before.replace("{", "{{").replace("}", "}}")
    assert filled(plain + "{x}{y}", parameters={"x": "{y}{workspace}{{" + value, "y": "!"}) == (
        before + "{y}{workspace}{{" + value + "!"
    )


@given(st.text() | st.text("{}ab.steps result"))
def test_any_text_is_a_template_or_is_refused_in_order(text: str) -> None:
    try:
        template = parse(text)
    except FillInError as error:
        assert "not a fill-in" in str(error)
    else:
        assert "".join(part for part in template.parts if isinstance(part, str)).count("{") <= text.count("{{")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)) | st.just("{x}{y}"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)


@given(json_values, json_values)
def test_any_value_is_filled_in_or_refused_in_order(value: Any, x: Any) -> None:
    try:
        fill_value(value, a_filling(parameters={"x": x}))
    except FillInError as error:
        assert str(error)


class TestValues:
    """The parameters of a follow-up."""

    def test_a_text_that_is_one_fill_in_keeps_the_type(self) -> None:
        value = {"limit": "{limit}", "all": ["{limit}", "up to {limit}"], "when": {"day": "{day}"}}
        parameters = {"limit": 5, "day": None}
        assert fill_value(value, a_filling(parameters=parameters)) == {
            "limit": 5,
            "all": [5, "up to 5"],
            "when": {"day": None},
        }

    def test_a_result_keeps_its_type(self) -> None:
        rows = [{"id": 1}]
        assert fill_value("{steps.read.result.rows}", a_filling(results={"read": {"rows": rows}})) == rows

    def test_a_parameter_that_was_not_given_is_not_handed_on(self) -> None:
        assert fill_value({"a": "{x}", "b": ["{x}"], "c": "<{x}>"}, a_filling()) == {"b": [None], "c": "<>"}
        assert fill_value("{x}", a_filling()) is None

    def test_what_was_filled_in_is_not_filled_in_again(self) -> None:
        parameters = {"x": ["{y}"], "y": 1}
        assert fill_value({"a": "{x}"}, a_filling(parameters=parameters)) == {"a": ["{y}"]}

    def test_other_values_and_names_stay(self) -> None:
        value = json.loads('{"{x}": [1, 1.5, true, null, "", "{{x}}"]}')
        assert fill_value(value, a_filling()) == {"{x}": [1, 1.5, True, None, "", "{x}"]}
