"""Every route with what it takes and gives, from the OpenAPI document, which is made from the code itself."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Any

from tests.documentation.json_types import words_of
from tests.documentation.surface import document
from tests.documentation.tables import code, table

Json = dict[str, Any]
Operation = tuple[str, str, Json]  # method, path, what the document says of it
# The page says once what nearly every route may answer.
_EVERYWHERE = {("400", "BAD_REQUEST"), ("431", "HEAD_TOO_LARGE"), ("500", "INTERNAL_ERROR"), ("503", "UNAVAILABLE")}
_WITH_TOKEN = {("401", "UNAUTHORIZED"), ("403", "PERMISSION_DENIED"), ("429", "TOO_MANY_ATTEMPTS")}
_WITH_BODY = {("413", "TOO_LARGE"), ("415", "UNSUPPORTED_ENCODING")}


def rendered() -> str:
    parts = []
    for group, operations in itertools.groupby(_operations(), key=_group):
        parts += [f"### {group}\n", *map(_route, operations)]
    return "\n".join(parts)


def _operations() -> list[Operation]:
    """Sorted so that a resource whose routes lie apart is one group, at the place of its first route."""
    paths = document()["paths"].items()
    found = [(method.upper(), path, about) for path, methods in paths for method, about in methods.items()]
    order = list(dict.fromkeys(map(_group, found)))
    return sorted(found, key=lambda operation: order.index(_group(operation)))


def _group(operation: Operation) -> str:
    resource = operation[2]["operationId"].partition("_")[0].removesuffix("Resource")
    return str(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", resource).capitalize())


def _route(operation: Operation) -> str:
    method, path, about = operation
    lines = [f"#### {method} {path}\n", f"{about['summary']} {about['description']}\n"]
    if parameters := about.get("parameters"):
        rows = [(code(each["name"]), words_of(each["schema"]), _needed(each)) for each in parameters]
        lines.append(table(("parameter", "", ""), rows))
    return "\n".join([*lines, *_bodies(about), ""])


def _needed(parameter: Json) -> str:
    return "part of the path" if parameter["in"] == "path" else "required" if parameter["required"] else ""


def _bodies(about: Json) -> Iterator[str]:
    if body := about.get("requestBody"):
        yield f"- Body: {_content(body['content'])}"
    yield f"- Answer: {_content(about['responses']['200']['content'])}"
    if errors := ", ".join(f"{status} {code(name)}" for status, name in _errors(about)):
        yield f"- Errors: {errors}"


def _content(content: Json) -> str:
    (kind, described), *_ = content.items()
    return words_of(described["schema"]) if kind == "application/json" else code(kind)


def _errors(about: Json) -> list[tuple[str, str]]:
    said = (
        _EVERYWHERE | (_WITH_TOKEN if about["security"] else set()) | (_WITH_BODY if "requestBody" in about else set())
    )
    return [error for error in _all_errors(about["responses"]) if error not in said]


def _all_errors(responses: Json) -> Iterator[tuple[str, str]]:
    for status, response in responses.items():
        if status != "200":
            for name in response["description"].removeprefix("Code ").removesuffix(".").split(" or "):
                yield status, name
