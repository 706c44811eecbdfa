"""One line of the audit log: who did, or was refused, what to whom, when and from where. It holds no secrets."""

from typing import Any, Final, Literal

from msgspec import Struct

DENIED: Final = "denied"
ANONYMOUS: Final = "anonymous"
"""Who it was, when nobody said who he is."""


class Entry(Struct, frozen=True, kw_only=True):
    """What is written down in the commit of the change itself; a denial stands alone. `at` in epoch ms."""

    at: int
    actor: str
    action: str
    project: str
    object: str
    outcome: Literal["done", "denied"] = "done"
    address: str = ""
    request: str = ""
    detail: dict[str, Any] = {}
