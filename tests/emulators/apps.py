"""The example apps that are shown an emulator's tokens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cognito_guard import Guard
from example_apps.fastapi_app.app import create_app as create_fastapi_app
from example_apps.starlette_app.app import create_app as create_starlette_app

APPS: dict[str, Callable[[Guard], Any]] = {
    "Starlette": create_starlette_app,
    "FastAPI": create_fastapi_app,
}
