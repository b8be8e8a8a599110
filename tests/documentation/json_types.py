"""JSON Schema in words, for the tables of the reference."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.documentation.tables import code

Json = dict[str, Any]
_PLAIN = {"integer": "integer", "number": "number", "boolean": "true or false", "string": "text", "null": "null"}
_FORMATS = {"date-time": "time", "date": "day", "uuid": "UUID", "password": "password", "byte": "text in base64"}


def members(schema: Json) -> Iterator[tuple[str, str, bool]]:
    """Of an object: name, type in words, and whether it must be there."""
    required = schema.get("required", ())
    for name, member in schema["properties"].items():
        yield name, words_of(member), name in required


def words_of(schema: Json) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](http-types.md#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(words_of(each) for each in schema["anyOf"]))
    if "enum" in schema:
        return ", ".join(code(str(value)) for value in schema["enum"])
    if "const" in schema:
        return code(str(schema["const"]))
    return _by_kind(schema)


def _by_kind(schema: Json) -> str:
    match schema.get("type"):
        case "array" if "prefixItems" in schema:
            return "list of " + ", ".join(words_of(each) for each in schema["prefixItems"])
        case "array":
            return "list of " + words_of(schema.get("items") or {})
        case "object":
            values = schema.get("additionalProperties")
            return "object" + (f" of {words_of(values)}" if isinstance(values, dict) and values else "")
        case str(kind):
            return _FORMATS.get(schema.get("format", ""), _PLAIN[kind]) + _limits(schema)
    return "anything"


def _limits(schema: Json) -> str:
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is None and most is None:
        return ""
    if most is None or most >= 2**53:
        return "" if least is None else f" from {least} on"
    return f" up to {most}" if least is None else f" {least} to {most}"
