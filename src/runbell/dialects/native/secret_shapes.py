"""What goes over the native wire about secrets: a value on its way in, never on its way out."""

from msgspec import Struct

from runbell.dialects.native.shapes import Links, Moment


class SecretBody(Struct, frozen=True, forbid_unknown_fields=True):
    """The value, 1 to 65,536 bytes of text."""

    value: str


class SecretShape(Struct, frozen=True, kw_only=True):
    """A secret without its value. `jobs`: those whose current version names it."""

    name: str
    project: str
    revision: int
    created_at: Moment
    updated_at: Moment
    updated_by: str
    last_used_at: Moment | None
    jobs: tuple[str, ...]
    links: Links


class SecretsPage(Struct, frozen=True):
    """Secrets by name."""

    items: list[SecretShape]
    next_cursor: str | None
    has_more: bool
