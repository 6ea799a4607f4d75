"""The app behind the page. It keeps nothing of a request, logs nothing of it, and sends it nowhere
but to the example apps on this machine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cognito_guard import Guard, PolicyLike

from .asking import ask, ask_with, sendable
from .building import build
from .door import Door
from .fields import BadField, Fields
from .judging import explain, tokens_in
from .local import Local
from .pasting import paste
from .presets import PRESETS
from .routes import BALANCED_ROUTES, ROUTES

__all__ = ["LONGEST_BODY", "create_app"]

LONGEST_BODY = 128 * 1024  # bytes

_PAGE = Path(__file__).with_name("page")
_FILES = {
    "/": ("index.html", "text/html"),
    "/playground.css": ("playground.css", "text/css"),
    "/playground.js": ("playground.js", "text/javascript"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
}
_NOT_SENDABLE = (
    "No request can carry this header: there is a line break or another control character in it."
)
_PASTED = (
    "Two example apps with your settings. They were made for this one request, inside the process, "
    "and are gone. FastAPI and Django would keep the settings until the process ends, so they are "
    "not asked. Their status and challenge are the same."
)


def create_app(local: Local, apps: Mapping[str, str], balanced: Mapping[str, str]) -> Door:
    """The page's app.

    ``apps``: the origins of the example apps that trust the pool of ``local``, by their names.
    ``balanced``: those of the apps that trust its load balancer.
    """

    async def judge(request: Request) -> Response:
        """The verdict for a form, as JSON."""
        if request.headers.get("Content-Type") != "application/json":
            return _problem("The request must be JSON.", 415)
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > LONGEST_BODY:
                return _problem(f"That is more than {LONGEST_BODY // 1024} KiB.", 413)
        try:
            values = json.loads(body)
        except (ValueError, RecursionError):
            values = None
        if not isinstance(values, dict):
            return _problem("The request must be a JSON object.", 400)
        try:
            told = await run_in_threadpool(_judge, Fields(values))
        except BadField as error:
            return JSONResponse({"problem": str(error), "field": error.name}, 400)
        return JSONResponse(told)

    def _judge(fields: Fields) -> dict[str, Any]:
        if fields.choice("mode", ("build", "paste")) == "paste":
            policy = _policy(fields, ROUTES)
            guard, headers = paste(fields)
            answer = _answered(guard, headers, policy)
            if not sendable(headers):
                return {**answer, "answers": [], "note": _NOT_SENDABLE}
            answers = ask_with(guard, fields.text("route"), headers)
            return {**answer, "answers": answers, "note": _PASTED}
        is_alb = fields.text("kind") == "alb"
        policy = _policy(fields, BALANCED_ROUTES if is_alb else ROUTES)
        headers = build(fields, local)
        answer = _answered(local.balanced_guard if is_alb else local.guard, headers, policy)
        answers = ask(balanced if is_alb else apps, fields.text("route"), headers)
        return {**answer, "answers": answers, "note": None}

    async def presets(request: Request) -> Response:
        """The twelve mistakes."""
        names = ("name", "title", "says", "fields")
        told = [{name: getattr(one, name) for name in names} for one in PRESETS]
        return JSONResponse(told)

    files = [Route(path, _file(*file)) for path, file in _FILES.items()]
    own = [Route("/presets", presets), Route("/judge", judge, methods=["POST"])]
    # Around all of it, so that the answer to an error has the headers as well.
    return Door(Starlette(routes=[*files, *own]))


def _file(name: str, media_type: str) -> Any:
    content = (_PAGE / name).read_bytes()

    async def serve(request: Request) -> Response:
        return Response(content, media_type=media_type)

    return serve


def _policy(fields: Fields, routes: Mapping[str, PolicyLike | None]) -> PolicyLike | None:
    return routes[fields.choice("route", routes)]


def _answered(guard: Guard, headers: dict[str, str], policy: PolicyLike | None) -> dict[str, Any]:
    return {"tokens": tokens_in(headers), **explain(guard, headers, policy)}


def _problem(text: str, status: int) -> JSONResponse:
    return JSONResponse({"problem": text, "field": None}, status)
