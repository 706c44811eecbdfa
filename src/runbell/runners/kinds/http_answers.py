"""An answer as a result: its status, its headers as far as they were asked for, its body as JSON or text."""

from email.message import Message
from http import HTTPStatus
from typing import Any, Final

import msgspec

from runbell.egress.call import Answer
from runbell.runners.kinds import StepFailed

SHOWN: Final = 2_000
ALWAYS: Final = ("content-type", "location", "retry-after")


def content(answer: Answer) -> Any:
    """The body: JSON by its type, else text, None when there is none. Raises StepFailed for what is neither."""
    if not answer.body:
        return None
    kind, charset = _type(answer)
    if kind == "application/json" or kind.endswith("+json"):
        try:
            return msgspec.json.decode(answer.body)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            pass  # an answer that lies about itself is kept as the text that it is
    try:
        text = answer.body.decode(charset)
    except (LookupError, UnicodeDecodeError):
        text = "\0"
    if "\0" in text:
        raise StepFailed(f"The answer is neither JSON nor text ({kind or 'no type'}); `save: NAME` keeps it as a file.")
    return text


def decoded(answer: Answer) -> Any:
    """The body as JSON, whatever its type says; None when it is none."""
    try:
        return msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None


def told(answer: Answer, names: list[str]) -> dict[str, str]:
    """The headers that are kept, by their names in small letters; of one that is there twice all values."""
    wanted = {*ALWAYS, *names}
    kept: dict[str, str] = {}
    for name, value in answer.headers:
        if (known := name.lower()) in wanted:
            kept[known] = f"{kept[known]}, {value}" if known in kept else value
    return kept


def beginning(answer: Answer) -> str:
    """The first of the body, on one line, for the log; empty when it is no text."""
    text = answer.body[:SHOWN].decode("utf-8", "ignore")
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def phrase(status: int) -> str:
    """The status with its name, as in "404 Not Found"."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _type(answer: Answer) -> tuple[str, str]:
    message = Message()
    message["content-type"] = answer.header("content-type") or ""
    charset = message.get_content_charset() or "utf-8"
    return (message.get_content_type() if answer.header("content-type") else ""), charset
