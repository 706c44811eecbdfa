"""XML that was sent, as the JSON value it stands for. No document type, no entity but the five that XML has itself.

Names count without their namespace; the root's name and all attributes are ignored.
"""

import re
from typing import Any, Final

from lxml import etree  # type: ignore[import-untyped]

from runbell.domain.faults import Malformed

LISTS: Final = frozenset(
    {"parameters", "fields", "values", "filters", "must", "must_not", "should", "sorts", "expand", "named_sites"}
)
NUMBERS: Final = frozenset({"count", "start", "db_start_record_"})
FLAGS: Final = frozenset(
    {"from_inclusive", "to_inclusive", "overwrite_export_file", "all_storefront_sites", "meta_data"}
)
CLAUSES: Final = frozenset(
    {"match_all_query", "term_query", "text_query", "bool_query", "filtered_query", "nested_query", "term_filter",
     "range_filter", "range2_filter", "bool_filter", "query_filter"}
)  # fmt: skip
"""What stands in a list for itself, with or without an element around it."""
MOST_BYTES: Final = 1 << 20
DEEPEST: Final = 64
_NUMBER: Final = re.compile(r"-?\d{1,18}")
_DECLARED: Final = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_CODED: Final = re.compile(rb"""\A\s*<\?xml[^>]*?encoding\s*=\s*["']([^"']*)["']""")


def parse(raw: bytes) -> Any:
    """The value of an XML document. Raises Malformed."""
    if len(raw) > MOST_BYTES:
        raise Malformed("The XML document is larger than 1 MiB.")
    coded = _CODED.match(raw[:200].removeprefix(b"\xef\xbb\xbf"))
    if raw.startswith((b"\xff\xfe", b"\xfe\xff", b"\0")) or (coded and coded[1].lower() not in {b"utf-8", b"us-ascii"}):
        raise Malformed("Send the XML document in UTF-8.")
    if _DECLARED.search(raw):
        raise Malformed("The XML document must not have a document type or entities of its own.")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False,
        remove_comments=True, remove_pis=True, encoding="utf-8",
    )  # fmt: skip
    try:
        root = etree.fromstring(raw, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Malformed(f"The body is not XML: {str(error)[:200]}.") from None
    return _object(root, 0)


def _object(element: Any, depth: int) -> dict[str, Any]:
    """The children of an element as members."""
    if depth > DEEPEST:
        raise Malformed(f"The body is nested deeper than {DEEPEST} levels.")
    found: dict[str, Any] = {}
    for child in element:
        name = _name(child)
        if name in found:
            raise Malformed(f"The member {name[:100]!r} is given twice in one element.")
        found[name] = _value(name, child, depth + 1)
    return found


def _value(name: str, element: Any, depth: int) -> Any:
    if name in LISTS:
        return [_entry(child, depth + 1) for child in element]
    if len(element) or name in CLAUSES:
        return _object(element, depth)
    text = element.text or ""
    if name in NUMBERS and _NUMBER.fullmatch(text.strip()):
        return int(text)
    if name in FLAGS and text.strip() in {"true", "false"}:
        return text.strip() == "true"
    return text


def _entry(element: Any, depth: int) -> Any:
    name = _name(element)
    if name in CLAUSES:
        return {name: _object(element, depth)}
    return _object(element, depth) if len(element) else element.text or ""


def _name(element: Any) -> str:
    if not isinstance(element.tag, str):
        raise Malformed("The XML document must not have entities of its own.")
    return str(etree.QName(element).localname)
