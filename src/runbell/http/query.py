"""The query string: read once, each name at most once, and never a place for credentials."""

from collections import Counter
from typing import Final
from urllib.parse import parse_qsl

from runbell.domain.did_you_mean import did_you_mean
from runbell.domain.faults import InvalidField, Malformed
from runbell.http.times import moment

CREDENTIALS: Final = frozenset({"access_token", "api_key", "apikey", "token", "x-api-key", "authorization"})
DEFAULT_LIMIT: Final = 50
MAX_LIMIT: Final = 1_000


def read(raw: bytes) -> dict[str, str]:
    """The parameters by name. Raises Malformed for what is not UTF-8, InvalidField for a name given twice."""
    try:
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=100)
    except (UnicodeDecodeError, ValueError):
        raise Malformed("Percent-encode the query string as UTF-8, and send at most 100 parameters.") from None
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(name for name, _ in pairs if [other for other, _ in pairs].count(name) > 1)
        raise refused(twice, "repeated", f"Give {twice!r} once; separate several values by commas.")
    if any("\0" in name or "\0" in value for name, value in pairs):
        raise Malformed("The query string holds a NUL character; leave it out.")
    return found


def read_leniently(raw: bytes) -> dict[str, str]:
    """The parameters by name, of a repeated one the last. Raises Malformed for what can be no text."""
    try:
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=1_000)
    except (UnicodeDecodeError, ValueError):
        raise Malformed("Percent-encode the query string as UTF-8, and send at most 1000 parameters.") from None
    if any("\0" in name or "\0" in value for name, value in pairs):
        raise Malformed("The query string holds a NUL character; leave it out.")
    return dict(pairs)


def repeated(raw: bytes) -> frozenset[str]:
    """The names that come more than once. Raises Malformed for what can be no text."""
    try:
        names = [name for name, _ in parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict")]
    except (UnicodeDecodeError, ValueError):
        raise Malformed("Percent-encode the query string as UTF-8.") from None
    return frozenset(name for name, times in Counter(names).items() if times > 1)


def check(found: dict[str, str], known: frozenset[str]) -> None:
    """Refuse credentials in the address, and names that the route does not declare (`params.*`: all that begin so)."""
    for name in found.keys() - known:
        if f"{name.partition('.')[0]}.*" in known and not name.endswith("."):
            continue
        if name.lower() in CREDENTIALS:
            raise Malformed("Send credentials in the Authorization header only; addresses end up in logs.")
        available = ", ".join(sorted(known)) or "none"
        said = f"There is no parameter {name!r} here{did_you_mean(name, known) or '.'} There are: {available}."
        raise refused(name, "unknown_parameter", said)


def whole(found: dict[str, str], name: str, *, low: int = 0, high: int = 2**63 - 1) -> int | None:
    """A whole number between `low` and `high`, None when absent. Raises InvalidField."""
    text = found.get(name)
    if text is None:
        return None
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 20) or not low <= int(text) <= high:
        raise refused(name, "not_a_number", f"{name!r} must be a whole number from {low} to {high}.")
    return int(text)


def limit(found: dict[str, str]) -> int:
    """How many rows a page holds (AIP-158): 0 or absent is 50, over 1,000 is 1,000, negative is refused."""
    name = "page_size" if "page_size" in found else "limit"
    return min(whole(found, name) or DEFAULT_LIMIT, MAX_LIMIT)


def flag(found: dict[str, str], name: str, *, default: bool = False) -> bool:
    """True or false; a name without a value is true."""
    text = found.get(name)
    if text is None:
        return default
    if text not in {"", "true", "false"}:
        raise refused(name, "not_a_flag", f"{name!r} must be true or false.")
    return text != "false"


def time(found: dict[str, str], name: str) -> int | None:
    """A moment in epoch ms, None when absent. Raises InvalidField."""
    text = found.get(name)
    try:
        return None if text is None else moment(text)
    except ValueError as error:
        hint = " In an address a plus sign is written %2B." if text is not None and " " in text else ""
        raise refused(name, "not_a_time", f"{error}{hint}") from None


def refused(name: str, code: str, said: str) -> InvalidField:
    """The refusal of one query parameter."""
    return InvalidField.at(f"?{name}", code, said)
