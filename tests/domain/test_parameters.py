"""The parameters of a start: each type's rule, required and nullable apart, all problems at once."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbell.domain.fault import Problem
from runbell.domain.faults import InvalidParams
from runbell.domain.job import Parameter, ParameterType
from runbell.domain.parameters import LARGEST_BYTES, coerce

MOST = 2**63 - 1


def a_parameter(kind: str = "text", name: str = "x", **rules: Any) -> Parameter:
    return Parameter(**({"name": name, "type": ParameterType(kind)} | rules))


def one(kind: str, value: Any, *, texts: bool = False, **rules: Any) -> Any:
    return coerce([a_parameter(kind, **rules)], {"x": value}, texts=texts)["x"]


def problems_of(declared: list[Parameter], params: dict[str, Any], **how: Any) -> tuple[Problem, ...]:
    with pytest.raises(InvalidParams) as caught:
        coerce(declared, params, **how)
    return caught.value.problems


TAKEN: list[tuple[str, Any, Any]] = [
    ("text", "a\nb", "a\nb"),
    ("text", "", ""),
    ("int", 5, 5),
    ("int", "-5", -5),
    ("int", "007", 7),
    ("int", MOST, MOST),
    ("int", str(-MOST - 1), -MOST - 1),
    ("decimal", "1.50", "1.5"),
    ("decimal", 1.5, "1.5"),
    ("decimal", 0.1, "0.1"),
    ("decimal", 100, "100"),
    ("decimal", 2**64, str(2**64)),
    ("decimal", "+1e3", "1000"),
    ("decimal", ".5", "0.5"),
    ("decimal", "5.", "5"),
    ("decimal", "-0.00", "0"),
    ("decimal", 1e-7, "0.0000001"),
    ("decimal", "0." + "1" * 99, "0." + "1" * 99),
    ("bool", True, True),
    ("bool", False, False),
    ("date", "2032-02-29", "2032-02-29"),
    ("datetime", "2031-04-07T02:00:00Z", "2031-04-07T02:00:00.000Z"),
    ("datetime", "2031-04-07t02:00:00.1239z", "2031-04-07T02:00:00.123Z"),
    ("datetime", "2031-04-07 02:00:00.5+02:00", "2031-04-07T00:00:00.500Z"),
    ("datetime", "0001-01-01T00:00:00-01:00", "0001-01-01T01:00:00.000Z"),
    ("json", {"a": [1, None, {"b": 1.5}]}, {"a": [1, None, {"b": 1.5}]}),
]


@pytest.mark.parametrize(("kind", "value", "kept"), TAKEN)
def test_a_value_that_fits_is_kept_in_one_form(kind: str, value: Any, kept: Any) -> None:
    assert one(kind, value) == kept
    assert type(one(kind, value)) is type(kept)
    assert one(kind, kept) == kept


REFUSED: list[tuple[str, Any, str]] = [
    ("text", 5, "wrong_type"),
    ("text", None, "not_null"),
    ("text", "a\0b", "bad_text"),
    ("text", "a\ud800b", "bad_text"),
    ("int", True, "wrong_type"),
    ("int", 5.0, "wrong_type"),
    ("int", "5.0", "wrong_type"),
    ("int", " 5", "wrong_type"),
    ("int", "٥", "wrong_type"),
    ("int", "1_000", "wrong_type"),
    ("int", "9" * 5_000, "wrong_type"),
    ("int", [], "wrong_type"),
    ("int", MOST + 1, "too_large"),
    ("int", str(-MOST - 2), "too_small"),
    ("decimal", "NaN", "wrong_type"),
    ("decimal", "Infinity", "wrong_type"),
    ("decimal", float("inf"), "wrong_type"),
    ("decimal", "1,5", "wrong_type"),
    ("decimal", "1_0", "wrong_type"),
    ("decimal", True, "wrong_type"),
    ("decimal", "1e101", "too_long"),
    ("decimal", "1e-101", "too_long"),
    ("decimal", "1e9999", "wrong_type"),
    ("decimal", "9" * 201, "too_long"),
    ("decimal", 10**5_000, "too_long"),
    ("decimal", {}, "wrong_type"),
    ("bool", "true", "wrong_type"),
    ("bool", 1, "wrong_type"),
    ("date", "2031-02-29", "wrong_type"),
    ("date", "20310401", "wrong_type"),
    ("date", "2031-W01-1", "wrong_type"),
    ("date", "٢٠٣١-04-01", "wrong_type"),
    ("date", 20310401, "wrong_type"),
    ("datetime", "2031-04-07T02:00:00", "wrong_type"),
    ("datetime", "2031-04-07T25:00:00Z", "wrong_type"),
    ("datetime", "2031-04-07", "wrong_type"),
    ("datetime", "2031-04-07T02:00:00+24:00", "wrong_type"),
    ("datetime", "0001-01-01T00:00:00+01:00", "wrong_type"),
    ("datetime", "0000-01-01T00:00:00Z", "wrong_type"),
    ("datetime", 1_900_000_000, "wrong_type"),
    ("json", {"a": ["\0"]}, "bad_text"),
    ("json", {"\ud800": 1}, "bad_text"),
    ("json", [MOST + 1], "too_large"),
    ("json", [float("nan")], "wrong_type"),
]


@pytest.mark.parametrize(("kind", "value", "code"), REFUSED, ids=[f"{row[0]}-{n}" for n, row in enumerate(REFUSED)])
def test_a_value_that_does_not_fit_is_refused_with_its_rule(kind: str, value: Any, code: str) -> None:
    [problem] = problems_of([a_parameter(kind)], {"x": value})
    assert (problem.pointer, problem.code) == ("/params/x", code)
    assert problem.detail


BOUNDED: list[tuple[str, dict[str, Any], Any, Any, str]] = [
    ("int", {"min": 1}, 1, 0, "too_small"),
    ("int", {"max": 9}, "9", "10", "too_large"),
    ("decimal", {"min": "0.1"}, 0.1, "0.09", "too_small"),
    ("decimal", {"max": "9"}, "9.0", "9.01", "too_large"),
    ("decimal", {"max": "9"}, "-10", "10", "too_large"),
    ("date", {"min": "2031-01-01"}, "2031-01-01", "2030-12-31", "too_small"),
    ("date", {"max": "2031-01-01"}, "2031-01-01", "2031-01-02", "too_large"),
    (
        "datetime",
        {"min": "2031-01-01T00:00:00.000Z"},
        "2031-01-01T01:00:00+01:00",
        "2031-01-01T00:59:00+01:00",
        "too_small",
    ),
    ("datetime", {"max": "2031-01-01T00:00:00.000Z"}, "2031-01-01T00:00:00Z", "2031-01-01T00:00:00-01:00", "too_large"),
    ("text", {"max_length": 2}, "ab", "abc", "too_long"),
    ("text", {"pattern": "[A-Z]{2}"}, "DE", "DEU", "pattern"),
    ("text", {"pattern": "a|ab"}, "ab", "abc", "pattern"),
    ("text", {"pattern": "^a$"}, "a", "a\n", "pattern"),
    ("text", {"pattern": "a*"}, "a" * 4_096, "a" * 4_097, "too_long"),
    ("enum", {"choices": ("full", "part")}, "full", "Full", "not_a_choice"),
    ("enum", {"choices": ("1",)}, "1", 1, "not_a_choice"),
    ("multi", {"choices": ("a", "b")}, ["b", "a"], ["b", "c"], "not_a_choice"),
    ("multi", {"choices": ("a", "b")}, [], "a", "wrong_type"),
    ("multi", {"choices": ("a", "b")}, ["a"], ["a", "a"], "duplicate"),
    ("multi", {"choices": ("a", "b")}, ["a"], [["a"]], "not_a_choice"),
]


@pytest.mark.parametrize(("kind", "rules", "fits", "misfits", "code"), BOUNDED)
def test_a_bound_counts_as_inside(kind: str, rules: dict[str, Any], fits: Any, misfits: Any, code: str) -> None:
    one(kind, fits, **rules)
    [problem] = problems_of([a_parameter(kind, **rules)], {"x": misfits})
    assert problem.code == code


def test_json_may_be_sixty_four_levels_deep() -> None:
    value: Any = 1
    for _ in range(64):
        value = [value]
    assert one("json", value) == value
    [problem] = problems_of([a_parameter("json")], {"x": {"a": value}})
    assert problem.code == "too_deep"


REQUIRED_AND_NULLABLE = [
    # required, nullable, default, given, what comes of it (a code, or the params)
    (False, False, msgspec.UNSET, {}, {}),
    (False, False, "d", {}, {"x": "d"}),
    (False, True, None, {}, {"x": None}),
    (True, False, msgspec.UNSET, {}, "required"),
    (True, False, "d", {}, "required"),
    (True, True, None, {}, "required"),
    (True, True, msgspec.UNSET, {"x": None}, {"x": None}),
    (False, True, "d", {"x": None}, {"x": None}),
    (False, False, "d", {"x": None}, "not_null"),
    (True, False, "d", {"x": "v"}, {"x": "v"}),
]


@pytest.mark.parametrize(("required", "nullable", "default", "params", "outcome"), REQUIRED_AND_NULLABLE)
def test_required_and_nullable_are_two_things(
    required: bool, nullable: bool, default: Any, params: dict[str, Any], outcome: Any
) -> None:
    declared = [a_parameter(required=required, nullable=nullable, default=default)]
    if isinstance(outcome, str):
        assert [problem.code for problem in problems_of(declared, params)] == [outcome]
    else:
        assert coerce(declared, params) == outcome


def test_a_start_that_can_name_none_takes_the_default_of_a_required_one() -> None:
    declared = [a_parameter(required=True, default="d"), a_parameter(name="y", required=True)]
    assert coerce(declared, {"y": "v"}, can_name_none=False) == {"x": "d", "y": "v"}
    assert [p.pointer for p in problems_of(declared, {}, can_name_none=False)] == ["/params/y"]


def test_all_problems_are_said_at_once() -> None:
    declared = [a_parameter("int", "a"), a_parameter("int", "b", required=True), a_parameter("int", "c")]
    found = problems_of(declared, {"a": "x", "c": None, "d/e~f": 1})
    assert [(problem.pointer, problem.code) for problem in found] == [
        ("/params/a", "wrong_type"),
        ("/params/b", "required"),
        ("/params/c", "not_null"),
        ("/params/d~1e~0f", "unknown_param"),
    ]


def test_a_name_in_the_wrong_case_is_unknown_and_gets_a_hint() -> None:
    [problem] = problems_of([a_parameter(name="limit")], {"LIMIT": "x"})
    assert (problem.code, "did you mean `limit`?" in problem.detail) == ("unknown_param", True)


def test_a_choice_that_is_nearly_right_gets_a_hint() -> None:
    [problem] = problems_of([a_parameter("enum", choices=("full", "incremental"))], {"x": "increment"})
    assert problem.detail == "one of full, incremental; did you mean `incremental`?"


def test_values_come_in_the_order_of_the_form() -> None:
    declared = [a_parameter(name="a", default="1"), a_parameter(name="b"), a_parameter(name="c")]
    assert list(coerce(declared, {"c": "3", "b": "2"})) == ["a", "b", "c"]


def test_all_together_may_be_256_kib() -> None:
    declared = [a_parameter(), a_parameter(name="y")]
    fits = LARGEST_BYTES - len('{"x":"","y":"é"}'.encode())
    assert coerce(declared, {"x": "a" * fits, "y": "é"})
    [problem] = problems_of(declared, {"x": "a" * (fits + 1), "y": "é"})
    assert (problem.pointer, problem.code) == ("/params", "too_large")


def test_a_flood_of_problems_is_cut_at_a_hundred() -> None:
    assert len(problems_of([a_parameter()], {f"name{number}": 1 for number in range(50_000)})) == 100
    assert len(problems_of([a_parameter(name=f"name{number}", required=True) for number in range(150)], {})) == 100


FROM_TEXT: list[tuple[str, dict[str, Any], str, Any]] = [
    ("text", {}, " 5 ", " 5 "),
    ("int", {}, " 5 ", 5),
    ("decimal", {}, "1.50 ", "1.5"),
    ("bool", {}, "true", True),
    ("bool", {}, " False", False),
    ("bool", {}, "1", True),
    ("bool", {}, "0", False),
    ("date", {}, " 2031-04-07", "2031-04-07"),
    ("datetime", {}, "2031-04-07T02:00:00Z", "2031-04-07T02:00:00.000Z"),
    ("enum", {"choices": ("a b",)}, "a b", "a b"),
    ("multi", {"choices": ("a", "b")}, "b, a", ["b", "a"]),
    ("multi", {"choices": ("a,b",)}, '["a,b"]', ["a,b"]),
    ("multi", {"choices": ("a",)}, "", []),
    ("json", {}, '{"a": [1]}', {"a": [1]}),
    ("json", {}, "null", None),
]


@pytest.mark.parametrize(("kind", "rules", "text", "kept"), FROM_TEXT)
def test_a_text_is_read_as_its_type_first(kind: str, rules: dict[str, Any], text: str, kept: Any) -> None:
    assert one(kind, text, texts=True, nullable=True, **rules) == kept


@pytest.mark.parametrize(
    ("kind", "text"),
    [("bool", "yes"), ("json", "{a: 1}"), ("json", "[" * 100_000), ("int", "five"), ("json", "[NaN]"), ("multi", "[1")],
)
def test_a_text_that_cannot_be_read_is_of_the_wrong_type(kind: str, text: str) -> None:
    [problem] = problems_of([a_parameter(kind, choices=("a",))], {"x": text}, texts=True)
    assert problem.code == "wrong_type"


def test_what_did_not_arrive_as_text_passes_as_it_is() -> None:
    declared = [a_parameter("multi", choices=("a",)), a_parameter("int", "y", nullable=True)]
    assert coerce(declared, {"x": ["a"], "y": None}, texts=True) == {"x": ["a"], "y": None}


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(codec=None))
    | st.sampled_from(["2031-04-07", "2031-04-07T02:00:00+02:00", "12", "1e3", "a", "9999-12-31T23:59:59-23:59"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)
EVERY_TYPE = [a_parameter(kind, kind, choices=("a", "b", "12"), nullable=True) for kind in ParameterType]


@given(st.dictionaries(st.sampled_from([*ParameterType, "other"]), json_values), st.booleans())
def test_any_json_is_taken_for_good_or_refused_in_order(params: dict[str, Any], texts: bool) -> None:
    try:
        values = coerce(EVERY_TYPE, params, texts=texts)
    except InvalidParams as fault:
        assert all(problem.pointer.startswith("/params/") and problem.detail for problem in fault.problems)
    else:
        assert coerce(EVERY_TYPE, values) == values
        assert msgspec.json.decode(msgspec.json.encode(values)) == values
