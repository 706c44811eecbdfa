"""An OpenAPI 3.1 document from a route table: every route, every success, every refusal with its codes."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from runbell.domain.fault import Fault
from runbell.domain.faults import (
    BodyTooLarge,
    InsufficientScope,
    Internal,
    InvalidField,
    InvalidToken,
    Malformed,
    NotFound,
    QuotaExceeded,
    Unauthenticated,
    Unavailable,
    UnknownField,
    UnsupportedMediaType,
)
from runbell.http.route import JSON, Header, Refusals, Route

_TEMPLATE: Final = "#/components/schemas/{name}"
_ALWAYS: Final = (Malformed, Internal, Unavailable)
_WITH_CREDENTIALS: Final = (Unauthenticated, InvalidToken, QuotaExceeded)
_WITH_BODY: Final = (BodyTooLarge, UnsupportedMediaType, UnknownField, InvalidField)


class Description(msgspec.Struct, frozen=True, kw_only=True):
    """What one dialect's document needs beside its routes.

    `word_in` is the member of a refusal that tells one from another, None when there is none; `words` is what stands
    in it for each fault code, where that is not the code itself.
    """

    title: str
    version: str
    summary: str
    statuses: Mapping[str, int]
    problem: Any
    problem_media: str
    values: Mapping[str, dict[str, Any]]
    security: Mapping[str, dict[str, Any]]
    word_in: str | None = "code"
    words: Mapping[str, str] = {}


def document(routes: Iterable[Route], about: Description) -> dict[str, Any]:
    """The document. `about.values` holds the schema of each value in a path, `about.statuses` one per fault code."""
    routes = tuple(routes)
    shapes = list(dict.fromkeys(_shapes(routes, about)))
    found, components = msgspec.json.schema_components(shapes, ref_template=_TEMPLATE)
    schemas = dict(zip(shapes, found, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, about, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": about.title, "version": about.version, "summary": about.summary},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": dict(about.security)},
    }


def faults_of(route: Route) -> tuple[type[Fault], ...]:
    """Every fault that a route may answer: its own, and those that any route of its kind may."""
    found: tuple[type[Fault], ...] = (*_ALWAYS, *route.faults)
    if not route.open:
        found += _WITH_CREDENTIALS
    if route.scope is not None:
        found += (InsufficientScope, NotFound)  # a project that the caller may not see is not there
    if route.body is not None:
        found += _WITH_BODY
    return tuple(dict.fromkeys((*found, InvalidField)))  # a query parameter that is not declared


def _shapes(routes: tuple[Route, ...], about: Description) -> Iterable[Any]:
    yield about.problem
    for route in routes:
        if route.body is not None and route.body is not bytes:
            yield route.body
        if route.refusals is not None and route.refusals.shape is not str:
            yield route.refusals.shape
        for reply in route.replies.values():
            for shape in reply.content.values():
                yield from (one for one in (shape if isinstance(shape, tuple) else (shape,)) if one is not str)


def _operation(route: Route, about: Description, schemas: dict[Any, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.summary,
        "parameters": _parameters(route, about),
        "responses": _responses(route, about, schemas),
        "security": [] if route.open else [{scheme: []} for scheme in about.security],
    }
    if route.scope is not None:
        held = " for every project (`*`)" if route.where == "server" else ""
        operation["description"] = f"Needs the right `{route.scope}`{held}."
    if route.body is not None:
        content = {media: {"schema": _body(route, schemas)} for media in _media(route)}
        operation["requestBody"] = {"content": content, "required": route.body_required}
    return operation


def _body(route: Route, schemas: dict[Any, Any]) -> dict[str, Any]:
    """The schema of a request's body; of plain bytes there is nothing to say (OpenAPI 3.1, binary data)."""
    schema: dict[str, Any] = {} if route.body is bytes else schemas[route.body]
    return schema


def _media(route: Route) -> tuple[str, ...]:
    return (route.body_media, JSON) if route.body_json else (route.body_media,)


def _parameters(route: Route, about: Description) -> list[dict[str, Any]]:
    names = re.findall(r"{(\w+)}", route.path)
    found = [{"name": name, "in": "path", "required": True, "schema": about.values[name]} for name in names]
    found += [
        {"name": query.name, "in": "query", "schema": query.schema, "description": query.description,
         "allowEmptyValue": query.blank}
        for query in route.query
    ]  # fmt: skip
    headers = (*route.headers, Header("X-Request-Id", "Comes back in the answer, and stands in the log."))
    return found + [
        {"name": header.name, "in": "header", "schema": {"type": "string"}, "description": header.description}
        for header in headers
    ]


def _responses(route: Route, about: Description, schemas: dict[Any, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for status, reply in route.replies.items():
        content = {media: {"schema": _schema(shape, schemas)} for media, shape in reply.content.items()}
        headers = {name: {"schema": {"type": "string"}} for name in reply.headers}
        found[str(status)] = {"description": reply.description, "content": content, "headers": headers}
    if route.refusals is not None:
        return found | _refusals(route.refusals, schemas)
    by_status: dict[int, list[str]] = {}
    for fault in faults_of(route):
        by_status.setdefault(about.statuses[fault.code], []).append(about.words.get(fault.code, fault.code))
    for status, words in sorted(by_status.items()):
        said: dict[str, Any] = {"allOf": [schemas[about.problem]]}
        if about.word_in is not None:
            said["properties"] = {about.word_in: {"enum": sorted(set(words))}}
        refused = {
            "description": f"Refused: {', '.join(sorted(set(words)))}.",
            "content": {about.problem_media: {"schema": said}},
        }
        found[str(status)] = _either(found[str(status)], refused) if str(status) in found else refused
    return found


def _either(success: dict[str, Any], refused: dict[str, Any]) -> dict[str, Any]:
    """A status that may be both, where a vendor refuses with the status of a success."""
    content = dict(success["content"])
    for media, body in refused["content"].items():
        schemas = [content[media]["schema"], body["schema"]] if media in content else [body["schema"]]
        content[media] = {"schema": {"anyOf": schemas}}
    said = f"{success['description']} {refused['description']}"
    return {**success, "description": said, "content": content}


def _refusals(refusals: Refusals, schemas: dict[Any, Any]) -> dict[str, Any]:
    """Refusals in words of their own."""
    found: dict[str, Any] = {}
    for status, words in refusals.statuses.items():
        schema = _schema(refusals.shape, schemas)
        if refusals.shape is not str:
            schema = {"allOf": [schema], "properties": {"error": {"enum": sorted(words)}}}
        content = {refusals.media: {"schema": schema}}
        found[str(status)] = {"description": f"Refused: {', '.join(sorted(words))}.", "content": content}
    return found


def _schema(shape: Any, schemas: dict[Any, Any]) -> dict[str, Any]:
    if shape is str:
        return {"type": "string"}
    if isinstance(shape, tuple):
        return {"anyOf": [_schema(one, schemas) for one in shape]}
    schema: dict[str, Any] = schemas[shape]
    return schema
