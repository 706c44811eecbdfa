"""The text of an SQL step: where values are bound, and where a statement ends."""

import pytest

from runbell.domain.engine_url import scheme_of, secrets_of
from runbell.domain.sql_text import is_ordered, names_in, statements


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("select :a", "select <a>"),
        ("select :a_1::int", "select <a_1>::int"),
        ("select ':a', \":a\", `:a`", "select ':a', \":a\", `:a`"),
        ("select 'it''s :a' || :b", "select 'it''s :a' || <b>"),
        ("select E'it\\'s :a' || :b", "select E'it\\'s :a' || <b>"),
        ("select 'back\\' || :b", "select 'back\\' || <b>"),
        ("select $$ :a ; $$, $tag$ $$ :a ; $tag$, :b", "select $$ :a ; $$, $tag$ $$ :a ; $tag$, <b>"),
        ("select 1 -- :a ; '\n, :b", "select 1 -- :a ; '\n, <b>"),
        ("select 1 /* :a ; ' */, :b", "select 1 /* :a ; ' */, <b>"),
        ("select 1 /* /* :a */ ; */, :b", "select 1 /* /* :a */ ; */, <b>"),
        ("select 1 /* /* :a ; */, :b", "select 1 /* /* :a ; */, <b>"),
        ("select x[1:n], x[i:j], x[f(1):n], {'k':v}, a:b", "select x[1:n], x[i:j], x[f(1):n], {'k':v}, a:b"),
        ("select {'k': :v}, x[ :n ], (:a)", "select {'k': <v>}, x[ <n> ], (<a>)"),
        ("f(a := :a, b :=:b)", "f(a := <a>, b :=<b>)"),
        ("select '10:30', 10:30, :é", "select '10:30', 10:30, :é"),
        ("select 'open :a", "select 'open :a"),
        ("select 1 where :a=:b and c<:d", "select 1 where <a>=<b> and c<<d>"),
    ],
)
def test_values_stand_where_a_name_stands_and_nowhere_else(text: str, shown: str) -> None:
    (only,) = statements(text)
    assert only.written(lambda name: f"<{name}>") == shown


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", []),
        (" ;; -- nothing\n/* ; */", []),
        ("select 1; select 2;", ["select 1", "select 2"]),
        ("select ';' ; select 2 -- ; x", ["select ';'", "select 2 -- ; x"]),
        (
            "create trigger t after insert on a begin update b set c = case when 1 then 2 end; delete d; end; select 1",
            [
                "create trigger t after insert on a begin update b set c = case when 1 then 2 end; delete d; end",
                "select 1",
            ],
        ),
        (
            "create function f() returns int begin atomic select 1; select 2; end; select 3",
            ["create function f() returns int begin atomic select 1; select 2; end", "select 3"],
        ),
        (
            "create procedure p() begin if a then set b=1; end if; case c when 1 then set d=1; end case; end; select 3",
            [
                "create procedure p() begin if a then set b=1; end if; case c when 1 then set d=1; end case; end",
                "select 3",
            ],
        ),
        ("create table t (begin int); select 1", ["create table t (begin int)", "select 1"]),
        ("begin; delete from t; end", ["begin", "delete from t", "end"]),
        ("do $$ begin delete from t; end $$; select 1", ["do $$ begin delete from t; end $$", "select 1"]),
    ],
)
def test_a_semicolon_ends_a_statement_only_where_one_ends(text: str, parts: list[str]) -> None:
    assert [one.written(str) for one in statements(text)] == parts


def test_names_are_told_once_and_words_in_capitals() -> None:
    assert names_in("select :b, :a, :b; select :c") == ("b", "a", "c")
    (only,) = statements("/* x */ (select a from b)")
    assert only.word == "SELECT"


@pytest.mark.parametrize(
    ("url", "secret"),
    [
        ("postgresql://u:p%40ss@h/d", {"p%40ss", "p@ss"}),
        ("postgresql://u:p@ss/w?rd@h/d", {"p@ss/w?rd"}),
        ("postgresql://h/d?user=u&password=p%26x&sslmode=require", {"p%26x", "p&x"}),
        ("mssql+pyodbc:///?odbc_connect=Driver%3DX%3BUID%3Du%3BPWD%3D%7Bp%3Bx%7D", {"p;x"}),
        ("snowflake://u:pass@a/d?private_key=kkkk", {"pass", "kkkk"}),
        ("sqlite:////data/x.db", set()),
        ("postgresql://[bad:pass@h", {"pass"}),
        ("nothing", set()),
    ],
)
def test_the_secrets_of_a_url_are_found_however_it_is_written(url: str, secret: set[str]) -> None:
    assert secret <= set(secrets_of(url))
    assert bool(secret) == bool(secrets_of(url))


def test_the_scheme_is_what_stands_before_the_colon() -> None:
    assert [scheme_of(url) for url in ("PostgreSQL://x", "sqlite:x", "mysql+pymysql://x", "x", "1:2", "")] == [
        "postgresql", "sqlite", "mysql+pymysql", "", "", "",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "ordered"),
    [
        ("select 1 order by 1", True), ("select 1 Order  -- so\n By 1", True), ("select 'order by' -- order by", False),
        ("select * from (select 1 order by 1) x", False), ("select row_number() over (order by a) from t", False),
        ("with x as (select 1 order by 1) select * from x order by 1", True), ('select "order", by from t', False),
    ],
)  # fmt: skip
def test_a_query_is_ordered_by_an_order_outside_of_all_brackets(text: str, ordered: bool) -> None:
    assert is_ordered(text) is ordered
