"""A document as XML, by the same rules for all of them: members that begin with `_` are attributes, others elements.

A list is one element with a child per entry, named by the entry's `_type`, else `item`. The vendor shows no XML: the
form is ours, without a namespace, so that consumers need none.
"""

import re
from typing import Any, Final

from lxml import etree  # type: ignore[import-untyped]

_UNFIT: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def written(document: dict[str, Any]) -> bytes:
    """The document in UTF-8. Its root is named by its `_type`; a fault is `fault`."""
    if "fault" in document:
        root = _fault(document["fault"])
        root.attrib.update({name: value for name, value in document.items() if name.startswith("_")})
    else:
        root = _element(document["_type"], document)
    body: bytes = etree.tostring(root, encoding="UTF-8")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + body


def _element(name: str, value: Any) -> Any:
    element = etree.Element(name)
    if isinstance(value, dict):
        for member, inner in value.items():
            if member.startswith("_"):
                element.set(member, _text(inner))
            else:
                element.append(_element(member, inner))
    elif isinstance(value, list):
        for entry in value:
            element.append(_element(entry.get("_type", "item") if isinstance(entry, dict) else "item", entry))
    else:
        element.text = _text(value)
    return element


def _fault(fault: dict[str, Any]) -> Any:
    """Arguments have names that may be any text, so that they stand in an attribute."""
    root = etree.Element("fault")
    arguments = etree.SubElement(root, "arguments")
    for key, value in fault["arguments"].items():
        argument = etree.SubElement(arguments, "argument", key=key)
        if isinstance(value, dict):
            argument.set("type", value["type"])
        argument.text = _text(value["value"] if isinstance(value, dict) else value)
    for name in ("message", "type"):
        etree.SubElement(root, name).text = _text(fault[name])
    return root


def _text(value: Any) -> str:
    """Text as XML can hold it: what it cannot is replaced."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return _UNFIT.sub("\ufffd", "" if value is None else str(value))
