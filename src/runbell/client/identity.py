"""The calls about who may call: projects, users, OAuth clients, API keys, sign-ins. Secrets are answered once."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar
from urllib.parse import quote

import msgspec

from runbell.client.call import call, stream
from runbell.client.caller import Caller
from runbell.client.connection import API
from runbell.client.effects import Ask, Flow, Stream
from runbell.client.exchange import read
from runbell.client.identity_answers import (
    ApiKey,
    Grants,
    NewApiKey,
    NewOAuthClient,
    NewSecret,
    OAuthClient,
    Project,
    Session,
    User,
    Who,
)

T = TypeVar("T")
PROJECTS: Final = f"{API}/projects"
USERS: Final = f"{API}/users"
CLIENTS: Final = f"{API}/clients"
KEYS: Final = f"{API}/keys"
SESSIONS: Final = f"{API}/sessions"


class IdentityCalls(Caller):
    """Who may call, and what they may do."""

    @call
    def whoami(self) -> Flow[Who]:
        """Who these credentials are, and what they may do."""
        return (yield from self._get(f"{API}/whoami", Who))

    @stream
    def projects(self) -> Stream[Project]:
        """All projects that the caller may see, by name."""
        yield from self._pages(PROJECTS, Project, {})

    @call
    def project(self, name: str) -> Flow[Project]:
        """The project of that name."""
        return (yield from self._get(_at(PROJECTS, name), Project))

    @call
    def put_project(self, name: str, *, title: str = "", ids: Mapping[str, Any] | None = None) -> Flow[Project]:
        """Make or change a project. `ids`: what clients of a dialect know it by, where they do."""
        return (yield from self._write("PUT", _at(PROJECTS, name), {"title": title, "ids": dict(ids or {})}, Project))

    @call
    def delete_project(self, name: str) -> Flow[None]:
        """Delete a project that holds nothing any more. Raises ProblemError `in_use`."""
        yield from self._send(Ask(method="DELETE", path=_at(PROJECTS, name)))

    @stream
    def users(self) -> Stream[User]:
        """All users, by name."""
        yield from self._pages(USERS, User, {})

    @call
    def user(self, name: str) -> Flow[User]:
        """The user of that name."""
        return (yield from self._get(_at(USERS, name), User))

    @call
    def put_user(self, name: str, members: Mapping[str, Any]) -> Flow[User]:
        """Make or change a user: kind (person, service), title, roles by project or `*`, password, disabled."""
        return (yield from self._write("PUT", _at(USERS, name), dict(members), User))

    @call
    def delete_user(self, name: str) -> Flow[None]:
        """Delete a user; every credential of his ends."""
        yield from self._send(Ask(method="DELETE", path=_at(USERS, name)))

    @stream
    def clients(self) -> Stream[OAuthClient]:
        """The OAuth clients of the project, by id."""
        yield from self._pages(CLIENTS, OAuthClient, {})

    @call
    def client(self, client_id: str) -> Flow[OAuthClient]:
        """The OAuth client of that id."""
        return (yield from self._get(_at(CLIENTS, client_id), OAuthClient))

    @call
    def create_client(
        self,
        *,
        name: str = "",
        scopes: Sequence[str] | None = None,
        grants: Grants | None = None,
        user: str | None = None,
        id: str | None = None,  # noqa: A002 - the member's name
        secret: str | None = None,
        redirect_uris: Sequence[str] = (),
        public: bool = False,
    ) -> Flow[NewOAuthClient]:
        """A new OAuth client; its secret is in this answer, once. `id` and `secret`: those that programs have already.

        What it may do: `scopes` in its project, or `grants` by project. `user`: whom it acts for.
        `redirect_uris`: where people whom it sends to sign in are sent back to. `public`: without a secret.
        """
        given: dict[str, Any] = {"name": name, "scopes": scopes, "grants": grants, "user": user, "id": id}
        given |= {"secret": secret, "redirect_uris": list(redirect_uris) or None, "public": public or None}
        return (yield from self._write("POST", CLIENTS, _named(given), NewOAuthClient))

    @call
    def set_redirect_uris(self, client_id: str, uris: Sequence[str]) -> Flow[OAuthClient]:
        """The addresses to which people may be sent back by this client from now on; none: it signs nobody in so."""
        headers = {"Content-Type": "application/merge-patch+json", "If-Match": "*"}
        body = msgspec.json.encode({"redirect_uris": list(uris)})
        ask = Ask(method="PATCH", path=_at(CLIENTS, client_id), headers=headers, body=body)
        return read((yield from self._send(ask)), OAuthClient)

    @call
    def rotate_client_secret(
        self, client_id: str, *, others_expire_at: str | None = None, expires_at: str | None = None
    ) -> Flow[NewSecret]:
        """One more secret of a client, in this answer, once. `others_expire_at`: when those before end."""
        given = _named({"others_expire_at": others_expire_at, "expires_at": expires_at})
        return (yield from self._write("POST", f"{_at(CLIENTS, client_id)}/secrets", given, NewSecret))

    @call
    def delete_client_secret(self, client_id: str, secret_id: str) -> Flow[None]:
        """End a secret of a client, and the tokens that it was used for."""
        yield from self._send(Ask(method="DELETE", path=_at(f"{_at(CLIENTS, client_id)}/secrets", secret_id)))

    @call
    def delete_client(self, client_id: str) -> Flow[None]:
        """Delete an OAuth client; its tokens end."""
        yield from self._send(Ask(method="DELETE", path=_at(CLIENTS, client_id)))

    @stream
    def keys(self) -> Stream[ApiKey]:
        """The API keys of the project, by id."""
        yield from self._pages(KEYS, ApiKey, {})

    @call
    def key(self, key_id: str) -> Flow[ApiKey]:
        """The API key of that id."""
        return (yield from self._get(_at(KEYS, key_id), ApiKey))

    @call
    def create_key(
        self,
        name: str,
        *,
        scopes: Sequence[str] | None = None,
        grants: Grants | None = None,
        user: str | None = None,
        expires_at: str | None = None,
    ) -> Flow[NewApiKey]:
        """A new API key, in this answer, once. What it may do: `scopes`, `grants`, or the roles of its `user`."""
        given = {"name": name, "scopes": scopes, "grants": grants, "user": user, "expires_at": expires_at}
        return (yield from self._write("POST", KEYS, _named(given), NewApiKey))

    @call
    def delete_key(self, key_id: str) -> Flow[None]:
        """Delete an API key; it opens nothing from then on."""
        yield from self._send(Ask(method="DELETE", path=_at(KEYS, key_id)))

    @stream
    def sessions(self, *, user: str | None = None) -> Stream[Session]:
        """Sign-ins that are still good; of one user, or of all."""
        yield from self._pages(SESSIONS, Session, {"user": user})

    @call
    def end_session(self, session_id: str) -> Flow[None]:
        """End a sign-in, and its tokens."""
        yield from self._send(Ask(method="DELETE", path=_at(SESSIONS, session_id)))

    def _write(self, method: str, path: str, members: dict[str, Any], shape: type[T]) -> Flow[T]:
        """POST makes something new each time it arrives, so it is not sent again when it may have."""
        headers = {"Content-Type": "application/json"}
        body = msgspec.json.encode(members)
        ask = Ask(method=method, path=path, headers=headers, body=body, harmless=method != "POST")
        return read((yield from self._send(ask)), shape)


def _at(path: str, name: str) -> str:
    return f"{path}/{quote(name, safe='')}"


def _named(given: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value is not None}
