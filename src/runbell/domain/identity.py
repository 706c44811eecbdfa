"""Who asks, what it may do, and where: rights, the roles that bundle them, and the actor of one request."""

from collections.abc import Iterable
from typing import Any, Final

from msgspec import Struct

from runbell.domain.audit import Entry

SCOPES: Final = (
    "jobs:read", "jobs:write",
    "executions:read", "executions:run", "executions:stop", "executions:delete",
    "logs:read", "results:read",
    "schedules:write", "webhooks:write", "secrets:write",
    "projects:admin", "clients:admin", "users:admin", "audit:read",
)  # fmt: skip
OF_JOBS: Final = frozenset(SCOPES[:10])
"""The rights that can be narrowed to one job, as `executions:run:nightly-load`."""
DEFAULT_PROJECT: Final = "default"
EVERYWHERE: Final = "*"

Rights = dict[str, frozenset[str] | None]
"""A right and the jobs it reaches; None: all of them."""
Grants = dict[str, tuple[str, ...]]
"""What somebody may do: rights as they are written, per project; `*` stands for every project."""


class Actor(Struct, frozen=True):
    """A caller whose credentials were checked, in one request. `client` survives the rotation of its secrets.

    `jobs` are those that the right which this request needs reaches (None: all). `address` and `request` say where it
    came from, for the audit log. `everywhere`: the right holds in every project, and none was named.
    """

    client: str
    project: str
    scopes: frozenset[str]
    jobs: frozenset[str] | None = None
    address: str = ""
    request: str = ""
    everywhere: bool = False

    def reaches(self, job: str) -> bool:
        """True when this request may touch that job of the actor's project."""
        return self.jobs is None or job in self.jobs

    def did(self, action: str, to: str, at: int, **detail: Any) -> Entry:
        """The line of the audit log for what this actor does, written with the change itself."""
        return Entry(
            at=at, actor=self.client, action=action, project=self.project, object=to, address=self.address,
            request=self.request, detail=detail,
        )  # fmt: skip


def rights(written: Iterable[str]) -> Rights:
    """The rights of a list like `jobs:read`, `executions:run:nightly-load`. Raises ValueError with a sentence."""
    found: Rights = {}
    for text in written:
        scope, job = split(text)
        if job is None:
            found[scope] = None
        elif found.get(scope, frozenset()) is not None:
            found[scope] = (found.get(scope) or frozenset()) | {job}
    return found


def split(text: str) -> tuple[str, str | None]:
    """A written right as the right and the job it is narrowed to. Raises ValueError with a sentence."""
    scope, job = ":".join(text.split(":")[:2]), ":".join(text.split(":")[2:])
    if scope not in SCOPES:
        raise ValueError(f"There is no right {text[:100]!r}; there are {', '.join(SCOPES)}.")
    if text.count(":") > 1 and (not job or scope not in OF_JOBS):
        raise ValueError(f"{scope} cannot be narrowed like {text[:100]!r}; write a right of jobs and a job's name.")
    return scope, job or None
