"""The interface described: as an OpenAPI document, and as a page that needs no network to be read."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from scouter.api.openapi import openapi_document
from scouter.api.routing import AnyRoute, Request, Resource, Route

_PAGE = Path(__file__).with_name("documentation.html")


class Documentation:
    """`resources` may still grow: the routes are read when somebody asks."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self._resources = resources

    def routes(self) -> list[AnyRoute]:
        return [
            Route(
                "GET",
                "/scouter/api/v1/openapi.json",
                self.document,
                "This description, as OpenAPI 3.1.",
                dict[str, Any],
                permission="none",
                public=True,
            ),
            Route(
                "GET",
                "/scouter/api/v1/docs",
                self.page,
                "This description, as a page to read.",
                str,
                permission="none",
                public=True,
                media_type="text/html; charset=utf-8",
            ),
        ]

    def document(self, _: Request[None, None]) -> dict[str, Any]:
        return openapi_document([route for resource in self._resources for route in resource.routes()])

    def page(self, _: Request[None, None]) -> str:
        return _PAGE.read_text(encoding="utf-8")
