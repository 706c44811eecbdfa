"""The ids that clients of a dialect use: numbers, GUIDs and names of their own for jobs, executions and projects.

Whoever may not see what an id names is told that there is nothing (NotFound), exactly as for an id that names nothing.
"""

import re
from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid5

from msgspec import Struct

from runbell.domain import ids
from runbell.domain.execution import Execution
from runbell.domain.faults import NotFound
from runbell.domain.identity import Actor
from runbell.operations import look
from runbell.operations.define_job import also_by
from runbell.operations.identify import Principal
from runbell.operations.ports import Ports
from runbell.ports.job_table import JobRecord
from runbell.ports.store import Ref

GUID: Final = re.compile(r"\{?[0-9a-fA-F]{8}(?:-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}\}?")


def nothing(what: str) -> NotFound:
    """The refusal for an id that names nothing the caller may see. A dialect says it in its own words."""
    return NotFound(f"There is no {what} of that id here.")


async def job_numbered(ports: Ports, dialect: str, number: int) -> JobRecord:
    """The job with that number in a dialect: the one that was given it, else the one that runbell numbered so."""
    assigned = await ports.store.job_by_id(dialect, str(number), None)
    record = assigned or await ports.store.job_by_number(number)
    if record is None or (assigned is None and dialect in record.definition.get("ids", {})):
        raise nothing("job")
    return record


async def job_or_none(ports: Ports, dialect: str, number: int) -> JobRecord | None:
    """The job with that number in a dialect, None when there is none: for lists that are empty then."""
    try:
        return await job_numbered(ports, dialect, number)
    except NotFound:
        return None


async def job_with_guid(ports: Ports, dialect: str, guid: UUID) -> JobRecord:
    """The job with that GUID in a dialect: the one that was given it, else the one whose own id it is."""
    assigned = await ports.store.job_by_id(dialect, str(guid), None)
    record = assigned or await ports.store.job_by_uuid(str(guid))
    if record is None or (assigned is None and dialect in record.definition.get("ids", {})):
        raise nothing("job")
    return record


async def job_named(ports: Ports, dialect: str, name: str, project: str) -> JobRecord:
    """The job of a project with that name in a dialect: the one that was given it, else the one that is called so."""
    assigned = await ports.store.job_by_id(dialect, name, project)
    record = assigned or await ports.store.job(project, name)
    if record is None or (assigned is None and dialect in record.definition.get("ids", {})):
        raise nothing("job")
    return record


async def job_saying(ports: Ports, dialect: str, word: str, name: str, project: str) -> JobRecord:
    """The job of a project that says `dialects: {DIALECT: {WORD: NAME}}`, a word that is an id in that dialect."""
    record = await ports.store.job_by_id(also_by(dialect, word), name, project)
    if record is None:
        raise nothing(word)
    return record


async def project_known(ports: Ports, principal: Principal, dialect: str, value: str) -> str | None:
    """The project of that id in a dialect, else the one of that name if it has no id there.

    None: there is none that the caller may see.
    """
    found = await ports.store.project_by_id(dialect, value)
    if found is None:
        named = await ports.store.project(value)
        found = None if named is None or dialect in named.ids else named
    return found.name if found is not None and principal.projects([found.name]) else None


def number_of(record: JobRecord, dialect: str) -> int:
    """The number of a job in a dialect."""
    return int(record.definition.get("ids", {}).get(dialect, record.number))


def guid_of(record: JobRecord, dialect: str) -> str:
    """The GUID of a job in a dialect, lower case with hyphens."""
    return str(record.definition.get("ids", {}).get(dialect, record.id))


def name_of(record: JobRecord, dialect: str) -> str:
    """The name of a job in a dialect."""
    return str(record.definition.get("ids", {}).get(dialect, record.name))


def execution_guid(execution: Execution) -> str:
    """The GUID of an execution, lower case with hyphens."""
    return str(ids.to_uuid(execution.id))


def guid_ref(guid: UUID) -> Ref:
    """How the store names an execution of that GUID."""
    return Ref(id=ids.from_uuid(guid))


async def seeing(principal: Principal, actor: Actor, project: str) -> Actor:
    """The same caller in another project. Raises NotFound when that is not there for it."""
    return actor if project == actor.project else principal.seeing(project, actor.address, actor.request)


async def visible_job(principal: Principal, actor: Actor, record: JobRecord) -> Actor:
    """The caller in the job's project. Raises NotFound when it may not see that job."""
    found = await seeing(principal, actor, record.project)
    if not found.reaches(record.name) or record.retired_at is not None:
        raise nothing("job")
    return found


async def execution_called(ports: Ports, actor: Actor, text: str) -> Execution:
    """The execution of the actor's project with that key, else with that GUID. Raises NotFound, Gone."""
    ref = Ref(key=text)
    if await ports.store.standing(actor.project, ref) is None and (guid := as_guid(text)) is not None:
        ref = guid_ref(guid)
    return await look.execution(ports, actor, ref)


def as_guid(text: str) -> UUID | None:
    """The GUID that a text spells, None when it spells none."""
    try:
        return UUID(text) if GUID.fullmatch(text) else None
    except ValueError:
        return None


async def visible_execution(ports: Ports, principal: Principal, actor: Actor, ref: Ref) -> tuple[Actor, Execution]:
    """An execution by its number or id in whatever project it is, and the caller there. Raises NotFound."""
    project = await ports.store.project_of(ref)
    if project is None:
        raise nothing("execution")
    found = await seeing(principal, actor, project)
    return found, await look.execution(ports, found, ref)


async def project_code(ports: Ports, project: str, dialect: str) -> str | None:
    """What clients of a dialect know a project by; None: it was given nothing."""
    found = await ports.store.project(project)
    code = None if found is None else found.ids.get(dialect)
    return None if code is None else str(code)


class Caller(Struct, frozen=True):
    """Who started something, for dialects in which everybody has a GUID."""

    guid: UUID
    name: str


async def caller(ports: Ports, actor: str) -> Caller:
    """Who an actor is: the user that it is or acts for, else itself, with a GUID that is made of its name."""
    kind, _, name = actor.partition(":")
    user = await ports.store.user_by_name(name) if kind == "user" else None
    if kind == "client" and (client := await ports.store.client(name)) is not None and client.user is not None:
        user = await ports.store.user(client.user)
    if user is not None and (guid := as_guid(user.id)) is not None:
        return Caller(guid, user.title or user.name)
    return Caller(uuid5(NAMESPACE_URL, f"runbell:{actor}"), (user.title or user.name) if user is not None else name)
