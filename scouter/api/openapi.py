"""The OpenAPI document, made from the route table and the types of what travels. Nothing in it is written by hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from scouter.api.errors import ErrorReply, status_of_kind
from scouter.api.routing import AnyRoute
from scouter.errors import (
    HeadTooLarge,
    InvalidInput,
    NotAuthenticated,
    NotFound,
    PermissionDenied,
    ScouterError,
    TooLarge,
    TooManyAttempts,
    Unavailable,
    UnsupportedEncoding,
)
from scouter.version import VERSION

_REFERENCE = "#/components/schemas/{name}"
_SECURITY = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}

Json = dict[str, Any]


def openapi_document(routes: Sequence[AnyRoute]) -> Json:
    """OpenAPI 3.1. Every route with its parameters, bodies, replies, errors and the permission it wants."""
    types = [kind for route in routes for kind in (route.query, route.takes, route.reply) if kind is not None]
    schemas, components = msgspec.json.schema_components([*types, ErrorReply], ref_template=_REFERENCE)
    schema_of = {id(kind): schema for kind, schema in zip([*types, ErrorReply], schemas, strict=True)}
    paths: dict[str, Json] = {}
    for route in routes:
        operation = _operation(route, schema_of, components)
        paths.setdefault(route.path, {})[route.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": "Scouter for Python", "version": VERSION},
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": _SECURITY},
    }


def errors_of(route: AnyRoute) -> list[type[ScouterError]]:
    """What a route may answer instead of its reply: what its form implies, and what it declares itself."""
    # The headers that everybody may send.
    errors: list[type[ScouterError]] = [ScouterError, Unavailable, InvalidInput, HeadTooLarge]
    if not route.public:
        errors += [NotAuthenticated, PermissionDenied, TooManyAttempts]
    if route.takes is not None:
        errors += [TooLarge, UnsupportedEncoding]
    if "{" in route.path:
        errors.append(NotFound)
    return [*errors, *route.errors]


def _operation(route: AnyRoute, schema_of: dict[int, Json], components: Json) -> Json:
    operation: Json = {
        "operationId": route.handle.__qualname__.replace(".", "_") + "_" + route.path.strip("/").replace("/", "_"),
        "summary": route.summary,
        "description": f"Permission: {route.permission}.",
        "responses": {"200": _reply(route, schema_of), **_error_replies(errors_of(route), schema_of)},
        "security": [] if route.public else [{"bearer": []}],
    }
    if parameters := [*_path_parameters(route), *_query_parameters(route, schema_of, components)]:
        operation["parameters"] = parameters
    if route.takes is not None:
        content = {"application/json": {"schema": schema_of[id(route.takes)]}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _reply(route: AnyRoute, schema_of: dict[int, Json]) -> Json:
    # What is not JSON but bytes has no schema in OpenAPI 3.1: the media type says it all.
    content = {} if route.reply is bytes else {"schema": schema_of[id(route.reply)]}
    as_table = {} if route.table is None else {"text/csv": {"schema": {"type": "string"}}}
    return {"description": "Done.", "content": {route.media_type: content, **as_table}}


def _error_replies(errors: Iterable[type[ScouterError]], schema_of: dict[int, Json]) -> Json:
    codes: dict[int, set[str]] = {}
    for error in errors:
        status, code = status_of_kind(error)
        codes.setdefault(status, set()).add(code)
    content = {"application/json": {"schema": schema_of[id(ErrorReply)]}}
    return {
        str(status): {"description": "Code " + " or ".join(sorted(codes[status])) + ".", "content": content}
        for status in sorted(codes)
    }


def _path_parameters(route: AnyRoute) -> list[Json]:
    names = [part[1:-1] for part in route.path.split("/") if part.startswith("{")]
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


def _query_parameters(route: AnyRoute, schema_of: dict[int, Json], components: Json) -> list[Json]:
    if route.query is None:
        return []
    schema = components[schema_of[id(route.query)]["$ref"].rpartition("/")[2]]
    required = schema.get("required", ())
    return [
        {"name": name, "in": "query", "required": name in required, "schema": _without_null(member)}
        for name, member in schema["properties"].items()
    ]


def _without_null(schema: Json) -> Json:
    """In a query, what is null is left out."""
    options = [option for option in schema.get("anyOf", ()) if option != {"type": "null"}]
    rest = {key: value for key, value in schema.items() if key not in {"anyOf", "default"}}
    if len(options) == 1:
        return {**rest, **options[0]}
    return {**rest, "anyOf": options} if options else rest
