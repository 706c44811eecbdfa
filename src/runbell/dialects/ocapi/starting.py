"""The body of a start as the parameters and scopes of the job, and the start itself.

https://sfcclearning.com/infocenter/OCAPI/current/data/Documents/JobExecutionRequest.php, …/JobExecutionParameter.php;
system jobs: …/current/usage/SystemJobs.php.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct, structs

from runbell.dialects.ocapi.bodies import constraint, read, unknown
from runbell.dialects.ocapi.options import Options
from runbell.dialects.ocapi.refusals import (
    InvalidSiteScope,
    JobRestart,
    MalformedParameter,
    MissingSiteScope,
    ParameterConstraint,
    refusal,
)
from runbell.dialects.ocapi.wire import ECHOED, SITE_SCOPE, SYSTEM, sites, text_of
from runbell.domain.faults import InvalidParams
from runbell.domain.job import Job, ParameterType, WhenFull
from runbell.domain.parameters_values import Unfit, from_text
from runbell.http import idempotency_key
from runbell.http.request import Request
from runbell.operations import restart, trigger
from runbell.operations.idempotency import IdempotencyKey
from runbell.ports.job_table import JobRecord
from runbell.ports.store import Ref, Started

REQUEST: Final = "job_execution_request"
RESTART: Final = "restart_execution_id"
INDEXING: Final = "sfcc-search-index-"
LONGEST_NAME: Final = 256
LONGEST_VALUE: Final = 1_000
MOST: Final = 1_000
SURFACE: Final = "ocapi"
_TEXTS: Final = (ParameterType.TEXT, ParameterType.ENUM)


class Given(Struct, frozen=True):
    """What a start names: values of declared parameters, and the scopes of its SiteScope (None: none were named).

    `site_scope`: as it was given to a job that does not declare it.
    """

    params: dict[str, Any]
    scopes: tuple[str, ...] | None
    site_scope: str | None


async def start(request: Request, record: JobRecord, job_id: str, options: Options) -> Started:
    """Start the job, or restart the execution that the query names. Raises what `trigger` and `restart` raise."""
    body = await read(request)
    system = job_id.startswith(SYSTEM)
    texts = _system(body, job_id) if system else _normal(body)
    key = idempotency_key.read(request.header(b"idempotency-key"))
    settled = None if key is None else IdempotencyKey(key, f"/dw/data/jobs/{record.name}/executions", texts)
    if RESTART in request.query:
        source = await _restarted(request, record)
        if settled is not None:  # a start and a restart under one key are two things
            settled = structs.replace(settled, path=f"{settled.path}/{source.number}/restart")
        return await restart.restart(request.ports, request.actor, source, None, settled, SURFACE)
    job = await request.ports.catalogue.version(record, record.version)
    given = _given(job, texts, options, system=system)
    asked = trigger.Asked(
        job=record.name, params=given.params, scopes=given.scopes, idempotency=settled, surface=SURFACE,
        overlap=WhenFull.REJECT, traceparent=request.traceparent,
        about=None if given.site_scope is None else {SITE_SCOPE: given.site_scope},
    )  # fmt: skip
    try:
        return await trigger.trigger(request.ports, request.actor, asked)
    except InvalidParams as unfit:
        raise _unfit(unfit, job, texts) from None


async def _restarted(request: Request, record: JobRecord) -> Ref:
    """The execution to restart. Raises MalformedParameter, JobRestart when it is not there or has not ended."""
    text = request.query[RESTART]
    if not (text.isascii() and text.isdigit() and len(text) < 17):
        said = f"'{RESTART}' must be the id of an execution."
        raise refusal(MalformedParameter, said, parameter=RESTART, value=text[:200])
    source = await request.ports.store.execution(request.actor.project, Ref(number=int(text)))
    if source is None or source.job != record.name or not source.status.terminal:
        raise JobRestart("That execution is not there, or has not ended.")
    return Ref(number=source.number)


def _normal(body: Any) -> dict[str, str]:
    """The parameters of `job_execution_request`, of a name given twice the last."""
    if body is None:
        return {}
    if not isinstance(body, dict):
        raise constraint(REQUEST, "$", "", "send one object")
    for member in body:
        if member != "parameters" and not member.startswith("_"):
            raise unknown(REQUEST, member[:200])
    listed = body.get("parameters")
    if listed is None or listed == "":
        return {}
    if not isinstance(listed, list):
        raise constraint(REQUEST, "parameters", text_of(listed), "send a list of names and values")
    if len(listed) > MOST:
        raise constraint(REQUEST, "parameters", "", f"at most {MOST} parameters")
    return dict(_parameter(place, one) for place, one in enumerate(listed))


def _parameter(place: int, one: Any) -> tuple[str, str]:
    path = f"parameters[{place}]"
    if not isinstance(one, dict):
        raise constraint(REQUEST, path, text_of(one), "send an object with name and value")
    for member in one:
        if member not in {"name", "value"} and not member.startswith("_"):
            raise unknown(REQUEST, f"{path}.{member[:200]}")
    name, value = one.get("name"), text_of(one.get("value"))
    if not isinstance(name, str) or not 0 < len(name) <= LONGEST_NAME or name != name.strip():
        said = f"a name has 1 to {LONGEST_NAME} characters, and no blank at either end"
        raise constraint(REQUEST, f"{path}.name", text_of(name), said)
    if len(value) > LONGEST_VALUE:
        raise constraint(REQUEST, f"{path}.value", "", f"a value has at most {LONGEST_VALUE} characters")
    return name, value


def _system(body: Any, job_id: str) -> dict[str, str]:
    """The members of the body of a system job; the form of normal jobs is taken too."""
    if body is not None and not isinstance(body, dict):
        raise constraint(REQUEST, "$", "", "send one object")
    body = body or {}
    if set(body) == {"parameters"} and isinstance(body["parameters"], list):
        asked = {wire: name for name, wire in ECHOED.items()}
        found = {asked.get(name, name): value for name, value in _normal(body).items()}
    else:
        found = {name: text_of(value) for name, value in body.items() if not name.startswith("_")}
    if job_id.startswith(INDEXING):
        _check_site_scope(found)
    return found


def _check_site_scope(found: Mapping[str, str]) -> None:
    scope = found.get("site_scope", found.get(SITE_SCOPE))
    if scope is None:
        raise refusal(MissingSiteScope, "This job needs a `site_scope`.")
    try:
        value = json.loads(scope)
    except (ValueError, RecursionError):
        value = scope.strip()
    if not value or (
        isinstance(value, dict) and not value.get("all_storefront_sites") and not value.get("named_sites")
    ):
        raise refusal(InvalidSiteScope, "The `site_scope` names no site.", siteScopeValue=scope[:200])


def _given(job: Job, texts: Mapping[str, str], options: Options, *, system: bool) -> Given:
    """The texts as values of the job's parameters, and the sites as its scopes."""
    declared = {parameter.name: parameter for parameter in job.parameters}
    free = {SITE_SCOPE, "site_scope"} if system else {SITE_SCOPE}
    params: dict[str, Any] = {}
    for name, text in texts.items():
        parameter = declared.get(name)
        if parameter is None:
            if name not in free and options.unknown_parameters == "reject":
                params[name] = text  # the start itself says that it knows none of that name
            continue
        if text == "" and parameter.type not in _TEXTS:
            continue
        try:
            params[name] = from_text(parameter, text)
        except Unfit as unfit:
            raise _constraint(name, "" if name in job.secret_parameters else text, unfit.detail) from None
    named = texts.get(SITE_SCOPE, texts.get("site_scope") if system else None)
    return Given(params, _scopes(job, named), None if SITE_SCOPE in declared else texts.get(SITE_SCOPE))


def _scopes(job: Job, text: str | None) -> tuple[str, ...] | None:
    named = tuple(dict.fromkeys(sites(text)))
    if not job.scopes or not named:
        return None
    for site in named:
        if site not in job.scopes:
            raise _constraint(SITE_SCOPE, text or "", f"the job has no site {site}; it has {', '.join(job.scopes)}")
    return named


def _unfit(fault: InvalidParams, job: Job, texts: Mapping[str, str]) -> ParameterConstraint:
    """The first parameter that does not fit."""
    wrong = fault.problems[0]
    name = wrong.pointer.removeprefix("/params").removeprefix("/").replace("~1", "/").replace("~0", "~")
    return _constraint(name, "" if name in job.secret_parameters else texts.get(name, ""), wrong.detail)


def _constraint(name: str, value: str, reason: str) -> ParameterConstraint:
    path = f"parameters.{name}" if name else "parameters"
    said = f"The value of '{path}' is invalid: {reason}"
    return refusal(ParameterConstraint, said, document=REQUEST, path=path, value=value[:200])
