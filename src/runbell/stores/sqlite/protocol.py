"""What the server and the writer say to each other: length-prefixed messages over one socket.

A request is one byte for its kind (its place in REQUESTS) and its msgpack. The writer answers requests in the order in
which they came, many in one Reply.
"""

import struct
from collections.abc import Callable
from enum import IntEnum
from typing import Any, Final, get_args

import msgspec
from msgspec import Struct

from runbell.domain.audit import Entry
from runbell.domain.fault import Fault, Problem
from runbell.domain.faults import FAULTS, Internal
from runbell.domain.lifecycle import Refused
from runbell.domain.status import Status
from runbell.ports.bulk_table import AddBulk, EndBulk, FillBulk, OpenBulk, TellBulk
from runbell.ports.file_table import ForgetFiles, PutFile
from runbell.ports.fire import Fire
from runbell.ports.identity_table import (
    PutClient,
    PutCode,
    PutDevice,
    PutKey,
    PutProject,
    PutToken,
    PutUser,
    Remove,
    Revoke,
    Use,
)
from runbell.ports.job_table import PauseJob, PutJob, RetireJob
from runbell.ports.schedule_table import PauseSchedule, Realign
from runbell.ports.secret_table import KeepSealingKey, PutSecret, RemoveSecret, SecretUses
from runbell.ports.store import Advance, AskToStop, Claim, Delete, Notice, Stale, Start, StopWins
from runbell.ports.upkeep_table import Expire, Forget, Label, Strip
from runbell.ports.webhook_table import (
    ForgetDeliveries,
    GiveUp,
    PutCallbackSecret,
    PutEndpoint,
    Redeliver,
    RemoveEndpoint,
    Replay,
    SendTest,
    TellAttempt,
)


class Claims(Struct, frozen=True):
    """Take several executions."""

    claims: list[Claim]


class Tick(Struct, frozen=True):
    """Do what is due by the clock."""

    at: int
    limit: int


class PruneEvents(Struct, frozen=True):
    """Remove at most `limit` of the oldest events from before that time."""

    before: int
    limit: int


class Denials(Struct, frozen=True):
    """Refusals for the audit log."""

    entries: list[Entry]


class PruneAudit(Struct, frozen=True):
    """Let go of the oldest lines of the audit log, at most `limit`, that are older than `before`."""

    before: int
    limit: int


class Uses(Struct, frozen=True):
    """Note when things were last used."""

    uses: list[Use]


class KeepSecret(Struct, frozen=True):
    """Keep `fresh` under `name`, unless something is kept there already; either way, what is kept."""

    name: str
    fresh: bytes


Request = (
    Start | Claims | Advance | AskToStop | Tick | Delete | PutJob | RetireJob | KeepSecret | Denials | Uses
    | PutProject | PutUser | PutClient | PutKey | PutToken | PutDevice | PutCode | Revoke | Remove | PruneAudit
    | PruneEvents
    | PutSecret | RemoveSecret | SecretUses | KeepSealingKey
    | PauseJob | Label | Expire | Strip | Forget
    | AddBulk | FillBulk | OpenBulk | TellBulk | EndBulk
    | PutFile | ForgetFiles
    | PutEndpoint | RemoveEndpoint | TellAttempt | GiveUp | Redeliver | Replay | SendTest | ForgetDeliveries
    | Fire | PauseSchedule | Realign
    | PutCallbackSecret
)  # fmt: skip
REQUESTS: Final[tuple[type[Request], ...]] = get_args(Request)
_KINDS: Final = {request: kind for kind, request in enumerate(REQUESTS)}


class Said(IntEnum):
    """How an answer is meant."""

    DONE = 0
    FAULT = 1
    STALE = 2
    STOP_WINS = 3
    REFUSED = 4


class Reply(Struct, frozen=True, array_like=True):
    """Answers, in the order of the requests, and what was committed with them. `fatal`: the writer's last words.

    `rang`: a delivery was put on its way.
    """

    answers: list[tuple[int, Any]] = []
    notices: list[Notice] = []
    fatal: str | None = None
    rang: bool = False


class _Refusal(Struct, frozen=True, array_like=True):
    code: str
    detail: str
    problems: tuple[Problem, ...]
    execution: str | None
    retry_after_s: int | None
    about: dict[str, Any]


_LENGTH: Final = struct.Struct(">I")
_HEAD: Final = struct.Struct(">IB")
_encode = msgspec.msgpack.Encoder().encode
_FAULTS: Final = {fault.code: fault for fault in FAULTS}
decode_reply: Final = msgspec.msgpack.Decoder(Reply).decode


def write_request(request: Request) -> bytes:
    """The message of a request."""
    body = _encode(request)
    return _HEAD.pack(len(body) + 1, _KINDS[type(request)]) + body


def write_reply(reply: Reply) -> bytes:
    """The message of a reply."""
    body = _encode(reply)
    return _LENGTH.pack(len(body)) + body


class Inbox:
    """Puts what arrives in pieces together again."""

    def __init__(self, take: Callable[[bytes], None]) -> None:
        self._take = take
        self._rest = b""

    def feed(self, data: bytes) -> None:
        """Hand on every message that is complete now."""
        data = self._rest + data if self._rest else data
        start, end = 0, len(data)
        while end - start >= 4:
            stop = start + 4 + _LENGTH.unpack_from(data, start)[0]
            if stop > end:
                break
            self._take(data[start + 4 : stop])
            start = stop
        self._rest = data[start:]


def answer_to(error: Exception) -> tuple[int, Any]:
    """The answer that carries an exception back to the caller."""
    match error:
        case Fault():
            return Said.FAULT, _Refusal(
                error.code, error.detail, error.problems, error.execution, error.retry_after_s, error.about
            )
        case Stale():
            return Said.STALE, str(error)
        case StopWins():
            return Said.STOP_WINS, str(error)
        case Refused():
            return Said.REFUSED, (error.move, error.status, str(error))
        case _:
            return answer_to(Internal("The store failed over this request; look at the server's log for the reason."))


def error_of(said: int, content: Any) -> Exception:
    """The exception that an answer carries."""
    match said:
        case Said.STALE:
            return Stale(content)
        case Said.STOP_WINS:
            return StopWins(content)
        case Said.REFUSED:
            move, status, why = content
            return Refused(move, Status(status), why)
        case _:
            refusal = msgspec.convert(content, _Refusal)
            return _FAULTS[refusal.code](
                refusal.detail,
                problems=refusal.problems,
                execution=refusal.execution,
                retry_after_s=refusal.retry_after_s,
                about=refusal.about,
            )
