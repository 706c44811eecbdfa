"""YAML documents: core semantics, the line of everything, and no document that breaks another or the reader."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbell.jobfiles.documents import Document, read_documents


def value_of(text: str) -> Any:
    [document] = read_documents(text)
    assert document.problems == ()
    return document.value


def problem_of(text: str) -> tuple[str, int | None, str]:
    """Code, line and detail of the only problem of the only document."""
    [document] = read_documents(text)
    [problem] = document.problems
    return problem.code, problem.line, problem.detail


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(("on", "on"), ("off", "off"), ("yes", "yes"), ("no", "no"), ("y", "y"), ("On", "On")),
        *(("true", True), ("False", False), ("TRUE", True), ("null", None), ("~", None), ("", None), ("nULL", "nULL")),
        *(("12", 12), ("-3", -3), ("+4", 4), ("010", 10), ("1_000", "1_000"), ("0o17", "0o17"), ("0x1f", "0x1f")),
        *(
            ("1.5", 1.5),
            (".5", 0.5),
            ("5.", 5.0),
            ("1e3", 1000.0),
            (".inf", ".inf"),
            (".nan", ".nan"),
            ("1.2.3", "1.2.3"),
        ),
        *(("12:30:45", "12:30:45"), ("2031-04-07", "2031-04-07"), ("2031-04-07T02:00:00Z", "2031-04-07T02:00:00Z")),
        *(('"on"', "on"), ("'12'", "12"), ("!!str 12", "12"), ("!!int 12", 12), ("!!float 1", 1.0), ("! 12", "12")),
        *(
            ("<<", "<<"),
            ("=", "="),
            ("1" * 301, "1" * 301),
            ("1" * 300, int("1" * 300)),
            ("!!null null", None),
            ("!!bool true", True),
        ),
    ],
)
def test_a_scalar_is_what_the_core_schema_says(text: str, value: Any) -> None:
    assert value_of(f"x: {text}") == {"x": value}
    assert type(value_of(f"x: {text}")["x"]) is type(value)


def test_names_are_texts_whatever_they_look_like() -> None:
    assert value_of("{on: 1, 0: OK, true: 2, null: 3, 1.5: 4}") == {"on": 1, "0": "OK", "true": 2, "null": 3, "1.5": 4}


def test_lists_mappings_and_blocks_are_read() -> None:
    assert value_of("a: [1, {b: c}]\nd:\n  - |\n    two\n    lines\n  - >-\n    one\n    line\n") == {
        "a": [1, {"b": "c"}],
        "d": ["two\nlines\n", "one line"],
    }


def test_aliases_stand_for_what_is_marked() -> None:
    assert value_of("a: &x {k: [1]}\nb: *x\nc: [*x]") == {"a": {"k": [1]}, "b": {"k": [1]}, "c": [{"k": [1]}]}


def test_json_is_yaml() -> None:
    assert value_of('{"job": "a",\n\t"steps": [{"x": null, "y": -1.5e3, "z": "\\u00e9\\/"}]}') == {
        "job": "a",
        "steps": [{"x": None, "y": -1500.0, "z": "é/"}],
    }


def test_every_member_has_its_line() -> None:
    [document] = read_documents("# comment\njob: a\nsteps:\n  - name: x\n    needs:\n      - y\n  - {name: z}\n")
    lines = {place: document.line_of(place) for place in ("", "/job", "/steps", "/steps/0/needs/0", "/steps/1/name")}
    assert lines == {"": 2, "/job": 2, "/steps": 3, "/steps/0/needs/0": 6, "/steps/1/name": 7}


def test_the_line_of_what_is_not_there_is_that_of_what_is_around_it() -> None:
    [document] = read_documents("job: a\nsteps:\n  - name: x\nenv: {}")
    assert (document.line_of("/steps/0/retry/max"), document.line_of("/nothing"), document.line_of("")) == (3, 1, 1)


def test_a_file_may_hold_several_documents_and_empty_ones() -> None:
    text = "%YAML 1.2\n---\n# nothing\n---\na: 1\n--- # a comment\na: 2\n...\n---\n\n---\na: |\n  ---\n  x\n"
    documents = list(read_documents(text))
    assert [(document.value, document.line_of("")) for document in documents] == [
        ({"a": 1}, 5),
        ({"a": 2}, 7),
        ({"a": "---\nx\n"}, 12),
    ]


def test_a_broken_document_leaves_the_others_alone() -> None:
    first, broken, last = read_documents("a: 1\n---\na: [1\n---\na: 3\n")
    assert (first.value, last.value) == ({"a": 1}, {"a": 3})
    assert [(problem.code, problem.line) for problem in broken.problems] == [("syntax", 4)]


@pytest.mark.parametrize(
    ("text", "code", "line", "remedy"),
    [
        ("a: b: c", "syntax", 1, "in quotes"),
        ("a:\n\t- b", "syntax", 2, "blanks instead of tabs"),
        ("a: [echo, {workspace}/x]", "syntax", 1, "put fill-ins in quotes"),
        ("a: {b: {c}/x}", "syntax", 1, "put fill-ins in quotes"),
        ('a: "b', "syntax", 1, "correct the indentation, the quotes"),
        ("a: @b", "syntax", 1, "in quotes"),
        ("a: 1\nb: 2\na: 3", "duplicate", 3, "stands in line 1 already"),
        ("a: !python/name:os.system x", "bad_tag", 1, "take it out"),
        ("a: !!python/name:os.system x", "bad_tag", 1, "take it out"),
        ("a:\n  - !!set {b}", "bad_tag", 2, "take it out"),
        ("a: !!timestamp 2031-04-07", "bad_tag", 1, "take it out"),
        ("a: !!int x", "bad_tag", 1, "does not fit its tag"),
        ("a: !!int true", "bad_tag", 1, "does not fit its tag"),
        ("a: *b", "bad_alias", 1, "in quotes"),
        ("a: &x [*x]", "bad_alias", 1, "nothing above"),
        ("a: 1\n? [b]\n: c", "bad_key", 2, "a plain text"),
        ("a: &x b\n*x : c", "bad_key", 2, "a plain text"),
        ("a: 1\nb: \0", "bad_text", 2, "U+0000"),
        ("a: \x1b", "bad_text", 1, "U+001B"),
        ("a:\n  " + "[" * 100_000, "too_deep", 2, "64 levels"),
        ("a: " + "{b: " * 70, "too_deep", 1, "64 levels"),
    ],
)
def test_what_is_wrong_is_said_with_line_and_remedy(text: str, code: str, line: int, remedy: str) -> None:
    found = problem_of(text)
    assert found[:2] == (code, line)
    assert remedy in found[2]


def test_sixty_four_levels_are_read() -> None:
    assert value_of("[" * 64 + "]" * 64)


@pytest.mark.parametrize("leaf", ["[x]", '"' + "x" * 10_000 + '"'])
def test_aliases_cannot_blow_a_document_up(leaf: str) -> None:
    lines = [f"a0: &a0 {leaf}", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 40))]
    code, _, detail = problem_of("\n".join(lines))
    assert (code, "write it out" in detail) == ("too_large", True)


def test_a_file_of_nothing_but_markers_has_no_documents() -> None:
    assert list(read_documents("---\n" * 250_000)) == []


@given(st.text() | st.text("{}[]:,-&*!|>'\"%@` \n\tab1#?"))
def test_any_text_is_read_or_refused_in_order(text: str) -> None:
    for document in read_documents(text):
        assert isinstance(document, Document)
        assert all(problem.detail and problem.code for problem in document.problems)
