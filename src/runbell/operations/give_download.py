"""Give out what opens a download without credentials: a signed URL for one thing, or a key for one execution's data.

Nothing of either is stored: what the signature covers says it all. It is worked out under a key of the vault, so it is
good until it expires, the execution or whoever gave it out is gone, or the vault has another key.
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

import msgspec

from runbell.domain.download import LONGEST_S, Ticket
from runbell.domain.execution import Execution
from runbell.domain.faults import InvalidField
from runbell.operations.ports import Ports
from runbell.ports.vault import Vault

PURPOSE: Final = "download"
PREFIX: Final = "rb_dl_"
SIGNATURE: Final = "&signature="


def ticket(ports: Ports, execution: Execution, artifact: str, by: str, seconds: int) -> Ticket:
    """A ticket for `artifact` (empty: all) of an execution that was looked at. Raises InvalidField over 7 days."""
    if not 1 <= seconds <= LONGEST_S:
        said = f"A download link is good for 1 to {LONGEST_S} seconds (7 days); ask again for more."
        raise InvalidField.at("?expires_in", "out_of_bounds", said)
    return Ticket(execution.project, execution.id, artifact, by, ports.clock.now() // 1_000 + seconds)


def signed_url(ports: Ports, path: str, what: Ticket, more: Mapping[str, str] | None = None) -> str:
    """`path`, as a request will send it, with the query that opens it; `more` stands in the query, signed too."""
    said = {
        **(more or {}), "project": what.project, "execution": what.execution, "artifact": what.artifact,
        "by": what.by, "expires": str(what.expires_at), "key": ports.vault.key_id,
    }  # fmt: skip
    query = urlencode(said)
    return f"{path}?{query}{SIGNATURE}{url_signature(ports.vault, path, query)}"


def download_key(ports: Ports, what: Ticket) -> str:
    """The text of a key that opens all downloads of one execution, for the header x-api-key."""
    body = urlsafe_b64encode(msgspec.msgpack.encode(what)).decode().rstrip("=")
    return f"{PREFIX}{body}_{key_signature(ports.vault, body)}"


def url_signature(vault: Vault, path: str, query: str) -> str:
    """The signature over method, path and query. A line feed can stand in none of them."""
    return _signature(vault, f"url\nGET\n{path}\n{query}")


def key_signature(vault: Vault, body: str) -> str:
    """The signature of a download key."""
    return _signature(vault, f"key\n{body}")


def _signature(vault: Vault, text: str) -> str:
    return hmac.digest(vault.digest_key(PURPOSE), text.encode(), hashlib.sha256).hex()
