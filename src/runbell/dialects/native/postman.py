"""A Postman collection (v2.1): one folder per door, in it the token and a folder per job. newman runs it unedited.

The format: https://schema.postman.com/collection/json/v2.1.0/draft-07/docs/index.html
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

import msgspec
from msgspec import structs

from runbell.dialects.native import postman_scripts as scripts
from runbell.domain.job import Job, Parameter, ParameterType
from runbell.domain.parameters_example import example
from runbell.http.conversation import PASSWORD, USER_NAME, Call, Conversation, Converse
from runbell.ports.job_table import JobRecord

SCHEMA: Final = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
PATIENCE_S: Final = 600
ABOUT: Final = """\
Run it from top to bottom: a token, then for each job: start it, look until it has ended, fetch what it left.

Variables: `baseUrl` is the server. Give either `clientId` and `clientSecret` of an OAuth client, or `apiKey`; a \
door that has the variables `userName` and `password` takes those instead of a client. \
`patience` is how many seconds each job may take. A parameter that a start must name is the variable JOB.PARAMETER.
"""
_BARE: Final = (ParameterType.BOOL, ParameterType.INT, ParameterType.JSON, ParameterType.MULTI)
_BARE_VALUE: Final = re.compile(r'"\{\{\{([^{}"]+)\}\}\}"')

Item = dict[str, Any]
Asked = tuple[JobRecord, Job]


def collection(name: str, address: str, base: str, jobs: Iterable[Asked], doors: Iterable[Converse]) -> dict[str, Any]:
    """The collection of these jobs at these doors. `address` is its own URL; `base` that of the server."""
    asked = tuple(jobs)
    folders, authorizations, by_password = [], [], False
    for converse in doors:
        talks = [(talk, each) for each in asked if (talk := converse(*each, _holes(each[1]))) is not None]
        if talks:
            door = talks[0][0]
            folders.append({"name": door.title, "item": [_token(door), *(_job(talk, *each) for talk, each in talks)]})
            by_password = by_password or USER_NAME in door.token.form.values()
            authorizations.append(_variable(scripts.authorization(door.dialect), "", "Set by the token."))
    variables = [
        _variable("baseUrl", base, "Where the server is."),
        _variable("clientId", "", "An OAuth client's id; with clientSecret."),
        _variable("clientSecret", "", "Its secret."),
        _variable("apiKey", "", "Or an API key, instead of both."),
        *(_USER if by_password else ()),
        _variable("patience", str(PATIENCE_S), "How many seconds a job may take."),
        *(_needed(job.name, parameter) for _, job in asked for parameter in job.parameters if parameter.required),
        _variable("execution", "", "Set by each start."),
        _variable("lookUntil", "", "Set by each start."),
        *authorizations,
    ]
    info = {"_postman_id": str(uuid5(NAMESPACE_URL, address)), "name": name, "description": ABOUT, "schema": SCHEMA}
    return {"info": info, "item": folders, "variable": variables}


def _token(talk: Conversation) -> Item:
    return _item(talk, talk.token, scripts.of_token(talk), "")


def _job(talk: Conversation, record: JobRecord, job: Job) -> Item:
    """The folder of a job."""
    name, start = record.name, talk.start
    if job.require_key:
        start = structs.replace(start, headers={**start.headers, "Idempotency-Key": "{{$guid}}"})
    items = [
        _item(talk, start, scripts.of_start(talk, name), name),
        _item(talk, talk.look, scripts.of_look(talk, name), name),
        *(_item(talk, call, scripts.of_output(talk, name, call), name) for call in talk.outputs),
    ]
    return {"name": name, "description": job.title or job.description, "item": items}


def _item(talk: Conversation, call: Call, events: list[scripts.Event], job: str) -> Item:
    headers = dict(call.headers)
    auth: dict[str, Any] = {"type": "noauth"}
    if call is talk.token:
        said = {"username": "{{clientId}}", "password": "{{clientSecret}}"}
        auth = {"type": "basic", "basic": [{"key": key, "value": text, "type": "string"} for key, text in said.items()]}
    else:
        headers["Authorization"] = f"{{{{{scripts.authorization(talk.dialect)}}}}}"
        if talk.key_header:
            headers["x-api-key"] = "{{apiKey}}"
    request: dict[str, Any] = {"method": call.method, "url": _url(call), "auth": auth}
    if call.form:
        fields = [{"key": key, "value": value, "type": "text"} for key, value in call.form.items()]
        request["body"] = {"mode": "urlencoded", "urlencoded": fields}
    elif call.body is not None:
        headers["Content-Type"] = "application/json"
        request["body"] = {"mode": "raw", "raw": _json(call.body), "options": {"raw": {"language": "json"}}}
    request["header"] = [{"key": key, "value": value} for key, value in headers.items()]
    return {"name": f"{call.title} {job}".strip(), "event": events, "request": request, "response": []}


def _url(call: Call) -> dict[str, Any]:
    path = [_filled(segment) for segment in call.path.removeprefix("/").split("/")]
    query = [{"key": key, "value": _filled(value)} for key, value in call.query.items()]
    asked = "&".join(f"{quote(pair['key'])}={quote(pair['value'], safe='{}')}" for pair in query)
    raw = "/".join(["{{baseUrl}}", *path]) + (f"?{asked}" if asked else "")
    return {"raw": raw, "host": ["{{baseUrl}}"], "path": path} | ({"query": query} if query else {})


def _json(body: Any) -> str:
    text = msgspec.json.format(msgspec.json.encode(body), indent=2).decode()
    return _filled(_BARE_VALUE.sub(r"{{\1}}", text))


def _filled(text: str) -> str:
    return text.replace("{execution}", "{{execution}}")


def _holes(job: Job) -> dict[str, str]:
    """Where the values go that a start must name."""
    return {parameter.name: _hole(job.name, parameter) for parameter in job.parameters if parameter.required}


def _hole(job: str, parameter: Parameter) -> str:
    """Three braces: without quotation marks around the value."""
    name = f"{job}.{parameter.name}"
    return f"{{{{{{{name}}}}}}}" if parameter.type in _BARE else f"{{{{{name}}}}}"


def _needed(job: str, parameter: Parameter) -> Mapping[str, str]:
    """The variable of a parameter: its value as it stands in JSON, without the quotation marks of a text."""
    text = msgspec.json.encode(example(parameter)).decode()
    value = text if parameter.type in _BARE else text.removeprefix('"').removesuffix('"')
    return _variable(f"{job}.{parameter.name}", value, parameter.description or parameter.title or parameter.type)


def _variable(key: str, value: str, description: str) -> Mapping[str, str]:
    return {"key": key, "value": value, "type": "string", "description": description}


_USER: Final = (
    _variable(USER_NAME.strip("{}"), "", "A user's name, for doors that know no OAuth clients; with password."),
    _variable(PASSWORD.strip("{}"), "", "The user's password."),
)
