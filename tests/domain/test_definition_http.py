"""A step of kind `http` is read with every member, and what is wrong with it is said at its place."""

from typing import Any

import pytest

from runbell.domain.actions import Task
from runbell.domain.faults import InvalidDefinition
from runbell.domain.fill_in import FillInError, Filling
from runbell.domain.http_call import fill_http, fill_url

from .definitions import a_definition, problems_of, read, with_step

HTTP = {"url": "https://api.example.test/x"}
UNTIL = {"path": "status", "in": ["done"]}


def a_call(**members: Any) -> dict[str, Any]:
    return a_definition(
        parameters={"day": {"type": "text"}},
        steps=[{"name": "a", "http": HTTP | members}, {"name": "b", "shell": "true"}],
    )


def the_task(**members: Any) -> Task:
    task = read(a_call(**members)).steps[0].action
    assert isinstance(task, Task)
    return task


def test_a_call_says_little_and_means_the_usual() -> None:
    task = the_task()
    assert (task.kind, task.secrets, task.filled) == ("http", (), HTTP | {"headers": {}})
    assert task.body == {
        "method": "GET", "expect": ["2xx"], "until": None, "timeout_ms": 30_000, "redirects": 0,
        "answer_bytes": 1 << 20, "keep_headers": [],
    }  # fmt: skip
    assert the_task(json={}).body["method"] == "POST"
    assert the_task(save="a.csv").body["answer_bytes"] == 1 << 30


def test_the_secrets_that_a_call_names_are_found_wherever_they_stand() -> None:
    task = the_task(
        url="https://a.example/{secrets.one}", headers={"A": "Bearer {secrets.t-w.o}"},
        json={"a": [{"b": "{secrets.three}"}]},
        until=UNTIL | {"url": "https://a.example/{secrets.four}/{answer.id}"},
    )  # fmt: skip
    assert task.secrets == ("four", "one", "t-w.o", "three")


WRONG: list[tuple[dict[str, Any], str, str, str]] = [
    ({"url": 5}, "/url", "wrong_type", "a text"),
    ({"url": "api.example.test"}, "/url", "bad_url", "https://example.com/path"),
    ({"url": "ftp://api.example.test/"}, "/url", "bad_url", "absolute URL"),
    ({"url": "https://a:b@example.test/"}, "/url", "bad_url", "{secrets.NAME}"),
    ({"url": "https://example.test/a b"}, "/url", "bad_url", "%20"),
    ({"url": "https://example.test/{nothing}"}, "/url", "unknown_param", "no parameter `nothing`"),
    ({"url": "https://example.test/{answer.id}"}, "/url", "no_answer", "until.url"),
    ({"metod": "GET"}, "/metod", "unknown_field", "method"),
    ({"method": "get"}, "/method", "not_a_choice", "GET"),
    ({"method": "TRACE"}, "/method", "not_a_choice", "PATCH"),
    ({"headers": {"Host": "a"}}, "/headers/Host", "reserved", "leave it out"),
    ({"headers": {"A B": "a"}}, "/headers/A B", "pattern", "letters, digits"),
    ({"headers": {"A": 1}}, "/headers/A", "wrong_type", "quotes"),
    ({"headers": {"A": "a\nb"}}, "/headers/A", "bad_text", "one line"),
    ({"json": {}, "form": {}}, "/form", "one_body", "`json` already"),
    ({"expect": []}, "/expect", "too_short", "1 to"),
    ({"expect": [20]}, "/expect/0", "pattern", "a status like 200"),
    ({"expect": ["20x"]}, "/expect/0", "pattern", "2xx"),
    ({"redirects": 11}, "/redirects", "out_of_bounds", "10"),
    ({"answer": "1GiB"}, "/answer", "too_large", "`save`"),
    ({"save": "a/b"}, "/save", "pattern", "without folders"),
    ({"save": "a", "until": UNTIL}, "/save", "not_here", "a step of its own"),
    ({"until": {"in": [1]}}, "/until", "required", "`path`"),
    ({"until": {"path": "a"}}, "/until", "required", "`in`"),
    ({"until": UNTIL | {"in": [[]]}}, "/until/in/0", "wrong_type", "a text"),
    ({"until": UNTIL | {"evry": "5s"}}, "/until/evry", "unknown_field", "every"),
    ({"until": UNTIL | {"every": "1ms"}}, "/until/every", "too_small", "100ms"),
    ({"until": UNTIL | {"url": "x"}}, "/until/url", "bad_url", "absolute"),
]


@pytest.mark.parametrize(
    ("members", "place", "code", "remedy"), WRONG, ids=lambda value: value if type(value) is str else ""
)
def test_what_is_wrong_is_said_at_its_place_with_the_remedy(
    members: dict[str, Any], place: str, code: str, remedy: str
) -> None:
    found = problems_of(a_call(**members))
    assert list(found) == [f"/steps/0/http{place}"]
    with pytest.raises(InvalidDefinition) as refused:
        read(a_call(**members))
    assert len(refused.value.problems) == 1, "said once"
    assert found[f"/steps/0/http{place}"][0] == code
    assert remedy in found[f"/steps/0/http{place}"][1]


def test_no_other_kind_fills_in_a_secret() -> None:
    definition = with_step(command=["curl", "{secrets.api}"])
    assert problems_of(definition)["/steps/0/command/1"][0] == "no_secrets"


def filling(**parameters: Any) -> Filling:
    return Filling(execution_id="run_1", execution_number=1, parameters=parameters, secret={"k": "s/1"}.__getitem__)


@pytest.mark.parametrize(
    ("text", "value", "url"),
    [
        ("https://a.example/{v}/x", "../../b?c#d", "https://a.example/..%2F..%2Fb%3Fc%23d/x"),
        ("https://{v}/x", "evil.example/?", "https://evil.example%2F%3F/x"),
        ("https://a.example/?q={v}", "1&admin=1", "https://a.example/?q=1%26admin%3D1"),
        ("{v}/x", "https://b.example/y?z", "https://b.example/y?z/x"),
        ("https://a.example/{v}", "{secrets.k}", "https://a.example/%7Bsecrets.k%7D"),
        ("https://a.example/{secrets.k}", "", "https://a.example/s%2F1"),
    ],
)
def test_a_value_in_a_url_stays_one_piece_of_it(text: str, value: str, url: str) -> None:
    assert fill_url(text, filling(v=value)) == url


def test_what_the_first_answer_holds_is_left_to_the_step_and_cannot_come_from_a_parameter() -> None:
    filled = {"url": "https://a.example/", "until": {"url": "https://a.example/{v}/{answer.id.0}?k={secrets.k}"}}
    assert fill_http(filled, filling(v="{answer.x}"))["until_url"] == [
        "https://a.example/", "%7Banswer.x%7D", "/", ["id", "0"], "?k=", "s%2F1",
    ]  # fmt: skip


def test_without_a_keeper_of_secrets_there_is_none() -> None:
    with pytest.raises(FillInError, match="take it out"):
        fill_url("https://a.example/{secrets.k}", Filling(execution_id="run_1", execution_number=1))
