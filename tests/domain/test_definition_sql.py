"""A step of kind `sql` is read with every member, and what is wrong with it is said at its place."""

from typing import Any

import pytest

from runbell.domain.actions import Task

from .definitions import a_definition, problems_of, read


def a_query(**members: Any) -> dict[str, Any]:
    return a_definition(parameters={"day": {"type": "text"}}, steps=[{"name": "a"} | members])


def test_a_query_says_little_and_means_the_usual() -> None:
    task = read(a_query(sql="select 1")).steps[0].action
    assert isinstance(task, Task)
    assert task.body == {"sql": "select 1", "write": False, "rows": 100_000, "result": None}
    assert (task.connection, task.secrets) == (None, ())


def test_a_connection_is_a_secret_that_the_step_needs() -> None:
    task = read(a_query(sql="select :d", bind={"d": "{day}"}, connection="warehouse")).steps[0].action
    assert isinstance(task, Task)
    assert (task.connection, task.secrets, task.filled) == ("warehouse", ("warehouse",), {"bind": {"d": "{day}"}})


@pytest.mark.parametrize(
    ("members", "at", "says"),
    [
        ({"sql": " -- nothing"}, "/steps/0/sql", "there is no statement in it"),
        ({"sql": "select :dya", "bind": {"day": 1}}, "/steps/0/sql",
         "there is no value for `:dya`; give one in `bind`; did you mean `day`?"),
        ({"sql": "select :day", "bind": {"day": 1, "dya": 2}}, "/steps/0/bind/dya",
         "the text has no `:dya`; did you mean `day`?"),
        ({"sql": "select ':day'", "bind": {"day": 1}}, "/steps/0/bind/day", "the text has no `:day`"),
        ({"sql": "select :d", "bind": {"d": "{dya}"}}, "/steps/0/bind/d",
         "the job declares no parameter `dya`; did you mean `day`?"),
        ({"sql": "select 1", "conection": "x"}, "/steps/0/conection", "unknown member; did you mean `connection`?"),
        ({"sql": "select 1", "connection": "postgresql://u:p@h/d"}, "/steps/0/connection",
         "expected the name of a secret that holds an engine URL (runbell secrets set NAME)"),
        ({"sql": "select 1", "rows": 0}, "/steps/0/rows", "must lie within 1 and 1000000000"),
        ({"shell": "true", "write": True}, "/steps/0/write", "only a step of kind `sql` has `write`; take it out"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_at_its_place(members: dict[str, Any], at: str, says: str) -> None:
    assert problems_of(a_query(**members))[at][1] == says
