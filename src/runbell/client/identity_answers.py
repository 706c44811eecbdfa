"""What the native API answers about who may call it: projects, users, clients, keys, sign-ins, and the caller."""

from typing import Any

from msgspec import Struct, field

Grants = dict[str, list[str]]
"""Rights by project; `*` is every project."""


class Who(Struct, frozen=True, kw_only=True):
    """Who the caller is, and what he may do where."""

    client: str = ""
    user: str | None = None
    project: str = ""
    projects: tuple[str, ...] = ()
    scopes: Grants = field(default_factory=dict)
    expires_at: str | None = None


class Project(Struct, frozen=True, kw_only=True):
    """A place with jobs of its own. `ids`: what clients of the dialects know it by."""

    name: str
    number: int = 0
    id: str = ""
    title: str = ""
    ids: dict[str, Any] = field(default_factory=dict)
    revision: int = 0
    created_at: str = ""


class User(Struct, frozen=True, kw_only=True):
    """A person or a service account, with one role per project, or for `*`."""

    name: str
    id: str = ""
    kind: str = "person"
    title: str = ""
    roles: dict[str, str] = field(default_factory=dict)
    has_password: bool = False
    disabled: bool = False
    disabled_at: str | None = None
    revision: int = 0
    created_at: str = ""
    last_used_at: str | None = None


class Secret(Struct, frozen=True, kw_only=True):
    """A client's secret, as it can be seen: not itself."""

    id: str
    created_at: str = ""
    expires_at: str | None = None
    last_used_at: str | None = None


class NewSecret(Secret, frozen=True, kw_only=True):
    """A secret, this once."""

    secret: str


class OAuthClient(Struct, frozen=True, kw_only=True):
    """A program that takes tokens."""

    id: str
    name: str = ""
    project: str = "default"
    grants: Grants | None = None
    user: str | None = None
    redirect_uris: tuple[str, ...] = ()
    public: bool = False
    quota: dict[str, int] | None = None
    disabled: bool = False
    secrets: tuple[Secret, ...] = ()
    revision: int = 0
    created_at: str = ""


class NewOAuthClient(OAuthClient, frozen=True, kw_only=True):
    """A new client with its first secret, this once; a public one has none."""

    secret: str | None = None


class ApiKey(Struct, frozen=True, kw_only=True):
    """An API key, as it can be seen: not itself."""

    id: str
    name: str = ""
    project: str = "default"
    grants: Grants | None = None
    user: str | None = None
    surfaces: tuple[str, ...] = ()
    quota: dict[str, int] | None = None
    revision: int = 0
    created_at: str = ""
    expires_at: str | None = None
    last_used_at: str | None = None


class NewApiKey(ApiKey, frozen=True, kw_only=True):
    """A new key, this once."""

    key: str


class Session(Struct, frozen=True, kw_only=True):
    """A sign-in that is still good."""

    id: str
    subject: str = ""
    client: str = ""
    surface: str = ""
    project: str = ""
    created_at: str = ""
    expires_at: str | None = None
