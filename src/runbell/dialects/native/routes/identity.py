"""The routes of projects, users, clients, keys, sign-ins, and of who the caller is."""

from typing import Any, Final

from msgspec import Struct

from runbell.dialects.native.identity import shapes as s
from runbell.dialects.native.identity.clients import Clients
from runbell.dialects.native.identity.keys import Keys
from runbell.dialects.native.identity.projects import Projects
from runbell.dialects.native.identity.sessions import Sessions, whoami
from runbell.dialects.native.identity.users import Users
from runbell.dialects.native.routes.said import API, IF_MATCH, IF_NONE_MATCH, PAGE, PROJECT, TEXT, UNLESS_THERE, page
from runbell.domain import faults as f
from runbell.http.cursor import Cursors
from runbell.http.route import JSON, Query, Reply, Route

WRITE: Final = (f.RevisionMismatch, f.StorageFull)
PATCH: Final = (*WRITE, f.PreconditionRequired)
PATCH_MEDIA: Final = "application/merge-patch+json"
GONE: Final = {204: Reply("It is gone, and every credential that hung on it.")}
UNCHANGED: Final = {304: Reply("Unchanged.", {}, ("ETag",))}
CLIENT: Final = f"{API}/clients/{{client}}"
KEY: Final = f"{API}/keys/{{key}}"
PROJECT_PATH: Final = f"{API}/projects/{{project}}"
USER: Final = f"{API}/users/{{user}}"


def of_identity(cursors: Cursors) -> list[Route]:
    """All of them."""
    return [
        *_of_projects(Projects(cursors)), *_of_users(Users(cursors)), *_of_clients(Clients(cursors)),
        *_of_keys(Keys(cursors)), *_of_sessions(Sessions(cursors)),
    ]  # fmt: skip


def _of_projects(projects: Projects) -> list[Route]:
    right: dict[str, Any] = {"scope": "projects:admin", "where": "any"}
    one = _one(s.ProjectShape)
    return [
        Route(method="GET", path=f"{API}/projects", endpoint=projects.page, name="list_projects", query=PAGE,
              summary="Projects by name", faults=(f.BadCursor,), replies=page(s.ProjectsPage), **right),
        Route(method="GET", path=PROJECT_PATH, endpoint=projects.get, name="get_project", headers=(IF_NONE_MATCH,),
              summary="One project", replies=one | UNCHANGED, **right),
        Route(method="PUT", path=PROJECT_PATH, endpoint=projects.put, name="put_project",
              headers=(IF_MATCH, UNLESS_THERE),
              body=s.ProjectBody, summary="Make or change a project", faults=WRITE, replies=one | _new(s.ProjectShape),
              **right),
        Route(method="DELETE", path=PROJECT_PATH, endpoint=projects.delete, name="delete_project",
              headers=(IF_MATCH,), summary="Delete an empty project", faults=(*WRITE, f.InUse), replies=GONE, **right),
    ]  # fmt: skip


def _of_users(users: Users) -> list[Route]:
    right: dict[str, Any] = {"scope": "users:admin", "where": "server"}
    one = _one(s.UserShape)
    return [
        Route(method="GET", path=f"{API}/users", endpoint=users.page, name="list_users", query=PAGE,
              summary="Users by name", faults=(f.BadCursor,), replies=page(s.UsersPage), **right),
        Route(method="GET", path=USER, endpoint=users.get, name="get_user", headers=(IF_NONE_MATCH,),
              summary="One user", replies=one | UNCHANGED, **right),
        Route(method="PUT", path=USER, endpoint=users.put, name="put_user",
              headers=(IF_MATCH, UNLESS_THERE), body=s.UserBody,
              summary="Make or change a user", faults=WRITE, replies=one | _new(s.UserShape), **right),
        Route(method="PATCH", path=USER, endpoint=users.patch, name="patch_user", headers=(IF_MATCH,),
              body=dict[str, Any], body_media=PATCH_MEDIA, body_required=True, summary="Change members of a user",
              faults=PATCH, replies=one, **right),
        Route(method="DELETE", path=USER, endpoint=users.delete, name="delete_user", headers=(IF_MATCH,),
              summary="Delete a user", faults=WRITE, replies=GONE, **right),
    ]  # fmt: skip


def _of_clients(clients: Clients) -> list[Route]:
    right: dict[str, Any] = {"scope": "clients:admin"}
    here, one = (PROJECT,), _one(s.ClientShape)
    return [
        Route(method="GET", path=f"{API}/clients", endpoint=clients.page, name="list_clients", query=(*PAGE, PROJECT),
              summary="Clients by id", faults=(f.BadCursor,), replies=page(s.ClientsPage), **right),
        Route(method="POST", path=f"{API}/clients", endpoint=clients.create, name="create_client", query=here,
              body=s.NewClientBody, summary="A new client and its first secret", faults=WRITE,
              replies=_new(s.NewClientShape), **right),
        Route(method="GET", path=CLIENT, endpoint=clients.get, name="get_client", query=here,
              headers=(IF_NONE_MATCH,), summary="One client", replies=one | UNCHANGED, **right),
        Route(method="PUT", path=CLIENT, endpoint=clients.put, name="put_client", query=here, headers=(IF_MATCH,),
              body=s.ClientBody, summary="Change a client; its secrets stay", faults=WRITE, replies=one, **right),
        Route(method="PATCH", path=CLIENT, endpoint=clients.patch, name="patch_client", query=here,
              headers=(IF_MATCH,), body=dict[str, Any], body_media=PATCH_MEDIA, body_required=True,
              summary="Change members of a client", faults=PATCH, replies=one, **right),
        Route(method="DELETE", path=CLIENT, endpoint=clients.delete, name="delete_client", query=here,
              headers=(IF_MATCH,), summary="Delete a client, and end its tokens", faults=WRITE, replies=GONE, **right),
        Route(method="POST", path=f"{CLIENT}/secrets", endpoint=clients.add_secret, name="add_secret", query=here,
              body=s.SecretBody, summary="One more secret, beside the one there is", faults=(*WRITE, f.InUse),
              replies={201: Reply("The secret, this once.", {JSON: s.NewSecretShape}, ("Location",))}, **right),
        Route(method="DELETE", path=f"{CLIENT}/secrets/{{secret}}", endpoint=clients.remove_secret,
              name="remove_secret", query=here, summary="End a secret, and the tokens it was used for", faults=WRITE,
              replies=GONE, **right),
    ]  # fmt: skip


def _of_keys(keys: Keys) -> list[Route]:
    right: dict[str, Any] = {"scope": "clients:admin"}
    here, one = (PROJECT,), _one(s.KeyShape)
    return [
        Route(method="GET", path=f"{API}/keys", endpoint=keys.page, name="list_keys", query=(*PAGE, PROJECT),
              summary="API keys by id", faults=(f.BadCursor,), replies=page(s.KeysPage), **right),
        Route(method="POST", path=f"{API}/keys", endpoint=keys.create, name="create_key", query=here, body=s.KeyBody,
              body_required=True, summary="A new API key", faults=WRITE, replies=_new(s.NewKeyShape), **right),
        Route(method="GET", path=KEY, endpoint=keys.get, name="get_key", query=here, headers=(IF_NONE_MATCH,),
              summary="One API key", replies=one | UNCHANGED, **right),
        Route(method="PATCH", path=KEY, endpoint=keys.patch, name="patch_key", query=here, headers=(IF_MATCH,),
              body=dict[str, Any], body_media=PATCH_MEDIA, body_required=True, summary="Change members of a key",
              faults=PATCH, replies=one, **right),
        Route(method="DELETE", path=KEY, endpoint=keys.delete, name="delete_key", query=here, headers=(IF_MATCH,),
              summary="Delete an API key", faults=WRITE, replies=GONE, **right),
    ]  # fmt: skip


def _of_sessions(sessions: Sessions) -> list[Route]:
    right: dict[str, Any] = {"scope": "users:admin", "where": "server"}
    whose = Query("user", TEXT, "Only those of the user of this name.")
    return [
        Route(method="GET", path=f"{API}/sessions", endpoint=sessions.page, name="list_sessions",
              query=(whose, *PAGE), summary="Sign-ins that are still good", faults=(f.BadCursor,),
              replies=page(s.SessionsPage), **right),
        Route(method="DELETE", path=f"{API}/sessions/{{session}}", endpoint=sessions.end, name="end_session",
              summary="End a sign-in, and its tokens", faults=(f.StorageFull,), replies=GONE, **right),
        Route(method="GET", path=f"{API}/whoami", endpoint=whoami, name="whoami", anyone=True,
              summary="Who these credentials are, and what they may do",
              replies={200: Reply("You.", {JSON: s.WhoShape})}),
    ]  # fmt: skip


def _one(shape: type[Struct]) -> dict[int, Reply]:
    return {200: Reply("As it stands.", {JSON: shape}, ("ETag",))}


def _new(shape: type[Struct]) -> dict[int, Reply]:
    return {201: Reply("A new one.", {JSON: shape}, ("ETag", "Location"))}
