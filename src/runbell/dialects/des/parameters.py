"""Parameters on the wire: numbered types, every value a text, null in two spellings, values that a job keeps.

https://docs.powerepos.cloud/Document/DES/StartJob
https://docs.powerepos.cloud/Model/POSCorePublic.Models.DataExtractionService.API.JobRunParameterValue
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Any, Final

import msgspec
from msgspec import UNSET, Struct

from runbell.dialects.des.bodies import INVALID, Entry
from runbell.dialects.des.findings import Finding, of_problem
from runbell.domain.faults import InvalidParams
from runbell.domain.job import Job, Parameter, ParameterType
from runbell.domain.parameters import coerce
from runbell.domain.parameters_values import Unfit, from_text

STRING, INTEGER, DECIMAL, DATE_TIME, BOOLEAN, GUID = 1, 2, 3, 4, 5, 6
NAMES: Final = ("Unspecified", "String", "Integer", "Decimal", "DateTime", "Boolean", "Guid")
TYPES: Final = {
    ParameterType.INT: INTEGER,
    ParameterType.DECIMAL: DECIMAL,
    ParameterType.DATETIME: DATE_TIME,
    ParameterType.DATE: DATE_TIME,
    ParameterType.BOOL: BOOLEAN,
    ParameterType.TEXT: STRING,
    ParameterType.ENUM: STRING,
    ParameterType.MULTI: STRING,
    ParameterType.JSON: STRING,
    ParameterType.FILE: STRING,
}
_NUMBERS: Final = {name.lower(): number for number, name in enumerate(NAMES)}
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,40}")
_BOOLEANS: Final = {"true": True, "1": True, "false": False, "0": False}


class Given(Struct, frozen=True):
    """What a start hands over: values by name, and the parameters that take what the job kept."""

    values: dict[str, Any]
    kept: tuple[str, ...]


def read(job: Job, entries: Mapping[str, Entry], findings: list[Finding], *, ignore_unknown: bool) -> Given:
    """The values of a start. Adds to `findings` all that is wrong with them, the job's own checks among it."""
    declared = {parameter.name: parameter for parameter in job.parameters}
    wrong = {finding.parameter for finding in findings}
    values: dict[str, Any] = {}
    kept = []
    for name, entry in entries.items():
        parameter = declared.get(name)
        if parameter is None:
            if not ignore_unknown:
                values[name] = None
            continue
        found = [] if name in wrong else list(_wrong(parameter, entry))
        findings += found
        if found or name in wrong:
            wrong.add(name)
        elif entry.auto:
            kept.append(name)
        else:
            values[name] = _value(parameter, entry.text, findings, wrong)
    settled = wrong.union(kept)
    findings += [finding for finding in _of_the_job(job, values) if finding.parameter not in settled]
    return Given(values, tuple(kept))


def type_of(parameter: Parameter) -> int:
    """The number of a parameter's type."""
    return TYPES[parameter.type]


def default_of(parameter: Parameter) -> str | None:
    """A parameter's default as text, None when there is none, or it is null or secret."""
    value = parameter.default
    return None if value is UNSET or parameter.secret else as_text(value)


def as_text(value: Any) -> str | None:
    """A value as the text that stands for it."""
    return value if value is None or isinstance(value, str) else msgspec.json.encode(value).decode()


def _of_the_job(job: Job, values: dict[str, Any]) -> list[Finding]:
    """What the job itself has against these values."""
    try:
        coerce(job.parameters, values)
    except InvalidParams as fault:
        return [of_problem(problem) for problem in fault.problems]
    return []


def _wrong(parameter: Parameter, entry: Entry) -> list[Finding]:
    """What is wrong with an entry beside its text."""
    name, found = parameter.name, []
    sent, own = _number(entry.type), type_of(parameter)
    if sent is None:
        found.append(Finding(name, INVALID, f"Parameter '{name}': type must be a number or a name of a type"))
    elif sent not in {0, own} and (sent, own) not in {(INTEGER, DECIMAL), (GUID, STRING)}:
        said = NAMES[sent] if sent < len(NAMES) else str(sent)
        found.append(Finding(name, "ParameterType", f"Parameter '{name}' is of type {NAMES[own]}, not {said}"))
    if entry.auto and entry.text is not None:
        said = f"Parameter '{name}': useAutoValue goes with valueStringEncoded null"
        found.append(Finding(name, "AutoValueWithValue", said))
    elif entry.auto and not parameter.keep:
        found.append(Finding(name, "AutoValueNotSupported", f"Parameter '{name}' keeps no value"))
    return found


def _number(sent: Any) -> int | None:
    """The number of a type as it was sent: a number, its digits or its name; 0: none was. None: it is no type."""
    if sent is None:
        return 0
    if isinstance(sent, str):
        text = sent.strip().lower()
        return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else _NUMBERS.get(text)
    return sent if type(sent) is int and 0 <= sent < 1_000 else None


def _value(parameter: Parameter, text: str | None, findings: list[Finding], wrong: set[str | None]) -> Any:
    """What a text stands for, in the form that the job takes."""
    if text is None:
        return None
    try:
        return _READERS.get(parameter.type, from_text)(parameter, text)
    except Unfit as unfit:
        wrong.add(parameter.name)
        said = f"Parameter '{parameter.name}' is invalid: {unfit.detail}"
        findings.append(Finding(parameter.name, "ParameterValue", said))
    return None


def _integer(_: Parameter, text: str) -> int:
    digits = text.strip()
    if not _INTEGER.fullmatch(digits):
        raise Unfit("wrong_type", "expected a whole number, like 123456")
    return int(digits)


def _boolean(_: Parameter, text: str) -> bool:
    found = _BOOLEANS.get(text.strip().lower())
    if found is None:
        raise Unfit("wrong_type", "expected true or false")
    return found


def _moment(_: Parameter, text: str) -> str:
    found = _iso(text)
    try:
        moment = found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)
    except OverflowError:
        raise Unfit("wrong_type", "there is no such time") from None
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _day(_: Parameter, text: str) -> str:
    found = _iso(text)
    if found.time() != time():
        raise Unfit("wrong_type", "expected a date; its time of day must be 00:00:00")
    return found.date().isoformat()


def _iso(text: str) -> datetime:
    try:
        if text.isascii():
            return datetime.fromisoformat(text.strip().upper())
    except ValueError:
        pass
    raise Unfit("wrong_type", "expected a time in ISO 8601, like 2021-10-19T06:16:47Z")


def _json_text(parameter: Parameter, text: str) -> Any:
    return from_text(parameter, text.strip())


_READERS: Final = {
    ParameterType.INT: _integer,
    ParameterType.BOOL: _boolean,
    ParameterType.DATETIME: _moment,
    ParameterType.DATE: _day,
    ParameterType.MULTI: _json_text,
    ParameterType.JSON: _json_text,
}
