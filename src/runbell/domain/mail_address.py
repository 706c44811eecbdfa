"""An address that mail can be sent to: one, bare, in ASCII; nothing that a header could read as anything more."""

import re
from typing import Final

LIKE: Final = "an address like ops@example.org, without a name and brackets around it"
_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL: Final = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS: Final = re.compile(rf"(?=[^@]{{1,64}}@){_ATOM}(\.{_ATOM})*@(?=.{{1,190}}\Z){_LABEL}(\.{_LABEL})*", re.ASCII)
"""RFC 5321, 4.1.2, without quoted local parts, address literals and comments. International domains in `xn--` form."""


def is_address(text: str) -> bool:
    """Whether mail can be sent there."""
    return _ADDRESS.fullmatch(text) is not None
