"""A Flask app with a JSON view."""

from __future__ import annotations

from flask import Flask

from cognito_guard import Guard
from cognito_guard_flask import CognitoGuard

from . import GUARDED

app = Flask("benchmark")


def hello() -> dict[str, str]:
    """Answer."""
    return {"hello": "world"}


if GUARDED:
    hello = CognitoGuard(app, guard=Guard.from_env()).required(hello)

app.add_url_rule("/", view_func=hello)
