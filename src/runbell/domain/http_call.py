"""The fill-ins of a step of kind `http`, filled in where each may stand: a value never becomes more than one part."""

from typing import Any
from urllib.parse import quote

from runbell.domain.fill_in import AnswerValue, Filling, Template, fill_value, parse, text_of


def fill_http(filled: dict[str, Any], filling: Filling) -> dict[str, Any]:
    """The members of a call with everything filled in. Raises FillInError.

    `until_url` is left in pieces: texts, and lists that name what the first answer holds.
    """
    done: dict[str, Any] = {"url": fill_url(filled["url"], filling)}
    for member in ("headers", "form"):
        done[member] = {name: parse(text).fill(filling) for name, text in filled.get(member, {}).items()}
    for member in ("body", "save"):
        done[member] = parse(filled[member]).fill(filling) if member in filled else None
    if "json" in filled:
        done["json"] = fill_value(filled["json"], filling)
    if "until" in filled:
        done["until_url"] = _pieces(parse(filled["until"]["url"]), filling)
    return done


def fill_url(text: str, filling: Filling) -> str:
    """A URL with its values percent-encoded, so that none adds a path, a query or a host. One that the URL begins with
    is taken as it is: it may be the address itself."""
    return "".join(piece for piece in _pieces(parse(text), filling) if isinstance(piece, str))


def _pieces(template: Template, filling: Filling) -> list[str | list[str]]:
    pieces: list[str | list[str]] = []
    for place, part in enumerate(template.parts):
        if isinstance(part, str):
            pieces.append(part)
        elif isinstance(part, AnswerValue):
            pieces.append(list(part.path))
        else:
            value = text_of(part, filling)
            pieces.append(quote(value, safe="") if place else value)
    return pieces
