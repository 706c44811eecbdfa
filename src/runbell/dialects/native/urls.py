"""The endpoint for the ready calls of a job: at this door and at each dialect's, as data and as text to paste."""

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from runbell.domain.parameters_example import example
from runbell.http.answer import Answer, json_answer
from runbell.http.call_texts import curl, powershell, python
from runbell.http.conversation import Conversation, Converse
from runbell.http.query import refused
from runbell.http.ready_calls import Credentials, Ready, ready
from runbell.http.request import Request
from runbell.operations import look
from runbell.operations.trigger import hindrance


class TextsShape(Struct, frozen=True, kw_only=True):
    """A call to paste: into a POSIX shell, a Python program that has only its standard library, a PowerShell."""

    curl: str
    python: str
    powershell: str


class ReadyCallShape(Struct, frozen=True, kw_only=True):
    """One request, whole but for what stands in brackets, and `$RUNBELL_…` for what stands in the environment.

    `token_url`: where this door gives out tokens; one is good only at the door that gave it.
    """

    dialect: str
    name: str
    method: str
    url: str
    headers: dict[str, str]
    body: str | None
    token_url: str
    texts: TextsShape


class JobUrlsShape(Struct, frozen=True, kw_only=True):
    """The ready calls of a job. `hindrance`: why a start would be refused now, null when it would not.

    `dialects` are the doors that are open and can start it.
    """

    job: str
    project: str
    hindrance: str | None
    dialects: tuple[str, ...]
    calls: tuple[ReadyCallShape, ...]


class Urls:
    """The endpoint, and how clients talk to each door about a job."""

    def __init__(self, doors: Sequence[Converse]) -> None:
        self._doors = doors

    async def of_job(self, request: Request) -> Answer:
        """The ready calls of a job at every door."""
        credentials = _credentials(request)
        record = await look.job(request.ports, request.actor, request.values["job"])
        job = await request.ports.catalogue.version(record, record.version)
        params = {parameter.name: example(parameter) for parameter in job.parameters if parameter.required}
        talks = [talk for converse in self._doors if (talk := converse(record, job, params)) is not None]
        calls = [
            _shape(talk, call)
            for talk in talks
            for call in ready(talk, request.base, credentials, keyed=job.require_key)
        ]
        dialects = tuple(talk.dialect for talk in talks)
        said = hindrance(record, job)
        shape = JobUrlsShape(
            job=record.name, project=record.project, hindrance=said, dialects=dialects, calls=tuple(calls)
        )
        return json_answer(shape)


def _shape(talk: Conversation, call: Ready) -> ReadyCallShape:
    return ReadyCallShape(
        dialect=talk.dialect, name=call.name, method=call.method, url=call.url, headers=call.headers, body=call.body,
        token_url=call.token_url,
        texts=TextsShape(curl=curl(call), python=python(call), powershell=powershell(call)),
    )  # fmt: skip


def _credentials(request: Request) -> Credentials:
    said: Literal["token", "key"] = "key" if request.query.get("credentials") == "key" else "token"
    if request.query.get("credentials", said) != said:
        raise refused("credentials", "unknown_credentials", "credentials is token (default) or key.")
    return said
