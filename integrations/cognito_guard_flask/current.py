"""``current_identity``, and where the verdict on a request is kept while it is handled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from flask import current_app, has_request_context, request
from werkzeug.local import LocalProxy

from cognito_guard import Guard, HeaderValues, Identity

__all__ = ["EXTENSION", "authenticate", "current_identity"]

EXTENSION = "cognito_guard"
"""The name in ``app.extensions``, of a mapping from extensions to their guards."""

# In the environ, which is the request's own. `flask.g` is not: where an application context was
# pushed before, several requests share it.
_VERDICT = "cognito_guard.verdict"


def authenticate(guard: Guard) -> Identity:
    """Who sent this request, by this guard; looked at once. Raises as ``Guard.authenticate``."""
    environ = request.environ  # once, as each look through the proxy costs
    judge, identity = environ.get(_VERDICT, (None, None))
    if judge is not guard or identity is None:
        environ[_VERDICT] = (guard, None)  # unless the next line knows somebody
        environ[_VERDICT] = (guard, identity := guard.authenticate(_header_values(environ)))
    return cast("Identity", identity)


def _header_values(environ: Mapping[str, Any]) -> HeaderValues:
    def values(name: str) -> tuple[str, ...]:
        # A WSGI server has joined repeated headers, so there is never more than one.
        value = environ.get(f"HTTP_{name.upper().replace('-', '_')}")
        return () if value is None else (value,)

    return values


def _current() -> Identity | None:
    if not has_request_context():
        raise RuntimeError(
            "current_identity is there only while a request is handled. In a thread or a job, work "
            "with what the view hands over, such as current_identity.subject."
        )
    judge, identity = request.environ.get(_VERDICT, (None, None))
    # An app that another one called, inside one request, has its own guards.
    if judge not in current_app.extensions.get(EXTENSION, {}).values():
        raise RuntimeError(
            "current_identity is there only in guarded views, and nobody has looked at the caller "
            "of this one. Put required or optional of your CognitoGuard below its route decorator, "
            "or protect the blueprint or the app."
        )
    return cast("Identity | None", identity)


class _CurrentIdentity(LocalProxy["Identity | None"]):
    """A proxy whose truth has to be known: others are false where they lead nowhere."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return self._get_current_object() is not None


current_identity: Identity = cast("Identity", _CurrentIdentity(_current))
"""The caller of the request that is being handled.

In an ``optional`` view it is false for a caller without a credential (being a proxy, it is not
``None``). Raises ``RuntimeError`` outside of a request and in a view that is not guarded.
"""
