"""What one look of `runbell doctor` found."""

from typing import Literal

from msgspec import Struct


class Finding(Struct, frozen=True):
    """What one look found: ok, warn or fail; in words; and what to do."""

    name: str
    state: Literal["ok", "warn", "fail"]
    said: str
    fix: str = ""
