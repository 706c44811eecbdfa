"""The options that every command has, and how a server is found with them."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

from cyclopts import Group, Parameter
from msgspec import Struct

from runbell.cli import profiles
from runbell.cli.trouble import Refusal

if TYPE_CHECKING:
    from runbell.client import Client

DEFAULT_URL: Final = "http://127.0.0.1:7878"
PROGRAM: Final = "runbell-cli"
FIRST_CONTACT_S: Final = 2.0

Form = Literal["table", "json", "ndjson", "yaml"]
_EVERYWHERE: Final = Group("Server and form of the answer", sort_key=9)


class Found(Struct, frozen=True):
    """A value, and where it came from."""

    value: str | None
    source: str


class Place(Struct, frozen=True):
    """Where a server is, and what opens it. `profile`: whose sign-in or client opens it, when no token does."""

    url: Found
    token: Found
    project: Found
    profile: Found


@Parameter(name="*", group=_EVERYWHERE)
@dataclass(frozen=True)
class Common:
    """Which server, and in which form the answer is printed."""

    url: Annotated[
        str | None, Parameter(help="Address of the server. Else RUNBELL_URL, else the profile's, else the one here.")
    ] = None
    token: Annotated[
        str | None,
        Parameter(help="API key. Else RUNBELL_TOKEN, else the profile's, else the first key of this folder."),
    ] = None
    profile: Annotated[
        str | None, Parameter(help="Which profile. Else RUNBELL_PROFILE, else the one of runbell config use.")
    ] = None
    project: Annotated[
        str | None, Parameter(help="Which project. Else RUNBELL_PROJECT, else the profile's, else the key's own.")
    ] = None
    output: Annotated[Form, Parameter(name=("--output", "-o"), help="Form of the answer.", show_default=False)] = (
        "table"
    )
    json: Annotated[bool, Parameter(negative="", help="Same as -o json.", show_default=False)] = False

    @property
    def form(self) -> Form:
        """In which form to answer."""
        return "json" if self.json else self.output

    def place(self) -> Place:
        """Which server is meant."""
        return find(self.url, self.token, self.profile, self.project)

    def client(self, *, patience: float | None = None) -> "Client":
        """A client of that server; `patience` as of Client. Raises Refusal when the address is none."""
        from runbell.client import Client

        place = self.place()
        passes = None
        if place.token.value is None and place.profile.value is not None:
            from runbell.cli.sign_in import passes_of

            passes = passes_of(place.profile.value)
        return Client(
            address(place),
            place.token.value,
            project=place.project.value,
            patience=FIRST_CONTACT_S if patience is None else patience,
            program=PROGRAM,
            passes=passes,
        )


HERE: Final = Common()


def address(place: Place) -> str:
    """The address of the server. Raises Refusal when it is none."""
    url = place.url.value or DEFAULT_URL
    if not url.startswith(("http://", "https://")):
        raise Refusal(f"{url} is not an address; it begins with http:// or https://, like {DEFAULT_URL}.")
    return url


def data_folder() -> Path:
    """Where a server that was started here keeps its data."""
    return Path(os.environ.get("RUNBELL_DATA", "runbell-data"))


def find(
    url: str | None = None, token: str | None = None, profile: str | None = None, project: str | None = None
) -> Place:
    """The server that was named on the line, by the environment or by a profile, else the one whose data lies here.

    What opens a server goes along with its address: a key of a profile or of the folder is never sent to another one.
    """
    known = profiles.load()
    chosen = _first(
        ("--profile", profile), _environment("RUNBELL_PROFILE"),
        ("runbell config use", known.current if known.current != profiles.HERE else None), ("default", profiles.HERE),
    )  # fmt: skip
    surroundings = {} if profile else os.environ  # what was typed goes before what is set
    of_profile = profiles.profile_named(str(chosen.value), known)
    said = f"profile {chosen.value}"
    local = _url_in(data_folder() / "server.json") if chosen.value == profiles.HERE else None
    where = _first(
        ("--url", url), ("RUNBELL_URL", surroundings.get("RUNBELL_URL")), (said, of_profile.url),
        (f"{data_folder()}/server.json", local), ("default", DEFAULT_URL),
    )  # fmt: skip
    where = Found(str(where.value).rstrip("/"), where.source)
    mine = where.value == (of_profile.url or "").rstrip("/")
    key = _text_of(data_folder() / "admin.key") if where.value == local else None
    return Place(
        where,
        _first(
            ("--token", token), ("RUNBELL_TOKEN", surroundings.get("RUNBELL_TOKEN")),
            (said, of_profile.token if mine else None),
            (f"{data_folder()}/admin.key", key),
        ),
        _first(("--project", project), _environment("RUNBELL_PROJECT"), (said, of_profile.project if mine else None)),
        Found(chosen.value if mine else None, chosen.source),
    )  # fmt: skip


def _first(*values: tuple[str, str | None]) -> Found:
    """The first that is there, and where it came from."""
    for source, value in values:
        if value:
            return Found(value, source)
    return Found(None, "")


def _environment(name: str) -> tuple[str, str | None]:
    return name, os.environ.get(name)


def _url_in(file: Path) -> str | None:
    try:
        return str(json.loads(_text_of(file) or "{}").get("url") or "").rstrip("/") or None
    except (ValueError, AttributeError):
        return None


def _text_of(file: Path) -> str | None:
    try:
        return file.read_text().strip() or None
    except (OSError, UnicodeDecodeError):
        return None
