"""Refusals that only this dialect has, each a kind of one of the house's, under the vendor's name for it.

https://developer.salesforce.com/docs/commerce/b2c-commerce/references/b2c-commerce-ocapi/httpstatuscodesandfaults
"""

from typing import Any, TypeVar

from runbell.domain.fault import Fault
from runbell.domain.faults import (
    BodyTooLarge,
    InvalidField,
    InvalidParams,
    JobDisabled,
    Malformed,
    NotFinished,
    NotFound,
    NotRestartable,
    RevisionMismatch,
    UnknownField,
    UnsupportedMediaType,
)

F = TypeVar("F", bound=Fault)


def refusal(kind: type[F], said: str, **arguments: Any) -> F:
    """A refusal of that kind, with the vendor's arguments."""
    return kind(said, about={"arguments": arguments})


class JobNotFound(NotFound):
    """There is no such job here."""


class JobExecutionNotFound(NotFound):
    """There is no such execution of that job."""


class LogNotFound(NotFound):
    """There is no such log."""


class JobExecutionNotFinished(NotFinished):
    """It can be deleted when it has ended."""


class JobRestart(NotRestartable):
    """The execution to restart is not there, or has not ended."""


class InvalidVersion(Malformed):
    """The version in the address is missing, or no version."""


class IllegalMethodOverride(Malformed):
    """POST can stand for some methods only."""


class MalformedMediaType(Malformed):
    """A Content-Type that cannot be read."""


class MalformedSelector(Malformed):
    """A `select` that cannot be read."""


class MalformedParameter(Malformed):
    """A query parameter of the wrong form."""


class BodyDecoding(Malformed):
    """The body cannot be read."""


class UnknownMediaType(UnsupportedMediaType):
    """A format that is neither JSON nor XML, or not in UTF-8."""


class TooLarge(BodyTooLarge):
    """The body is over the limit."""


class UnknownProperty(UnknownField):
    """A member that nobody knows."""


class PropertyConstraint(InvalidField):
    """A member that is missing, or of the wrong form."""


class ParameterConstraint(InvalidParams):
    """A parameter of the job is missing, unknown or of the wrong form."""


class MissingSiteScope(InvalidField):
    """A system job of the search index wants a scope."""


class InvalidSiteScope(InvalidField):
    """A scope that names no site."""


class FieldNotSortable(InvalidField):
    """Executions are not sorted by that."""


class FieldNotSearchable(InvalidField):
    """Executions are not searched by that."""


class InvalidSearchValue(InvalidField):
    """A value that the field cannot have."""


class IllegalEnumeration(InvalidField):
    """A word that is none of those known."""


class InvalidExpand(InvalidField):
    """Nothing can be expanded."""


class ResourceStateConflict(RevisionMismatch):
    """It was changed since the caller looked."""


class JobInvalid(JobDisabled):
    """The job is disabled, or its definition cannot be run."""
