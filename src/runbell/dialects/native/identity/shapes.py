"""The bodies about projects, users, clients, keys and sign-ins. No answer holds a secret that is kept."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from runbell.dialects.native.shapes import Links, Moment
from runbell.domain.redirects import LONGEST, MOST

Title = Annotated[str, Meta(max_length=200)]
Text = Annotated[str, Meta(min_length=1, max_length=255)]
ForeignId = Annotated[str, Meta(min_length=1, max_length=200)] | Annotated[int, Meta(ge=0, le=2**53)]
Secret = Annotated[str, Meta(min_length=20, max_length=200, pattern="^[!-~]+$")]
Password = Annotated[str, Meta(max_length=1000)]
RoleWord = Literal["guest", "viewer", "operator", "author", "admin"]
RedirectUris = Annotated[list[Annotated[str, Meta(min_length=1, max_length=LONGEST)]], Meta(max_length=MOST)]
GrantsShape = dict[str, list[str]]


class QuotaShape(Struct, frozen=True, forbid_unknown_fields=True):
    """At most `limit` requests in `window_s` seconds."""

    limit: Annotated[int, Meta(ge=1, le=2**31 - 1)]
    window_s: Annotated[int, Meta(ge=1, le=86_400)]


class ProjectBody(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A project. `ids`: what clients of a dialect know it by, where they do."""

    title: Title = ""
    ids: dict[Text, ForeignId] = {}


class ProjectShape(Struct, frozen=True, kw_only=True):
    """A project as it stands."""

    name: str
    number: int
    id: str
    title: str
    ids: dict[str, int | str]
    revision: int
    created_at: Moment
    links: Links


class UserBody(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A user. `roles`: one per project, or for `*`. A password that is left out stays; null takes it away."""

    kind: Literal["person", "service"] = "person"
    title: Title = ""
    roles: dict[Text, RoleWord] = {}
    password: Password | UnsetType | None = UNSET
    disabled: bool = False


class UserShape(Struct, frozen=True, kw_only=True):
    """A user as he stands."""

    name: str
    id: str
    kind: Literal["person", "service"]
    title: str
    roles: dict[str, str]
    has_password: bool
    disabled: bool
    disabled_at: Moment | None
    revision: int
    created_at: Moment
    last_used_at: Moment | None
    links: Links


class ClientBody(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A client. What it may do: `scopes` in its own project, or `grants` per project. `user`: whom it acts for.

    `redirect_uris`: where people whom it sends to the authorization endpoint may be sent back to.
    """

    name: Title = ""
    scopes: list[Text] | None = None
    grants: GrantsShape | None = None
    user: Text | None = None
    redirect_uris: RedirectUris = []
    quota: QuotaShape | None = None
    disabled: bool = False


class NewClientBody(ClientBody, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A new client. An `id` and a `secret` that programs already have may be given; else they are made.

    `public`: it runs where no secret can be kept (a browser, somebody's machine), gets none, and only signs people in.
    """

    id: Text | None = None
    secret: Secret | None = None
    public: bool = False


class SecretBody(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One more secret. `others_expire_at`: when those there are end, so that programs can change over until then."""

    expires_at: Moment | None = None
    others_expire_at: Moment | None = None
    secret: Secret | None = None


class SecretShape(Struct, frozen=True, kw_only=True):
    """A secret as it can be seen: not itself."""

    id: str
    created_at: Moment
    expires_at: Moment | None
    last_used_at: Moment | None


class NewSecretShape(SecretShape, frozen=True, kw_only=True):
    """A secret, this once."""

    secret: str


class ClientShape(Struct, frozen=True, kw_only=True):
    """A client as it stands."""

    id: str
    name: str
    project: str
    grants: GrantsShape
    user: str | None
    redirect_uris: list[str]
    public: bool
    quota: QuotaShape | None
    disabled: bool
    secrets: list[SecretShape]
    revision: int
    created_at: Moment
    links: Links


class NewClientShape(ClientShape, frozen=True, kw_only=True):
    """A new client with its first secret, this once; a public one has none."""

    secret: str | None


class KeyBody(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A key. What it may do: `scopes` in its own project, `grants` per project, or the roles of its `user`.

    `surfaces`: the doors that it is good at, `native` or a dialect's name; none: every door.
    """

    name: Text
    scopes: list[Text] | None = None
    grants: GrantsShape | None = None
    user: Text | None = None
    surfaces: list[Text] = []
    quota: QuotaShape | None = None
    expires_at: Moment | None = None


class KeyShape(Struct, frozen=True, kw_only=True):
    """A key as it can be seen: not itself. `grants` null: whatever the roles of its user allow."""

    id: str
    name: str
    project: str
    grants: GrantsShape | None
    user: str | None
    surfaces: list[str]
    quota: QuotaShape | None
    revision: int
    created_at: Moment
    expires_at: Moment | None
    last_used_at: Moment | None
    links: Links


class NewKeyShape(KeyShape, frozen=True, kw_only=True):
    """A key, this once."""

    key: str


class SessionShape(Struct, frozen=True, kw_only=True):
    """A sign-in that is still good."""

    id: str
    subject: str
    client: str
    surface: str
    project: str
    created_at: Moment
    expires_at: Moment
    links: Links


class WhoShape(Struct, frozen=True, kw_only=True):
    """Who these credentials are. `projects`: those where they may do something, `*` for all; `scopes`: what."""

    client: str
    user: str | None
    project: str
    projects: list[str]
    scopes: GrantsShape
    expires_at: Moment | None


class ProjectsPage(Struct, frozen=True):
    """One page of projects, by name."""

    items: list[ProjectShape]
    next_cursor: str | None
    has_more: bool


class UsersPage(Struct, frozen=True):
    """One page of users, by name."""

    items: list[UserShape]
    next_cursor: str | None
    has_more: bool


class ClientsPage(Struct, frozen=True):
    """One page of clients, by id."""

    items: list[ClientShape]
    next_cursor: str | None
    has_more: bool


class KeysPage(Struct, frozen=True):
    """One page of keys, by id."""

    items: list[KeyShape]
    next_cursor: str | None
    has_more: bool


class SessionsPage(Struct, frozen=True):
    """One page of sign-ins, by id."""

    items: list[SessionShape]
    next_cursor: str | None
    has_more: bool
