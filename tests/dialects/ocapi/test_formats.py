"""JSON and XML, select, versions and sites, methods in disguise, and everything that is refused about them."""

import time
from pathlib import Path
from typing import Any

import pytest
from lxml import etree  # type: ignore[import-untyped]

from runbell.dialects.ocapi import selecting
from runbell.dialects.ocapi.refusals import MalformedSelector

from .visit import CUSTOMERS, JOBS, a_visit, client, ended, stranger

pytestmark = pytest.mark.anyio

XML = "application/xml"
XML_UTF8 = "application/xml;charset=UTF-8"
REGION = (
    b"<x:job_execution_request xmlns:x='urn:any' xmlns='urn:other' v='1'><parameters>"
    b"<job_execution_parameter><name>region</name><value>north</value>"
    b"</job_execution_parameter></parameters></x:job_execution_request>"
)
BOMB = b'<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;">]><a>&c;</a>'


async def test_xml_in_is_xml_out(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        reply = await client(visit).call("POST", CUSTOMERS, pieces=[REGION], headers={"content_type": XML})
        assert (reply.status, reply.headers["content-type"]) == (200, XML_UTF8)
        assert reply.body.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n<job_execution _v="17.4"')
        root = etree.fromstring(reply.body)
        assert (root.tag, root.get("_type"), len(root.get("_resource_state"))) == ("job_execution", "job_execution", 64)
        assert root.findtext("is_restart") == "false" and root.findtext("duration") == "0"
        (parameter,) = root.find("parameters")
        assert (parameter.tag, parameter.findtext("value")) == ("job_execution_parameter", "north")


async def test_the_sample_of_reduced_xml(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        path = await ended(visit, await client(visit).call("POST", CUSTOMERS))
        number = path.rpartition("/")[2]
        asked = f"/s/-/dw/data/v23_2/jobs/CustomerImportJob/executions/{number}?format=xml&select=(id,status)"
        reply = await client(visit).call("GET", asked)
        assert reply.body.partition(b"\n")[2].decode() == (
            f'<job_execution _v="23.2" _type="job_execution"><id>{number}</id><status>OK</status></job_execution>'
        )
        whole = etree.fromstring((await client(visit).call("GET", f"{path}?format=xml")).body)
        steps = whole.find("step_executions")
        assert [step.tag for step in steps] == ["job_step_execution"] * 2
        assert steps[0].find("exit_status").find("message").text is None


async def test_a_fault_in_xml(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        reply = await client(visit).call("POST", f"{JOBS}/Nope/executions", headers={"content_type": "text/xml"})
        assert reply.status == 404 and reply.headers["content-type"] == XML_UTF8
        assert reply.body.partition(b"\n")[2].decode() == (
            '<fault _v="17.4"><arguments><argument key="jobId">Nope</argument></arguments>'
            "<message>No job with ID 'Nope' was found.</message><type>JobNotFoundException</type></fault>"
        )
        reply = await client(visit).call("GET", "/dw/data/v17_4/nope?format=xml")
        assert b'<argument key="path" type="string">/dw/data/v17_4/nope</argument>' in reply.body


@pytest.mark.parametrize(
    ("said", "query", "wanted"),
    [
        ({}, "", "json"), ({"accept": "*/*"}, "", "json"), ({"accept": "application/*"}, "", "json"),
        ({"accept": "text/html, application/xml;q=0.9"}, "", "xml"), ({"accept": "text/xml"}, "", "xml"),
        ({"accept": "application/xml;q=0.1, application/json;q=0.2"}, "", "json"),
        ({"accept": "application/xml"}, "?format=json", "json"), ({}, "?format=XML", "xml"),
        ({"content_type": "application/xml"}, "", "json"), ({"content_type": "text/plain"}, "", "json"),
    ],
)  # fmt: skip
async def test_the_format_of_an_answer(tmp_path: Path, said: dict[str, str], query: str, wanted: str) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        started = (await client(visit).call("POST", CUSTOMERS)).json
        reply = await client(visit).call("GET", f"{CUSTOMERS}/{started['id']}{query}", headers=said)
        assert reply.headers["content-type"] == {"json": "application/json;charset=UTF-8", "xml": XML_UTF8}[wanted]


@pytest.mark.parametrize(
    ("method", "said", "query", "status", "kind"),
    [
        ("GET", {}, "?format=yaml", 415, "UnsupportedMediaTypeException"),
        ("GET", {"accept": "text/html"}, "", 415, "UnsupportedMediaTypeException"),
        ("POST", {"content_type": "text/csv"}, "", 415, "UnsupportedMediaTypeException"),
        ("POST", {"content_type": "application/json; charset=latin-1"}, "", 415, "UnsupportedMediaTypeException"),
        ("POST", {"content_type": "json"}, "", 400, "MalformedMediaTypeException"),
        ("POST", {"content_type": "application/json; charset"}, "", 400, "MalformedMediaTypeException"),
        ("GET", {}, "?select=(id", 400, "MalformedSelectorException"),
        ("POST", {}, "?select=id", 400, "MalformedSelectorException"),
        ("POST", {}, "?method=FETCH", 400, "IllegalHttpMethodOverrideException"),
        ("POST", {"x_dw_http_method_override": "GET"}, "", 400, "IllegalHttpMethodOverrideException"),
    ],
)  # fmt: skip
async def test_what_is_refused_before_anything_is_done(
    tmp_path: Path, method: str, said: dict[str, str], query: str, status: int, kind: str
) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        path = CUSTOMERS if method == "POST" else f"{CUSTOMERS}/1"
        fault = await client(visit).fault(method, f"{path}{query}", status, b"{}" if method == "POST" else b"", **said)
        assert fault["type"] == kind
        assert await visit.executions() == 0


@pytest.mark.parametrize(
    "body",
    [BOMB, b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', b"<a>&b;</a>", b"<a><b></a>", b"<a/>" * 2,
     b"<a>" * 300 + b"</a>" * 300, b'<?xml version="1.0" encoding="UTF-16"?><a/>', "<a/>".encode("utf-16"),
     b"<a><parameters/><parameters/></a>", b"\xff<a/>"],
)  # fmt: skip
async def test_xml_that_is_not_taken(tmp_path: Path, body: bytes) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        reply = await client(visit).call("POST", CUSTOMERS, pieces=[body], headers={"content_type": XML})
        assert reply.status == 400 and b"<type>BodyDecodingException</type>" in reply.body, reply
        assert b"root:" not in reply.body and await visit.executions() == 0


async def test_a_body_over_a_mebibyte_is_too_large(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        fault = await client(visit).fault("POST", CUSTOMERS, 413, b" " * (2**20 + 1))
        assert fault["type"] == "RequestTooLargeException"


async def test_versions_and_sites(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        number = (await client(visit).call("POST", CUSTOMERS)).json["id"]
        rest = f"jobs/CustomerImportJob/executions/{number}"
        for path, version in (
            (f"/dw/data/v17_4/{rest}", "17.4"), (f"/s/-/dw/data/v25_6/{rest}", "25.6"),
            (f"/s/SiteGenesis/DW/Data/V19_10/{rest.replace('jobs', 'JOBS')}/", "19.10"),
        ):  # fmt: skip
            reply = await client(visit).call("GET", path)
            assert (reply.status, reply.json["_v"]) == (200, version), path
            newer = {"creation_date", "last_modified"} <= set(reply.json)
            assert newer == (version == "25.6")
        for path in ("/dw/data", "/dw/data/", f"/dw/data/17_4/{rest}", f"/dw/data/{rest}", f"/s/-/dw/data/v17/{rest}"):
            reply = await client(visit).call("GET", path)
            assert (reply.status, reply.json["fault"]["type"], "_v" in reply.json) == (
                400, "InvalidVersionException", False
            ), path  # fmt: skip


async def test_unknown_paths_and_methods(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        fault = await client(visit).fault("GET", "/dw/shop/v17_4/products", 404)
        assert fault == {
            "arguments": {"path": {"type": "string", "value": "/dw/shop/v17_4/products"}}, "type": "NotFoundException",
            "message": "Unknown resource '/dw/shop/v17_4/products'. Please provide a valid resource.",
        }  # fmt: skip
        fault = await stranger(visit).fault("GET", "/s/-/dw/data/v17_4/products", 401)
        assert fault["type"] == "InvalidAuthorizationHeaderException"
        for method, path in (("GET", "/s/-/dw/data/v17_4/products"), ("PUT", CUSTOMERS)):
            fault = await client(visit, "no-such-token").fault(method, path, 401)
            assert fault["type"] == "InvalidAccessTokenException", path
        fault = await client(visit).fault("PUT", CUSTOMERS, 405)
        assert (fault["type"], fault["arguments"]) == ("MethodNotAllowedException", {"method": "PUT"})
        reply = await client(visit).call("PATCH", f"{CUSTOMERS}/1")
        assert reply.headers["allow"] == "DELETE, GET, HEAD, OPTIONS"


async def test_a_post_can_stand_for_other_methods(tmp_path: Path) -> None:
    async with a_visit(tmp_path) as visit:
        call = client(visit)
        path = await ended(visit, await call.call("POST", CUSTOMERS))
        site = f"/s/-{path}"
        assert (await call.call("POST", f"{site}?method=HEAD")).status == 204
        assert (await call.call("POST", site, headers={"x_dw_http_method_override": "options"})).status == 204
        assert (await call.call("POST", f"{site}?method=PUT")).status == 405
        assert (await call.call("POST", site, headers={"x_dw_http_method_override": "DELETE"})).status == 204
        assert (await call.call("GET", site)).status == 404


async def test_head_and_options_say_no_more_than_204(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        call = client(visit)
        number = (await call.call("POST", CUSTOMERS)).json["id"]
        for method in ("HEAD", "OPTIONS"):
            for path in (CUSTOMERS, f"{CUSTOMERS}/{number}", f"/s/-{CUSTOMERS}"):
                reply = await call.call(method, path)
                assert (reply.status, reply.body) == (204, b""), (method, path)
        assert (await call.call("HEAD", f"{CUSTOMERS}/99")).status == 404


DOCUMENT: dict[str, Any] = {
    "_v": "17.4", "_type": "t", "_resource_state": "s", "id": "7", "size": 3, "scopes": ["A", "B"],
    "exit": {"_type": "status", "code": "OK", "message": ""},
    "steps": [{"_type": "step", "id": str(n), "took": n, "ok": n % 2 == 0} for n in range(5)],
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("(**)", DOCUMENT),
        ("(*)", {"_v": "17.4", "_type": "t", "id": "7", "size": 3}),
        ("(id)", {"_v": "17.4", "_type": "t", "id": "7"}),
        ("(nothing)", {"_v": "17.4", "_type": "t"}),
        ("(-steps,-exit,-scopes)", {"_v": "17.4", "_type": "t", "id": "7", "size": 3}),
        ("(*,-size)", {"_v": "17.4", "_type": "t", "id": "7"}),
        ("(**,-steps,-exit)", {k: v for k, v in DOCUMENT.items() if k not in {"steps", "exit"}}),
        ("( id , +exit.(code) )",
         {"_v": "17.4", "_type": "t", "id": "7", "exit": {"_type": "status", "code": "OK"}}),
        ("(exit.(code),exit.(message))", {"_v": "17.4", "_type": "t", "exit": DOCUMENT["exit"]}),
        ("(scopes[0:1])", {"_v": "17.4", "_type": "t", "scopes": ["A"]}),
        ("(scopes.[1,7])", {"_v": "17.4", "_type": "t", "scopes": ["B"]}),
        ("(scopes[1,0,1,1])", {"_v": "17.4", "_type": "t", "scopes": ["B", "A"]}),
        ("(steps[9].(id))", {"_v": "17.4", "_type": "t", "steps": []}),
        ("(steps[1:3].(id))", {"_v": "17.4", "_type": "t", "steps": [
            {"_type": "step", "id": "1"}, {"_type": "step", "id": "2"}]}),
        ("(steps[?(@.took >= 3 && @.ok == true || @.id == '0')].(id))", {"_v": "17.4", "_type": "t", "steps": [
            {"_type": "step", "id": "0"}, {"_type": "step", "id": "4"}]}),
        ("(steps[?(@.took != 2 && @.took < 3)].(id))", {"_v": "17.4", "_type": "t", "steps": [
            {"_type": "step", "id": "0"}, {"_type": "step", "id": "1"}]}),
        ("(steps[0],-steps.(took,ok))", {"_v": "17.4", "_type": "t", "steps": [{"_type": "step", "id": "0"}]}),
    ],
)  # fmt: skip
def test_a_selector_leaves_what_it_names(text: str, wanted: dict[str, Any]) -> None:
    found = selecting.reduced(DOCUMENT, selecting.read(text))
    assert found == wanted
    assert list(found) == [name for name in DOCUMENT if name in found]


@pytest.mark.parametrize(
    "text",
    ["id", "()", "(id", "(id))", "(id,)", "(a[-1])", "(a[1:-2])", "(a[])", "(a[?(b==1)])", "(a[?(@.b=1)])", "(a b)",
     "(*a)", "(a.b)", "(" * 50, "(a[?(@.b=='x')]", "(a[1:2:3])", f"(a{',b' * 200})", f"(a.(b{',b.(c)' * 100}))"],
)  # fmt: skip
def test_a_selector_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(MalformedSelector):
        selecting.read(text)


def test_a_member_named_over_and_over_costs_little_more_than_once() -> None:
    hits = [{"id": str(n), "steps": [{"step": place, "status": "OK"} for place in range(50)]} for n in range(400)]
    began = time.process_time()
    whole = selecting.reduced({"hits": hits}, selecting.read(f"({','.join(['hits.(**)'] * 100)})"))
    assert whole == {"hits": hits}
    assert time.process_time() - began < 1.5
