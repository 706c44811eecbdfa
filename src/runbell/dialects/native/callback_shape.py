"""What a start says of its callback."""

from typing import Annotated

from msgspec import Meta, Struct


class CallbackBody(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Whom to tell of this execution. `events`: default its ends. `secret` (whsec_…): default the caller's own."""

    url: Annotated[str, Meta(min_length=1, max_length=2_000)]
    events: Annotated[list[str], Meta(max_length=50)] | None = None
    secret: Annotated[str, Meta(max_length=200)] | None = None
    format: Annotated[str, Meta(max_length=50)] = "runbell"
