"""What dialects allow of a definition under `ids` and `dialects`. Each says it itself; the house knows no names."""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct


class Words(Struct, frozen=True, forbid_unknown_fields=True):
    """The words of one dialect. `id`: what its clients call a job by; None: they have no ids of their own.

    `unique`: within what an id of theirs names one job. `names_projects`: they know a project by an id of theirs, too.
    `members`: what a job may say to this door, each with its choices (none: any line of text). `also`: the one of them
    that is another id of the job, besides that under `ids`.
    """

    id: Literal["number", "guid", "text"] | None = None
    unique: Literal["project", "server"] = "project"
    names_projects: bool = False
    members: dict[str, tuple[str, ...]] = {}
    also: str | None = None

    @property
    def numbered(self) -> bool:
        """True when a job without an id of theirs goes by our number: none may be given to another job."""
        return self.id == "number"

    def scope(self, project: str) -> str:
        """The project within which an id of a job of `project` is unique; empty for the whole server."""
        return project if self.unique == "project" else ""


Vocabulary = Mapping[str, Words]
"""The words of each dialect by its name."""
