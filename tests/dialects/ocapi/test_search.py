"""The list of a job and the search: every clause, paging, sorting, echo, and each refusal."""

import json
from pathlib import Path
from typing import Any

import pytest

from runbell.http.times import rfc3339
from tests.dialects.visiting import DialectVisit
from tests.http.calling import Reply

from .visit import CUSTOMERS, JOBS, a_visit, client

pytestmark = pytest.mark.anyio

SEARCH = "/dw/data/v17_4/job_execution_search"
EVERYTHING = {"match_all_query": {}}


async def some(visit: DialectVisit) -> int:
    """Six executions, a minute apart: load ok, load failed, other ok, held running, load with scopes, other pending.

    Answers when the first was accepted.
    """
    await visit.defined("load", {"name": "a", "command": ["true"], "for_each": "scopes"}, scopes=["A", "B"])
    await visit.defined("other", "a", ids={"ocapi": "Other Job"})
    await visit.defined("held", "hold")
    visit.house.script.held.add("hold")
    began = visit.house.clock.at
    for job in ("load", "load", "other"):
        if job == "load" and visit.house.clock.at > began:
            visit.house.script.fails("a")
        await visit.house.until(await visit.house.start(job))
        visit.house.clock.at += 60_000
    await visit.house.start("held")
    await visit.house.until_running("hold")
    visit.house.clock.at += 60_000
    await visit.house.until(await visit.house.start("load", scopes=("B",)))
    await visit.house.start("other", start_after=visit.house.clock.at + 10**7)
    return began


async def search(visit: DialectVisit, query: Any, **more: Any) -> Reply:
    body = json.dumps({"query": query, **more}).encode()
    return await client(visit).call("POST", SEARCH, pieces=[body])


async def found(visit: DialectVisit, query: Any, **more: Any) -> list[int]:
    reply = await search(visit, query, **more)
    assert reply.status == 200, reply
    assert reply.json["count"] == len(reply.json["hits"])
    return [int(hit["id"]) for hit in reply.json["hits"]]


def term(field: str, operator: str, *values: Any) -> dict[str, Any]:
    return {"term_query": {"fields": [field], "operator": operator, "values": list(values)}}


def filtered(inner: dict[str, Any]) -> dict[str, Any]:
    return {"filtered_query": {"query": EVERYTHING, "filter": inner}}


async def test_every_clause_finds_what_it_says(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        began = await some(visit)

        def at(minutes: int) -> str:
            return rfc3339(began + minutes * 60_000)

        def range_(field: str, least: Any, most: Any, **more: Any) -> dict[str, Any]:
            return {"range_filter": {"field": field, "from": least, "to": most, **more}}

        def step(inner: dict[str, Any]) -> dict[str, Any]:
            return {"nested_query": {"path": "step_executions", "query": inner, "score_mode": "avg"}}

        def spans(mode: str, least: Any, most: Any) -> dict[str, Any]:
            return filtered({"range2_filter": {"from_field": "start_time", "to_field": "end_time", "filter_mode": mode,
                                               "from_value": least, "to_value": most}})  # fmt: skip

        status = term("status", "one_of", "RUNNING", "PENDING")
        wanted: list[tuple[dict[str, Any], set[int]]] = [
            (EVERYTHING, {1, 2, 3, 4, 5, 6}),
            (term("job_id", "is", "load"), {1, 2, 5}),
            (term("job_id", "is", "other"), set()),
            (term("job_id", "is", "Other Job", "held"), {3, 4, 6}),
            (term("job_id", "not_in", "load", "held"), {3, 6}),
            (term("status", "is", "ERROR"), {2}),
            (term("status", "neq", "OK"), {2, 4, 6}),
            (status, {4, 6}),
            (term("id", "greater", "4"), {5, 6}),
            (term("id", "less", 3), {1, 2}),
            (term("start_time", "is_null"), {6}),
            (term("end_time", "is_not_null"), {1, 2, 3, 5}),
            (term("job_id", "greater", "held"), {1, 2, 5}),
            (term("start_time", "is", at(1).replace("Z", "+00:00")), {2}),
            (term("start_time", "less", at(1).removesuffix("Z")), {1}),
            ({"term_query": {"fields": ["job_id", "status"], "operator": "is", "values": ["held", "ERROR"]}}, {2, 4}),
            ({"text_query": {"fields": ["job_id"], "search_phrase": "JOB oth"}}, {3, 6}),
            ({"text_query": {"fields": ["job_id", "status"], "search_phrase": "load err"}}, {2}),
            ({"bool_query": {}}, {1, 2, 3, 4, 5, 6}),
            ({"bool_query": {"must": [term("job_id", "is", "load")], "must_not": term("status", "is", "ERROR")}},
             {1, 5}),
            ({"boolean_query": {"should": [term("id", "is", 1), term("id", "is", "4")]}}, {1, 4}),
            (filtered({"term_filter": {"field": "status", "operator": "is", "values": ["OK"]}}), {1, 3, 5}),
            (filtered(range_("start_time", at(1), at(2))), {2, 3}),
            (filtered(range_("start_time", at(1), at(2), from_inclusive=False)), {3}),
            (filtered(range_("start_time", at(1), at(2), to_inclusive=False)), {2}),
            (filtered(range_("end_time", None, at(1))), {1, 2}),
            (filtered({"bool_filter": {"operator": "or", "filters": [
                range_("start_time", at(3), at(3)), range_("end_time", at(0), at(0))]}}), {1, 4}),
            (filtered({"bool_filter": {"operator": "and", "filters": [
                range_("id", 2, 9), range_("job_id", "load", "load")]}}), {2, 5}),
            (filtered({"bool_filter": {"operator": "not", "filters": [range_("id", 2, 9)]}}), {1}),
            (filtered({"query_filter": {"query": status}}), {4, 6}),
            (spans("overlap", at(2), at(9)), {3, 4, 5}),
            (spans("overlap", at(5), at(9)), {4}),
            (spans("containing", at(3), at(9)), {4}),
            (spans("contained", at(1), at(9)), {2, 3, 5}),
            (step(term("step_executions.execution_scope", "is", "A")), {1, 2}),
            (step({"bool_query": {"must": [term("execution_scope", "is", "B"), term("status", "is", "OK")]}}), {1, 5}),
            (step(term("status", "is", "ERROR")), {2}),
            (step(term("step_id", "is", "hold")), {4}),
        ]  # fmt: skip
        for query, numbers in wanted:
            assert set(await found(visit, query)) == numbers, query


async def test_the_search_that_watches_a_day(tmp_path: Path) -> None:
    """The vendor's clients look for what started or ended in a span of time."""
    async with a_visit(tmp_path) as visit:
        await some(visit)
        day = {"from": "2031-01-01T00:00:00.000Z", "to": "2031-01-02T00:00:00.000Z"}
        ranges = [{"range_filter": {"field": field, **day}} for field in ("start_time", "end_time")]
        reply = await search(visit, filtered({"bool_filter": {"operator": "or", "filters": ranges}}))
        assert (reply.status, reply.json["_type"]) == (200, "job_execution_search_result")
        assert (reply.json["count"], reply.json["total"], reply.json["hits"]) == (0, 0, [])


async def test_pages_and_order(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        await some(visit)
        assert await found(visit, EVERYTHING) == [5, 4, 3, 2, 1, 6]
        by_job = [{"field": "job_id"}, {"field": "start_time", "sort_order": "desc"}]
        assert await found(visit, EVERYTHING, sorts=by_job) == [3, 6, 4, 5, 2, 1]
        assert await found(visit, EVERYTHING, sorts=[{"field": "end_time", "sort_order": "asc"}]) == [1, 2, 3, 5, 4, 6]
        first = (await search(visit, EVERYTHING, count=4)).json
        assert (first["count"], first["start"], first["total"]) == (4, 0, 6)
        assert first["next"] == {"_type": "result_page", "count": 4, "start": 4} and "previous" not in first
        last = (await search(visit, EVERYTHING, count=4, start=4, db_start_record_=0)).json
        assert [hit["id"] for hit in last["hits"]] == ["1", "6"]
        assert last["previous"] == {"_type": "result_page", "count": 4, "start": 0} and "next" not in last
        assert await found(visit, EVERYTHING, start=100) == []


async def test_the_echo_and_what_a_hit_has(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        await some(visit)
        query = {"bool_query": {"must": [term("job_id", "is", "load")]}}
        reply = (await search(visit, query, count=1, sorts=[{"field": "start_time", "sort_order": "desc"}])).json
        assert list(reply) == ["_v", "_type", "count", "hits", "next", "query", "sorts", "start", "total"]
        inner = {"_type": "term_query", "fields": ["job_id"], "operator": "is", "values": ["load"]}
        assert reply["query"] == {"bool_query": {"_type": "bool_query", "must": [{"term_query": inner}]}}
        assert reply["sorts"] == [{"_type": "sort", "field": "start_time", "sort_order": "desc"}]
        assert not {"_v", "_resource_state", "step_executions"} & set(reply["hits"][0])
        reduced = await search(visit, query, select="(hits.(id,step_executions.(step_id)),total)")
        assert list(reduced.json) == ["_v", "_type", "hits", "total"]
        assert reduced.json["hits"][0] == {
            "_type": "job_execution", "id": "5",
            "step_executions": [{"_type": "job_step_execution", "step_id": "a"}],
        }  # fmt: skip
        assert (await search(visit, query, select="(**)")).json["select"] == "(**)"


@pytest.mark.parametrize(
    ("body", "kind", "arguments"),
    [
        ({}, "PropertyConstraintViolationException", {"path": "query"}),
        ({"query": EVERYTHING, "count": 0}, "PropertyConstraintViolationException", {"path": "count", "value": "0"}),
        ({"query": EVERYTHING, "count": 201}, "PropertyConstraintViolationException", {"path": "count"}),
        ({"query": EVERYTHING, "start": -1}, "PropertyConstraintViolationException", {"path": "start"}),
        ({"query": EVERYTHING, "foo": 1}, "UnknownPropertyException", {"document": "search_request", "path": "foo"}),
        ({"query": {"magic_query": {}}}, "UnknownPropertyException", {"path": "query.magic_query"}),
        ({"query": {**EVERYTHING, **term("id", "is", 1)}}, "UnknownPropertyException", {"path": "query.term_query"}),
        ({"query": {"term_query": {"operator": "is", "values": [1]}}}, "PropertyConstraintViolationException",
         {"path": "query.term_query.fields"}),
        ({"query": term("id", "is")}, "PropertyConstraintViolationException", {"path": "query.term_query.values"}),
        ({"query": term("id", "less", 1, 2)}, "PropertyConstraintViolationException", {}),
        ({"query": term("id", "like", 1)}, "IllegalEnumerationValueException", {"value": "like", "type": "operator"}),
        ({"query": EVERYTHING, "sorts": [{"field": "id", "sort_order": "up"}]}, "IllegalEnumerationValueException",
         {"value": "up", "type": "sort_order"}),
        ({"query": EVERYTHING, "sorts": [{"field": "id", "sort_order": ["asc"]}]}, "IllegalEnumerationValueException",
         {"type": "sort_order"}),
        ({"query": term("id", "is_null", {"a b": 1})}, "PropertyConstraintViolationException",
         {"path": "query.term_query.values"}),
        ({"query": term("colour", "is", 1)}, "FieldNotSearchableException", {"field": "colour"}),
        ({"query": EVERYTHING, "sorts": [{"field": "colour"}]}, "FieldNotSortableException", {"field": "colour"}),
        ({"query": term("start_time", "is", "soon")}, "InvalidSearchFieldTypeException",
         {"field": "start_time", "value": "soon", "type": "date"}),
        ({"query": term("id", "is", "x")}, "InvalidSearchFieldTypeException", {"field": "id", "type": "long"}),
        ({"query": term("status", "is", None)}, "InvalidSearchFieldTypeException", {"field": "status"}),
        ({"query": EVERYTHING, "expand": ["all"]}, "InvalidExpandValueException", {"expandValue": "all"}),
        ({"query": EVERYTHING, "select": "(id"}, "MalformedSelectorException", {"selector": "(id"}),
        ({"query": {"nested_query": {"path": "parameters", "query": EVERYTHING}}},
         "PropertyConstraintViolationException", {"path": "query.nested_query.path"}),
        ({"query": filtered({"range2_filter": {"from_field": "start_time", "to_field": "end_time",
                                               "filter_mode": "near"}})},
         "IllegalEnumerationValueException", {"value": "near", "type": "filter_mode"}),
        ({"query": {"bool_query": {"must": [term("id", "is", 1)] * 600}}}, "PropertyConstraintViolationException", {}),
    ],
)  # fmt: skip
async def test_a_search_that_is_refused(tmp_path: Path, body: Any, kind: str, arguments: dict[str, str]) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        fault = await client(visit).fault("POST", SEARCH, 400, json.dumps(body).encode())
        assert fault["type"] == kind and fault["arguments"].items() >= arguments.items(), fault


async def test_null_is_as_good_as_absent_and_the_echo_of_json_can_be_xml(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        await some(visit)
        by_id = [{"field": "id", "sort_order": None}]
        inner = {"range_filter": {"field": "id", "from": 2, "to": 4, "from_inclusive": None}}
        assert await found(visit, filtered(inner), sorts=by_id, select=None) == [2, 3, 4]
        body = json.dumps({"query": term("end_time", "is_null", "x", None), "sorts": by_id}).encode()
        headers = {"content_type": "", "accept": "application/xml"}
        reply = await client(visit).call("POST", SEARCH, pieces=[body], headers=headers)
        assert (reply.status, reply.headers["content-type"]) == (200, "application/xml;charset=UTF-8")
        assert b"<values><item>x</item><item></item></values>" in reply.body
        assert b"<sort_order>asc</sort_order>" in reply.body


async def test_a_search_in_xml(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        await some(visit)
        body = (
            b"<search_request><query><bool_query><must><term_query><fields><item>job_id</item></fields>"
            b"<operator>is</operator><values><item>load</item></values></term_query></must><must_not><item><term_query>"
            b"<fields><item>status</item></fields><operator>is</operator><values><v>ERROR</v></values></term_query>"
            b"</item></must_not></bool_query></query><count>1</count></search_request>"
        )
        reply = await client(visit).call("POST", SEARCH, pieces=[body], headers={"content_type": "application/xml"})
        assert reply.status == 200, reply
        assert (
            b"<hits><job_execution " in reply.body and b"<id>5</id>" in reply.body and b"<total>2</total>" in reply.body
        )


async def test_the_list_of_a_job(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        await some(visit)
        path = f"{JOBS}/load/executions"
        reply = (await client(visit).call("GET", f"{path}?count=2")).json
        assert list(reply) == ["_v", "_type", "count", "data", "next", "start", "total"]
        assert [hit["id"] for hit in reply["data"]] == ["5", "2"]
        assert (reply["_type"], reply["count"], reply["total"]) == ("job_execution_result", 2, 3)
        assert "step_executions" not in reply["data"][0]
        onward = reply["next"].partition("/dw/")
        assert onward[0].startswith("http")
        last = (await client(visit).call("GET", f"/dw/{onward[2]}")).json
        assert [hit["id"] for hit in last["data"]] == ["1"] and "next" not in last and "start=0" in last["previous"]
        for query, name in (("start=-1", "start"), ("count=0", "count"), ("count=201", "count"), ("count=x", "count")):
            fault = await client(visit).fault("GET", f"{path}?{query}", 400)
            assert fault["type"] == "MalformedParameterException" and fault["arguments"]["parameter"] == name
        assert (await client(visit).fault("GET", f"{JOBS}/nope/executions", 404))["type"] == "JobNotFoundException"


async def test_nobody_finds_what_another_may_see(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        await some(visit)
        for key, total in (
            (await visit.key(project="elsewhere"), 0),
            (await visit.key("executions:read:held", name="narrow"), 1),
        ):
            body = json.dumps({"query": EVERYTHING}).encode()
            reply = await client(visit, key).call("POST", SEARCH, pieces=[body])
            assert (reply.status, reply.json["total"]) == (200, total)
        no_reader = client(visit, await visit.key("executions:run", name="runner"))
        assert (await no_reader.fault("POST", SEARCH, 403, b'{"query":{"match_all_query":{}}}'))["type"]
        assert (await no_reader.fault("GET", CUSTOMERS, 403))["type"] == "ClientAccessForbiddenException"
