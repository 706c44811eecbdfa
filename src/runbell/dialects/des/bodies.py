"""Reads bodies: JSON with comments, names of members in any letter case, every fault of a body at once.

https://docs.powerepos.cloud/Document/DES/StartJob, …/QueryRunStatus
"""

from typing import Any, Final
from uuid import UUID

from msgspec import Struct

from runbell.dialects.des.comments import without_comments
from runbell.dialects.des.findings import Faulty, Finding
from runbell.domain.faults import Malformed
from runbell.http import body
from runbell.http.request import Request
from runbell.operations import foreign

MISSING: Final = "MissingField"
INVALID: Final = "InvalidField"
MOST: Final = 1_000


class Entry(Struct, frozen=True, kw_only=True):
    """One value of a start. `type` as it was sent; None: as the parameter has it."""

    type: Any = None
    text: str | None = None
    auto: bool = False


class Start(Struct, frozen=True, kw_only=True):
    """What startjob is asked. `findings`: what is wrong with single entries, told with what the job finds."""

    job: UUID
    entries: dict[str, Entry]
    findings: list[Finding]


class Run(Struct, frozen=True, kw_only=True):
    """A run, and the job that it must be of (None: any). `ids`, `names`: the files that are wanted (None: all)."""

    run: UUID
    job: UUID | None
    ids: list[UUID] | None = None
    names: list[str] | None = None


class Jobs(Struct, frozen=True, kw_only=True):
    """Which jobs queryjobs is asked for."""

    ids: list[UUID] | None
    skip: int
    take: int


async def read(request: Request, *, may_be_empty: bool = False) -> "Members":
    """The members of the body, whatever its media type. Raises Malformed and the like."""
    raw = without_comments(await request.raw())
    if may_be_empty and not raw.strip():
        return Members({})
    value = body.parse(raw)
    if not isinstance(value, dict):
        raise Malformed("The body must be one JSON object.")
    return Members(value)


class Members:
    """The members of an object by their names in small letters, and what was found wrong with them."""

    def __init__(self, value: dict[str, Any]) -> None:
        self.value = value
        self.findings: list[Finding] = []
        self._by_name = folded(value)

    def get(self, name: str) -> Any:
        """A member; None when absent or null."""
        return self._by_name.get(name.lower())

    def wrong(self, name: str, said: str, code: str = INVALID) -> None:
        """Note a fault of a member."""
        self.findings.append(Finding(None, code, f"{name} {said}"))

    def guid(self, name: str, *, required: bool = False) -> UUID | None:
        """A member that is a GUID in any usual spelling."""
        value = self.get(name)
        if value is None:
            if required:
                self.wrong(name, "is missing", MISSING)
            return None
        found = guid(value)
        if found is None:
            self.wrong(name, "is not a GUID")
        return found

    def whole(self, name: str, default: int, least: int, most: int) -> int:
        """A member that is a whole number between two others."""
        value = self.get(name)
        if value is None:
            return default
        if type(value) is not int or not least <= value <= most:
            self.wrong(name, f"must be a whole number from {least} to {most}")
            return default
        return value

    def guids(self, name: str) -> list[UUID] | None:
        """A member that is a list of GUIDs, None when absent."""
        values = self._list(name)
        found = None if values is None else [guid(value) for value in values]
        if found is not None and None in found:
            self.wrong(name, "holds what is not a GUID")
        return None if found is None else [one for one in found if one is not None]

    def texts(self, name: str) -> list[str] | None:
        """A member that is a list of texts, None when absent."""
        values = self._list(name)
        if values is not None and not all(isinstance(value, str) for value in values):
            self.wrong(name, "holds what is not text")
        return values

    def _list(self, name: str) -> list[Any] | None:
        value = self.get(name)
        if value is not None and not isinstance(value, list):
            self.wrong(name, "must be a list")
            return None
        return value

    def check(self) -> None:
        """Raise Faulty with everything that is wrong."""
        if self.findings:
            raise Faulty(self.findings)


def start(members: Members) -> Start:
    """The body of startjob. Raises Faulty when it names no job or `parameters` is none; what is wrong with single
    entries comes along."""
    job = members.guid("jobId", required=True)
    given = members.get("parameters")
    entries: dict[str, Entry] = {}
    if given is not None and not isinstance(given, dict):
        members.wrong("parameters", "must be an object")
    else:
        for name, value in (given or {}).items():
            entries[name] = _entry(name, value, members.findings)
    if any(finding.parameter is None for finding in members.findings) or job is None:
        raise Faulty(members.findings)  # nothing to hold against the job: what it misses stood in what cannot be read
    return Start(job=job, entries=entries, findings=members.findings)


def run(members: Members) -> Run:
    """The body of queryrunstatus and getrunfiles. Raises Faulty."""
    found, job = members.guid("jobRunId", required=True), members.guid("jobId")
    ids, names = members.guids("fileIds"), members.texts("fileNames")
    if found is None or members.findings:
        raise Faulty(members.findings)
    return Run(run=found, job=job, ids=ids, names=names)


def jobs(members: Members) -> Jobs:
    """The body of queryjobs. Raises Faulty."""
    ids = members.guids("jobIds")
    skip, take = members.whole("skip", 0, 0, 2**31 - 1), members.whole("take", MOST, 1, MOST)
    members.check()
    return Jobs(ids=ids, skip=skip, take=take)


def guid(value: Any) -> UUID | None:
    """The GUID that a value spells, None when it spells none."""
    return foreign.as_guid(value.strip().removeprefix("(").removesuffix(")")) if isinstance(value, str) else None


def folded(value: dict[str, Any]) -> dict[str, Any]:
    """The members by their names in small letters. Raises Malformed for one that is there twice."""
    found = {name.lower(): member for name, member in value.items()}
    if len(found) != len(value):
        raise Malformed("A member is given twice in one object, in different letter cases.")
    return found


def _entry(name: str, value: Any, findings: list[Finding]) -> Entry:
    """One JobRunParameterValue, or null."""
    if value is None:
        return Entry()
    if not isinstance(value, dict):
        findings.append(Finding(name, INVALID, f"Parameter '{name}' must be an object or null"))
        return Entry()
    members = folded(value)
    text, auto = members.get("valuestringencoded"), members.get("useautovalue")
    if text is not None and not isinstance(text, str):
        findings.append(Finding(name, INVALID, f"Parameter '{name}': valueStringEncoded must be a string or null"))
        text = ""
    if auto is not None and not isinstance(auto, bool):
        findings.append(Finding(name, INVALID, f"Parameter '{name}': useAutoValue must be true or false"))
    return Entry(type=members.get("type"), text=text, auto=auto is True)
