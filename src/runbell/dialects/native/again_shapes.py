"""What a restart and a rerun ask for."""

from typing import Any, Literal

from msgspec import Struct

from runbell.dialects.native.callback_shape import CallbackBody


class RestartBody(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a restart begins; default: the first step not done. `callback`: whom to tell of the new execution."""

    from_step: str | None = None
    callback: CallbackBody | None = None


class RerunBody(Struct, frozen=True, forbid_unknown_fields=True):
    """`exact`: the recorded version; `current`: today's. `params` overrides single values. `callback`: whom to tell."""

    mode: Literal["exact", "current"] = "exact"
    params: dict[str, Any] = {}
    callback: CallbackBody | None = None
