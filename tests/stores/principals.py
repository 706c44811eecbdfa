"""Builders of those who can be a caller."""

from typing import Any

from runbell.domain.principals import (
    ApiKey,
    AuthorizationCode,
    Client,
    ClientSecret,
    DeviceRequest,
    Project,
    Token,
    User,
)
from tests.builders import NOON


def a_project(name: str = "finance", **fields: Any) -> Project:
    """A project."""
    return Project(**({"name": name, "number": 0, "id": f"id-of-{name}", "created_at": NOON} | fields))


def a_user(name: str = "anna", **fields: Any) -> User:
    """Somebody who may look at everything."""
    return User(**({"id": "u1", "name": name, "roles": {"*": "viewer"}, "created_at": NOON} | fields))


def a_secret(name: str = "s1", **fields: Any) -> ClientSecret:
    """One of a client's secrets."""
    return ClientSecret(**({"id": name, "digest": name.encode() * 16, "created_at": NOON} | fields))


def a_client(name: str = "etl", **fields: Any) -> Client:
    """A client that may start every job of its project."""
    known: dict[str, Any] = {"name": name, "project": "default", "grants": {"default": ("executions:run",)}}
    return Client(**({"id": name, "created_at": NOON} | known | fields))


def a_key(name: str = "nightly", **fields: Any) -> ApiKey:
    """A key that may start every job of its project."""
    known: dict[str, Any] = {"id": "k1", "name": name, "project": "default", "digest": name.encode() * 4}
    return ApiKey(**({"grants": {"default": ("executions:run",)}, "created_at": NOON} | known | fields))


def a_token(digest: bytes = b"t1", **fields: Any) -> Token:
    """An access token of the client `etl`."""
    known: dict[str, Any] = {
        "kind": "access", "surface": "native", "subject": "client:etl", "client": "etl", "project": "default",
        "grants": {"default": ("executions:run",)}, "session": "x1", "created_at": NOON, "expires_at": NOON + 900,
    }  # fmt: skip
    return Token(**({"digest": digest} | known | fields))


def a_device(**fields: Any) -> DeviceRequest:
    """A sign-in that begins."""
    known: dict[str, Any] = {"digest": b"d1", "user_code": "AB", "client": "cli", "scopes": (), "interval_s": 5}
    return DeviceRequest(**(known | {"created_at": NOON, "expires_at": NOON + 9} | fields))


def a_code(digest: bytes = b"c1", **fields: Any) -> AuthorizationCode:
    """What the user `u1` allowed the client `web`."""
    known: dict[str, Any] = {
        "client": "web", "user": "u1", "scopes": (), "redirect_uri": "https://app.example/", "named": True,
        "challenge": "x" * 43, "session": "x1", "created_at": NOON, "expires_at": NOON + 60_000,
    }  # fmt: skip
    return AuthorizationCode(**({"digest": digest} | known | fields))
