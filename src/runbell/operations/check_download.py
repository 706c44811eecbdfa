"""Check what opens a download without credentials. Nothing is looked up before the signature is found to be ours."""

import hmac
from base64 import urlsafe_b64decode
from typing import Final, Literal, NoReturn
from urllib.parse import parse_qsl

import msgspec
from msgspec import Struct

from runbell.domain.download import LONGEST_S, Ticket
from runbell.domain.execution import Execution
from runbell.domain.faults import Gone, InvalidToken, NotFound
from runbell.domain.ids import is_id
from runbell.operations.give_download import PREFIX, SIGNATURE, key_signature, url_signature
from runbell.operations.identify import principal_of
from runbell.operations.look_data import Left, artifact_of, data_of
from runbell.operations.ports import Ports
from runbell.ports.store import Ref

RIGHT: Final = "results:read"
Why = Literal["signature", "expired", "key", "issuer"]


class DownloadRefused(InvalidToken):
    """What should open a download does not (any more). `why` says what is wrong with it."""

    def __init__(self, why: Why, detail: str) -> None:
        super().__init__(detail, about={"why": why})
        self.why = why


class Opened(Struct, frozen=True):
    """What was opened: the ticket, its execution, and the name of whoever gave it out."""

    ticket: Ticket
    execution: Execution
    giver: str


async def of_url(ports: Ports, method: str, path: str, query: str) -> Opened:
    """What a signed URL opens: method, path and query are those of the request, undecoded.

    Raises DownloadRefused; Gone or NotFound when the execution is not there any more.
    """
    said, _, signature = query.rpartition(SIGNATURE)
    fits = hmac.compare_digest(signature.encode(), url_signature(ports.vault, path, said).encode())
    if method not in {"GET", "HEAD"} or not fits:
        raise DownloadRefused("signature", "The link was changed, or is not one of ours; use it as it came.")
    named = dict(parse_qsl(said, keep_blank_values=True))
    what = Ticket(named["project"], named["execution"], named["artifact"], named["by"], int(named["expires"]))
    return await _opened(ports, what)


async def of_key(ports: Ports, text: str) -> Opened:
    """What a download key opens: all data of one execution. Raises as `of_url` does."""
    body, _, signature = text.removeprefix(PREFIX).rpartition("_")
    fits = hmac.compare_digest(signature.encode(), key_signature(ports.vault, body).encode())
    if not text.startswith(PREFIX) or not fits:
        raise DownloadRefused("key", "The x-api-key opens no download; use the one that came with the link.")
    what = msgspec.msgpack.decode(urlsafe_b64decode(body + "=" * (-len(body) % 4)), type=Ticket)
    return await _opened(ports, what)


async def artifact(ports: Ports, execution: Execution, name: str) -> Left:
    """What lies under a name of the house in the data of an execution that a ticket opens. Raises NotFound."""
    found = artifact_of(await data_of(ports, execution), name)
    if found is None:
        raise NotFound(f"Execution {execution.number} has nothing of that name (any more); list what it left.")
    return found


async def _opened(ports: Ports, what: Ticket) -> Opened:
    now = ports.clock.now() // 1_000
    if what.expires_at <= now or what.expires_at > now + LONGEST_S:
        raise DownloadRefused("expired", "The link has expired; ask for the download again.")
    execution = await ports.store.execution(what.project, Ref(id=what.execution))
    if execution is None:
        await _absent(ports, what)
    try:
        giver = await principal_of(ports, what.by)
    except (InvalidToken, NotFound):
        giver = None
    if giver is None or not giver.holds(RIGHT, what.project, execution.job):
        raise DownloadRefused(
            "issuer", "Whoever gave out this link may not see the execution any more; ask for a new one."
        )
    return Opened(what, execution, giver.client)


async def _absent(ports: Ports, what: Ticket) -> NoReturn:
    if is_id(what.execution) and await ports.store.deleted(what.project, Ref(id=what.execution)) is not None:
        raise Gone("The execution of this link was deleted.", execution=what.execution)
    raise NotFound("The execution of this link is not there any more.")
