"""A Flask app with a page for those who have signed in."""

from __future__ import annotations

from flask import Flask
from redis import Redis

from cognito_guard_flask import CognitoGuard, current_identity
from cognito_guard_redis import RedisSessionStore

from . import ENTRY
from .signing_in import GUARD, PAGE, REDIS_PORT, sessions

app = Flask("benchmark")
redis = Redis(port=REDIS_PORT)
cognito = CognitoGuard(app, guard=GUARD, login=sessions(RedisSessionStore(redis)))


@app.get("/")
@cognito.login_required
def page() -> str:
    """Answer."""
    return PAGE.format(current_identity.username)


@app.get("/read")
@cognito.login_required
def read() -> str:
    """Read, and answer."""
    redis.get(ENTRY)
    return PAGE.format(current_identity.username)
