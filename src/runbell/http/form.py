"""Forms: what a browser or an OAuth client sends, each field at most once; a flat JSON object is taken as well."""

from typing import Final
from urllib.parse import parse_qsl

from runbell.domain.faults import Malformed

FORM: Final = "application/x-www-form-urlencoded"
MOST_FIELDS: Final = 100
MOST_BYTES: Final = 65_536


def read(body: bytes) -> dict[str, str]:
    """The fields of a form. Raises Malformed for what is not UTF-8, and for a field given twice (RFC 6749 §3.2)."""
    try:
        text = body.decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except (UnicodeDecodeError, ValueError):
        raise Malformed(f"Percent-encode the form as UTF-8, and send at most {MOST_FIELDS} fields.") from None
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Malformed(f"The field {twice[:100]!r} is given twice; give it once.")
    if any("\0" in name or "\0" in value for name, value in pairs):
        raise Malformed("The form holds a NUL character; leave it out.")
    return found


def from_json(value: object) -> dict[str, str]:
    """A flat JSON object as the fields of a form; null is absent. Raises Malformed for anything deeper than text."""
    if not isinstance(value, dict):
        raise Malformed("Send a form, or one JSON object of texts.")
    found: dict[str, str] = {}
    for name, member in value.items():
        if member is None:
            continue
        if not isinstance(member, str):
            raise Malformed(f"The member {name[:100]!r} must be text; put it in quotes.")
        found[name] = member
    return found
