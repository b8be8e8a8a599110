"""Routes that the published clients call, and that this server does not have: each is told so in a sentence."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

import falcon

from scouter.errors import NotSupported

_TRACES = "traces are not kept by this server"
_EVALUATION = "answers of language models are not evaluated by this server"
_DATASETS = "datasets are not kept by this server"
_AGENTS = re.compile(r"/scouter/(?:drift/)?(?:agent|genai|llm)(?:/|$)")

# What begins with one of these, by any method. A route that there is goes before.
ABSENT_ROUTES: Final[tuple[tuple[re.Pattern[str], str], ...]] = (
    (re.compile(r"/scouter/trace(?:/|$)"), _TRACES),
    (re.compile(r"(?:/scouter)?/v1/traces(?:/|$)"), _TRACES),
    (re.compile(r"/scouter/service/graph(?:/|$)"), _TRACES),
    (_AGENTS, _EVALUATION),
    (re.compile(r"/scouter/eval(?:/|$)"), _EVALUATION),
    (re.compile(r"/scouter/datasets?(?:/|$)"), _DATASETS),
)


def add_absent_routes(app: falcon.App[falcon.Request, falcon.Response]) -> None:
    for pattern, sentence in ABSENT_ROUTES:
        app.add_sink(_told(sentence), pattern)


def _told(sentence: str) -> Callable[..., None]:
    def tell(req: falcon.Request, resp: falcon.Response, **kwargs: Any) -> None:  # noqa: ARG001
        raise NotSupported(sentence)

    return tell
