"""Every object that travels over HTTP, from the schemas of the OpenAPI document."""

from __future__ import annotations

from typing import Any

from tests.documentation.json_types import members, words_of
from tests.documentation.surface import document
from tests.documentation.tables import code, table


def rendered() -> str:
    """Without the queries, whose members stand with their routes."""
    schemas = document()["components"]["schemas"]
    return "\n".join(_type(name, schemas[name]) for name in sorted(schemas) if not name.endswith("Query"))


def _type(name: str, schema: dict[str, Any]) -> str:
    about = " ".join(schema.get("description", "").partition("\n\n")[0].split())
    lines = [f"## {name}\n", *([about + "\n"] if about else [])]
    if "properties" not in schema:
        return "\n".join([*lines, words_of(schema) + "\n"])
    rows = [(code(member), words, "" if needed else "optional") for member, words, needed in members(schema)]
    return "\n".join([*lines, table(("member", "", ""), rows)])
