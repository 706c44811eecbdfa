"""The options that every command has, and how a server is found with them."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

from cyclopts import Parameter
from msgspec import Struct

from runbell.cli.trouble import Refusal

if TYPE_CHECKING:
    from runbell.client import Client

DEFAULT_URL: Final = "http://127.0.0.1:7878"
PROGRAM: Final = "runbell-cli"
FIRST_CONTACT_S: Final = 2.0

Form = Literal["table", "json", "ndjson", "yaml"]


class Place(Struct, frozen=True):
    """Where a server is, and what opens it."""

    url: str
    token: str | None


@Parameter(name="*")
@dataclass(frozen=True)
class Common:
    """Which server, and in which form the answer is printed."""

    url: Annotated[
        str | None, Parameter(help="Address of the server. Else RUNBELL_URL, else the one that serves here.")
    ] = None
    token: Annotated[
        str | None, Parameter(help="API key. Else RUNBELL_TOKEN, else the first key of the server here.")
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
        return find(self.url or os.environ.get("RUNBELL_URL"), self.token or os.environ.get("RUNBELL_TOKEN"))

    def client(self) -> "Client":
        """A client of that server. Raises Refusal when the address is none."""
        from runbell.client import Client

        place = self.place()
        if not place.url.startswith(("http://", "https://")):
            raise Refusal(f"{place.url} is not an address; it begins with http:// or https://, like {DEFAULT_URL}.")
        return Client(place.url, place.token, patience=FIRST_CONTACT_S, program=PROGRAM)


HERE: Final = Common()


def data_folder() -> Path:
    """Where a server that was started here keeps its data."""
    return Path(os.environ.get("RUNBELL_DATA", "runbell-data"))


def find(url: str | None, token: str | None) -> Place:
    """The server that was named, else the one whose data folder lies here.

    The key in that folder is handed to that server alone, never to another address.
    """
    data = data_folder()
    local = _url_in(data / "server.json")
    url = url or local or DEFAULT_URL
    if token is None and url.rstrip("/") == local:
        token = _text_of(data / "admin.key")
    return Place(url.rstrip("/"), token)


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
