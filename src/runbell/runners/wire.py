"""What server, hand and Python worker say to each other: MessagePack frames behind a four-byte length."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec
from msgspec import Struct

from runbell.domain.outcome import Failed, Gone, Outcome, Succeeded, TryLater
from runbell.ports.runner import InnerStep, Progressed, StepOrder


class Run(Struct, frozen=True, tag=True):
    """Server to hand, hand to worker: run this."""

    order: StepOrder


class StopStep(Struct, frozen=True, tag=True):
    """Server to hand: end the running step by the kill ladder."""

    grace_ms: int


class Noted(Struct, frozen=True, tag=True):
    """The last InnerStep is written down; go on."""


class Discover(Struct, frozen=True, tag=True):
    """Import this file and answer the definitions of its `@job` functions."""

    folder: str
    file: str


class Discovered(Struct, frozen=True, tag=True):
    """The definitions, or the sentence that says why there are none."""

    definitions: list[dict[str, Any]]
    problem: str | None = None


class Done(Struct, frozen=True, tag=True):
    """Worker to hand: the step ended. `clean`: no thread and no child was left behind."""

    outcome: Outcome
    clean: bool


class Within(Struct, frozen=True, tag=True):
    """Worker to hand: the `@step` that begins has so much time; None when it is over."""

    ms: int | None


class Stale(Struct, frozen=True, tag=True):
    """Worker to hand: a file that I imported has changed, ask a fresh worker."""


ToHand = Run | StopStep | Noted | Discover
ToWorker = Run | Noted | Discover
ToServer = Succeeded | Failed | Gone | TryLater | Progressed | InnerStep | Discovered
FromWorker = Done | InnerStep | Progressed | Within | Stale | Discovered

_encode: Final = msgspec.msgpack.Encoder().encode
to_hand: Final = msgspec.msgpack.Decoder[ToHand](ToHand)
to_worker: Final = msgspec.msgpack.Decoder[ToWorker](ToWorker)
to_server: Final = msgspec.msgpack.Decoder[ToServer](ToServer)
from_worker: Final = msgspec.msgpack.Decoder[FromWorker](FromWorker)


def frame(message: Struct) -> bytes:
    """The message as it travels."""
    return framed(_encode(message))


def framed(payload: bytes) -> bytes:
    """An encoded message with its length before it."""
    return len(payload).to_bytes(4, "little") + payload


class Frames:
    """Cuts received bytes into payloads."""

    def __init__(self) -> None:
        self._buffer = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Every payload that is complete now."""
        data = self._buffer + data if self._buffer else data
        start = 0
        while len(data) >= start + 4:
            end = start + 4 + int.from_bytes(data[start : start + 4], "little")
            if len(data) < end:
                break
            yield data[start + 4 : end]
            start = end
        self._buffer = data[start:]
