"""Find: how many executions a list has, and what a parameter's value is called in the index."""

from runbell.domain.did_you_mean import did_you_mean
from runbell.domain.faults import InvalidField, NotFound
from runbell.domain.identity import Actor
from runbell.domain.job import Job, Parameter, ParameterType
from runbell.domain.marks import mark
from runbell.domain.parameters_values import Unfit, check_value, from_text
from runbell.operations.ports import Ports
from runbell.ports.store import Counted, ExecutionQuery, Marks


async def count(ports: Ports, query: ExecutionQuery, *, estimate: bool) -> Counted:
    """How many executions a list has, from where its page begins; bounded work either way."""
    return await ports.store.count(query, estimate=estimate)


async def canonical(ports: Ports, actor: Actor, job: str | None, given: Marks) -> Marks:
    """The values of parameters in the form in which they are found.

    With a job they are read as its types; one that it does not index is refused (InvalidField). Without: as written.
    """
    if not given:
        return ()
    declared: Job | None = None
    if job is not None and actor.reaches(job):
        try:
            declared = (await ports.catalogue.current(actor.project, job))[1]
        except NotFound:
            declared = None
    if declared is None:
        return tuple((name, mark(value)) for name, value in given)
    return tuple((name, _mark(declared, name, value)) for name, value in given)


def _mark(job: Job, name: str, text: str) -> str:
    indexed = {parameter.name: parameter for parameter in job.parameters if parameter.indexed}
    if name not in indexed:
        said = f"Job {job.name} has no indexed parameter {name}{did_you_mean(name, indexed) or '.'} It has: "
        raise _refused(name, "not_indexed", f"{said}{', '.join(indexed) or 'none'}.")
    try:
        return mark(_value(indexed[name], text))
    except Unfit as unfit:
        raise _refused(name, unfit.code, f"{name}: {unfit.detail}.") from None


def _value(parameter: Parameter, text: str) -> object:
    if parameter.type is ParameterType.MULTI:
        return text
    return check_value(parameter, from_text(parameter, text))


def _refused(name: str, code: str, said: str) -> InvalidField:
    return InvalidField.at(f"?params.{name}", code, said)
