"""Which refusals the audit log keeps, and as what line."""

from typing import Final

from runbell.domain.audit import ANONYMOUS, DENIED, Entry
from runbell.domain.fault import Fault
from runbell.domain.faults import InsufficientScope, InvalidToken, NotFound, QuotaExceeded, Unauthenticated
from runbell.domain.token_refused import TokenRefused
from runbell.http.request import Request

DENIALS: Final = (Unauthenticated, InvalidToken, InsufficientScope, QuotaExceeded)
"""Refusals that are kept, beside those of tokens and what is not there for want of rights."""


def is_one(fault: Fault, request: Request) -> bool:
    """Whether the audit log keeps a refusal."""
    if isinstance(fault, DENIALS) or (isinstance(fault, TokenRefused) and fault.is_denial):
        return True
    return isinstance(fault, NotFound) and _for_want_of_rights(request)


def entry(fault: Fault, request: Request, at: int) -> Entry:
    """The line of the audit log for a refusal. Who is only claimed to be there is named as it was claimed."""
    principal = getattr(request, "principal", None)
    route = getattr(request, "route", None)
    return Entry(
        at=at, actor=principal.client if principal is not None else str(fault.about.get("who") or ANONYMOUS),
        action=route.name if route is not None else "", project=principal.home if principal is not None else "",
        object=request.scope["path"][:200], outcome=DENIED, address=request.address, request=request.id,
        detail={"code": fault.code, **{name: fault.about[name] for name in ("error", "scope") if name in fault.about}},
    )  # fmt: skip


def _for_want_of_rights(request: Request) -> bool:
    """Whether what is not there for this caller may be there for another: a project, or a job beyond its rights."""
    if getattr(request, "principal", None) is None:
        return False
    actor = getattr(request, "actor", None)
    return actor is None or actor.jobs is not None
