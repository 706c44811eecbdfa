"""Answers on stdout, in the form that was asked for: a table for people, or the API's own members."""

import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from runbell.cli.inert import inert, inert_json
from runbell.cli.terminal import columns_of, paint


def put(form: str, value: Any, people: Callable[[], None]) -> None:
    """Print `value` as JSON, NDJSON or YAML, with the API's own member names; as a table, whatever `people` prints."""
    if form == "table":
        people()
    elif form == "ndjson":
        for item in value if isinstance(value, list) else [value]:
            print(inert_json(msgspec.json.encode(item).decode()))
    elif form == "yaml":
        import yaml

        put_text(yaml.safe_dump(msgspec.to_builtins(value), sort_keys=False, allow_unicode=True))
    else:
        put_json(value)


def put_json(value: Any) -> None:
    """Print a value as JSON that people can read."""
    print(inert_json(msgspec.json.format(msgspec.json.encode(value), indent=2).decode()))


def put_text(text: str) -> None:
    """Print whole lines as they are; on a terminal what YAML leaves active in them (directions of writing) is shown."""
    terminal = sys.stdout.isatty()
    for line in text.splitlines(keepends=False) if terminal else ():
        print(inert(line))
    if not terminal:
        print(text, end="")


def put_table(titles: Sequence[str], rows: Iterable[Sequence[str]], nothing: str) -> None:
    """Print rows under their titles, or the sentence `nothing` on stderr."""
    cells = [list(row) for row in rows]
    if not cells:
        print(nothing, file=sys.stderr)
        return
    wide = [max(columns_of(row[place]) for row in [titles, *cells]) for place in range(len(titles))]
    print(paint(_line(titles, wide), "1"))
    for row in cells:
        print(_line(row, wide))


def put_members(members: Iterable[tuple[str, str]]) -> None:
    """Print `name  value` lines; those without a value are left out."""
    shown = [(name, value) for name, value in members if value]
    wide = max((len(name) for name, _ in shown), default=0)
    for name, value in shown:
        print(f"{paint(f'{name:<{wide}}', '2')}  {value}")


def note(text: str) -> None:
    """Say something beside the answer: on stderr, made harmless."""
    print(inert(text, colours=True), file=sys.stderr, flush=True)


def cell(value: Any) -> str:
    """A value of a job or a caller, as one harmless cell; a dash for nothing."""
    return "-" if value is None or value == "" else inert(str(value).replace("\n", " "))


def _line(row: Sequence[str], wide: Sequence[int]) -> str:
    padded = (text + " " * (width - columns_of(text)) for text, width in zip(row, wide, strict=True))
    return "  ".join(padded).rstrip()
