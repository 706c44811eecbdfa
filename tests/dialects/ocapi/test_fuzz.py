"""Whatever is sent, the answer is one that the document of the door allows, and never a defect."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runbell.dialects.ocapi.clauses import FILTERS, OPERATORS, QUERIES
from runbell.dialects.ocapi.search_fields import EXECUTION_FIELDS

from .visit import CUSTOMERS, a_visit, client

pytestmark = pytest.mark.anyio

SEARCH = "/dw/data/v17_4/job_execution_search"
WORDS = st.sampled_from([
    *QUERIES, *FILTERS, *EXECUTION_FIELDS, *OPERATORS, "fields", "field", "operator", "values", "query", "filter",
    "filters", "must", "must_not", "should", "path", "step_executions", "search_phrase", "from", "to", "and", "or",
    "parameters", "name", "value", "region", "SiteScope", "sorts", "count", "start", "select", "expand",
])  # fmt: skip
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), WORDS, st.text(max_size=5))
VALUES = st.recursive(
    LEAVES, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(WORDS, inner, max_size=3)),
    max_leaves=12,
)  # fmt: skip
SELECTS = st.text(alphabet="(),*+-.[]?@&|='ab1 ", max_size=15)
MEDIA = st.sampled_from(["application/json", "application/xml", "text/xml; charset=utf-8", "text/csv", "json", ";", ""])


def as_xml(value: Any) -> str:
    if isinstance(value, dict):
        return "".join(f"<{name}>{as_xml(inner)}</{name}>" for name, inner in value.items())
    if isinstance(value, list):
        return "".join(f"<item>{as_xml(inner)}</item>" for inner in value)
    return "" if value is None else "".join(letter for letter in str(value) if letter.isalnum())


async def test_no_body_and_no_query_is_a_defect(tmp_path: Path) -> None:
    async with a_visit(tmp_path, serving=False) as visit:
        drawn: list[tuple[str, Any, str, str, bool]] = []

        @settings(max_examples=300, database=None, suppress_health_check=list(HealthCheck))
        @given(st.sampled_from([CUSTOMERS, SEARCH]), VALUES, MEDIA, SELECTS, st.booleans())
        def draw(path: str, value: Any, media: str, select: str, whole: bool) -> None:
            drawn.append((path, value, media, select, whole))

        draw()
        call, seen = client(visit), set()
        for path, value, media, select, whole in drawn:
            inner = {"query": value} if path == SEARCH and whole else value
            body = f"<a>{as_xml(inner)}</a>" if "xml" in media else json.dumps(inner)
            asked = path if len(select) < 5 else f"{path}?select={quote(select)}"
            reply = await call.call("POST", asked, pieces=[body.encode()], headers={"content_type": media})
            assert reply.status < 500, (path, value, media, select, reply)
            seen.add(reply.status)
        assert {400, 415} <= seen
