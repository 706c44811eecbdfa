"""Changes to a signed link: every bit, every field, every order, every cut."""

from collections.abc import Callable, Iterator
from random import Random
from urllib.parse import parse_qsl, urlencode

Mutation = tuple[str, str]
"""What was done, and the target that came of it."""
_FAR = "4102444800"
_SIGNS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~%&=/:?+"


def tampered(links: list[str], dice: Random) -> Iterator[Mutation]:
    """Endless: first each of the systematic ones on the first link, then random ones on any. None is a link itself."""
    known = set(links)
    for systematic in (_flips, _fields, _cuts, _spellings):
        for how, target in systematic(links[0], links):
            if target not in known:
                yield how, target
    ways: list[tuple[str, Callable[[str, list[str], Random], str]]] = [
        ("a bit", _a_flip), ("a sign", _a_sign), ("a field", _a_field), ("an order", _an_order),
        ("a splice", _a_splice), ("a cut", _a_cut),
        ("two changes", lambda link, all_, dice: _a_sign(_a_field(link, all_, dice), all_, dice)),
    ]  # fmt: skip
    while True:
        how, change = dice.choice(ways)
        target = change(dice.choice(links), links, dice)
        if target not in known:
            yield how, target


def _flips(link: str, _: list[str]) -> Iterator[Mutation]:
    for place, sign in enumerate(link):
        for bit in range(7):
            if (other := chr(ord(sign) ^ 1 << bit)) in _SIGNS and place:
                yield "a bit", link[:place] + other + link[place + 1 :]


def _fields(link: str, links: list[str]) -> Iterator[Mutation]:
    path, pairs = _taken_apart(link)
    others = [dict(_taken_apart(other)[1]) for other in links]
    for place, (name, text) in enumerate(pairs):
        rest = pairs[:place] + pairs[place + 1 :]
        yield f"without {name}", _together(path, rest)
        yield f"{name} twice", _together(path, [*pairs, (name, text)])
        yield f"{name} empty", _together(path, [*pairs[:place], (name, ""), *pairs[place + 1 :]])
        values = {other.get(name, "") for other in others} | {_FAR, "default", "other", "json", "key:x", text.upper()}
        for value in sorted(values - {text}):
            yield f"another {name}", _together(path, [*pairs[:place], (name, value), *pairs[place + 1 :]])
            yield f"{name} first", _together(path, [(name, value), *pairs])
    yield "a new field", _together(path, [("x", "1"), *pairs])
    yield "a new last field", link + "&x=1"
    yield "a fragment of a field", link + "&"


def _cuts(link: str, _: list[str]) -> Iterator[Mutation]:
    for end in range(1, len(link)):
        yield "a cut", link[:end]


def _spellings(link: str, _: list[str]) -> Iterator[Mutation]:
    for place, sign in enumerate(link):
        if sign.isalnum():
            yield "percent-encoded", f"{link[:place]}%{ord(sign):02X}{link[place + 1 :]}"
    path, _, query = link.partition("?")
    for changed in (path + "/", "/" + path, path.upper(), path.replace("/downloads/", "/downloads//"),
                    path.replace("/downloads/", "/./downloads/")):  # fmt: skip
        yield "the same place", f"{changed}?{query}"


def _a_flip(link: str, _: list[str], dice: Random) -> str:
    while True:
        place = dice.randrange(1, len(link))
        if (other := chr(ord(link[place]) ^ 1 << dice.randrange(7))) in _SIGNS:
            return link[:place] + other + link[place + 1 :]


def _a_sign(link: str, _: list[str], dice: Random) -> str:
    place = dice.randrange(1, max(2, len(link)))
    return link[:place] + dice.choice(_SIGNS) + link[place + dice.randrange(2) :]


def _a_field(link: str, links: list[str], dice: Random) -> str:
    path, pairs = _taken_apart(link)
    _, others = _taken_apart(dice.choice(links))
    if pairs and others:
        pairs[dice.randrange(len(pairs))] = dice.choice(others)
    return _together(path, pairs)


def _an_order(link: str, _: list[str], dice: Random) -> str:
    path, pairs = _taken_apart(link)
    dice.shuffle(pairs)
    return _together(path, pairs)


def _a_splice(link: str, links: list[str], dice: Random) -> str:
    other = dice.choice(links)
    place = dice.randrange(1, min(len(link), len(other)))
    return link[:place] + other[place:]


def _a_cut(link: str, _: list[str], dice: Random) -> str:
    begin, end = sorted(dice.sample(range(1, len(link)), 2))
    return link[:begin] + link[end:]


def _taken_apart(link: str) -> tuple[str, list[tuple[str, str]]]:
    path, _, query = link.partition("?")
    return path, parse_qsl(query, keep_blank_values=True)


def _together(path: str, pairs: list[tuple[str, str]]) -> str:
    return f"{path}?{urlencode(pairs)}"
