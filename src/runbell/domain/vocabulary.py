"""What dialects allow of a definition under `ids` and `dialects`. Each says it itself; the house knows no names."""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct


class Words(Struct, frozen=True, forbid_unknown_fields=True):
    """The words of one dialect. `id`: what its clients call a job by; None: they have no ids of their own.

    `members`: what a job may say to this door, each with its choices (none: any line of text). `also`: the one of them
    that is another id of the job, besides that under `ids`.
    """

    id: Literal["number", "guid", "text"] | None = None
    members: dict[str, tuple[str, ...]] = {}
    also: str | None = None


Vocabulary = Mapping[str, Words]
"""The words of each dialect by its name."""
