"""An address that mail can be sent to: one, bare; nothing that a header could read as anything more."""

import re
from typing import Final

LIKE: Final = "an address like ops@example.org, without a name and brackets around it"
_ATOM: Final = r"(?:[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]|[^\W\x00-\x7f])+"
_LABEL: Final = r"[^\W_](?:(?:[^\W_]|-){0,61}[^\W_])?"
_ADDRESS: Final = re.compile(rf"(?=[^@]{{1,64}}@){_ATOM}(\.{_ATOM})*@(?=.{{1,190}}\Z){_LABEL}(\.{_LABEL})*")
"""RFC 5321, 4.1.2, without quoted local parts, address literals and comments; letters and digits of every script
besides (RFC 6531). No separator, control or invisible character of Unicode is one of them."""


def is_address(text: str) -> bool:
    """Whether mail can be sent there."""
    return _ADDRESS.fullmatch(text) is not None and len(text.encode()) <= 254 and _has_wire_form(text)


def on_the_wire(address: str) -> str:
    """The address as mail servers write it: an international domain as `xn--…`, so that few have to know more than
    ASCII. One whose local part is not ASCII stays as it is, and takes a server that speaks SMTPUTF8."""
    local, _, domain = address.rpartition("@")
    return f"{local}@{domain.encode('idna').decode('ascii')}" if local.isascii() and not domain.isascii() else address


def _has_wire_form(text: str) -> bool:
    """Whether its domain is the same one after the way there and back: some letters (ß) lead elsewhere by the older of
    two standards, and only their owner knows where; he writes `xn--…`."""
    domain = text.rpartition("@")[2].lower()
    try:
        return domain.isascii() or domain.encode("idna").decode("idna") == domain
    except UnicodeError:
        return False
