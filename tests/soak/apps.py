"""What the servers serve: one guarded view, and one open view that says which process answers.

``python -m tests.soak.apps FD`` serves the Starlette app on a socket that listens already. (Of one
that its own command line is given, uvicorn does not know that it is TCP, and leaves Nagle's
algorithm on.)
"""

from __future__ import annotations

import os
import socket
import sys
from typing import Any

import uvicorn
from flask import Flask
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from cognito_guard import Guard
from cognito_guard_asgi import CognitoMiddleware
from cognito_guard_flask import CognitoGuard, current_identity


def flask_app() -> Flask:
    """For threads."""
    app = Flask(__name__)
    cognito = CognitoGuard(app, guard=Guard.from_env())

    @app.get("/me")
    @cognito.required
    def me() -> dict[str, Any]:
        return {"username": current_identity.username}

    @app.get("/process")
    def process() -> dict[str, Any]:
        return {"id": os.getpid()}

    return app


def starlette_app() -> Starlette:
    """For tasks."""

    async def me(request: Request) -> JSONResponse:
        return JSONResponse({"username": request.user.username})

    async def process(request: Request) -> JSONResponse:
        return JSONResponse({"id": os.getpid()})

    guarded = Middleware(CognitoMiddleware, guard=Guard.from_env(), exempt=["/process"])
    return Starlette(routes=[Route("/me", me), Route("/process", process)], middleware=[guarded])


if __name__ == "__main__":
    config = uvicorn.Config(
        starlette_app(), log_level="warning", access_log=False, timeout_keep_alive=60
    )
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=int(sys.argv[1]))])
