"""What a call may ask of the network. Calls only yield these; a driver (blocking or not) carries them out."""

from collections.abc import Generator, Mapping
from typing import Any, Generic, TypeAlias, TypeVar

from msgspec import Struct, field

T = TypeVar("T")


class Ask(Struct, frozen=True, kw_only=True):
    """One request. `harmless`: sending it twice has the effect of sending it once. `wait_s`: how long it may take more.

    `stream`: a good answer is left open, to be read with ReadLine or ReadPiece.
    """

    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    harmless: bool = True
    wait_s: float = 0
    stream: bool = False


class Pause(Struct, frozen=True):
    """Wait so many seconds."""

    seconds: float


class ReadLine(Struct, frozen=True):
    """The next line of the open answer; None when it is over or the connection dropped."""


class ReadPiece(Struct, frozen=True):
    """The next bytes of the open answer; empty when it is over, None when the connection dropped."""


class Item(Struct, Generic[T], frozen=True):
    """One thing for whoever iterates over the call."""

    value: T


class Answer(Struct, frozen=True):
    """What came back: the status, the headers by lower-case name, the body (empty while it is open)."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class NoAnswer(Struct, frozen=True):
    """Nothing came back. `arrived`: the server may have seen the request nevertheless."""

    why: str
    arrived: bool


Effect: TypeAlias = Ask | Pause | ReadLine | ReadPiece
Flow: TypeAlias = Generator[Effect, Any, T]
Stream: TypeAlias = Generator[Effect | Item[T], Any, None]
