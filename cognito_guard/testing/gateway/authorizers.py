"""LocalAuthorizer: how API Gateway calls a Lambda authorizer, caches its answer and applies it.

API Gateway developer guide, "Use API Gateway Lambda authorizers" and "Control access to HTTP APIs
with AWS Lambda authorizers".
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from time import time
from typing import Any, Literal, final

from .answers import Answer, said
from .events import authorizer_event, method_arn
from .kinds import Kind, Through

__all__ = ["LocalAuthorizer"]

Handler = Callable[[Any, Any], Any]

_FORMS = ("TOKEN", "REQUEST", "2.0")
_CONTEXT: Mapping[str, Callable[[Through], str]] = {
    "httpMethod": lambda through: through.method,
    "path": lambda through: through.path,
    "routeKey": lambda through: through.route,
    "stage": lambda through: through.stage,
}


@final
class LocalAuthorizer:
    """A Lambda authorizer of a :class:`LocalApiGateway`, with its settings.

    ``handler`` is the function. ``form``: how it is called, ``"TOKEN"``, ``"REQUEST"`` (payload
    format 1.0), or ``"2.0"``. ``identity_sources``: what a request must have, and the key of the
    cache, such as ``header.Authorization``, ``context.httpMethod``, ``context.path`` and
    ``context.routeKey``. ``simple``: whether payload format 2.0 is answered with
    ``{"isAuthorized": true}`` instead of a policy. ``cache_seconds``: how long an answer is cached
    (default: 300, as in a REST API). ``clock``: seconds since 1970.
    """

    def __init__(
        self,
        handler: Handler,
        form: Literal["TOKEN", "REQUEST", "2.0"] = "REQUEST",
        *,
        identity_sources: Iterable[str] = ("header.Authorization",),
        simple: bool = True,
        cache_seconds: float = 300,
        clock: Callable[[], float] = time,
    ) -> None:
        if form not in _FORMS:
            raise ValueError(f"{form!r} is none of {', '.join(_FORMS)}")
        self._handler = handler
        self._form = form
        self._sources = tuple(identity_sources)
        for source in self._sources:
            where, _, name = source.partition(".")
            if where != "header" and not (where == "context" and name in _CONTEXT):
                raise ValueError(f"{source!r} is no identity source that is known here")
        if form == "TOKEN" and len(self._sources) != 1:
            raise ValueError("a TOKEN authorizer has one identity source")
        self._simple = simple
        self._cache_seconds = cache_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, ...], tuple[float, Any]] = {}
        self.calls = 0
        """How often the function was called."""

    def decide(
        self, kind: Kind | None, through: Through, context: object
    ) -> Answer | dict[str, Any]:
        """The answer to a request that gets no further, or what the integration is told of it."""
        sources = [self._value(source, through) for source in self._sources]
        if not all(sources):
            return said(401, "Unauthorized")
        found = [source for source in sources if source is not None]
        with self._lock:
            until, returned = self._kept.get(tuple(found), (0.0, None))
        if not found or self._clock() >= until:
            event = json.loads(json.dumps(authorizer_event(self._form, kind, through, found)))
            self.calls += 1
            try:
                returned = json.loads(json.dumps(self._handler(event, context)))
            except Exception as error:  # noqa: BLE001 - whatever a user's function raises
                # Only this text, to the letter, is a refusal.
                unauthorized = str(error) == "Unauthorized"
                return said(401, "Unauthorized") if unauthorized else _broken()
            if found and self._cache_seconds > 0:
                with self._lock:
                    until = self._clock() + self._cache_seconds
                    self._kept[tuple(found)] = until, returned
        return self._obey(kind, through, returned)

    def _value(self, source: str, through: Through) -> str | None:
        where, _, name = source.partition(".")
        if where == "context":
            return _CONTEXT[name](through)
        values = [value for key, value in through.headers if key.lower() == name.lower()]
        if not values:
            return None
        return ",".join(values) if self._form == "2.0" else values[-1]

    def _obey(self, kind: Kind | None, through: Through, returned: Any) -> Answer | dict[str, Any]:
        try:
            context = dict(returned.get("context") or {})
            scalars = all(
                value is None or isinstance(value, str | int | float) for value in context.values()
            )
            if self._form == "2.0" and self._simple:
                allowed = returned["isAuthorized"]
                known = isinstance(allowed, bool)
            else:
                allowed = is_allowed(returned["policyDocument"], method_arn(through))
                known = isinstance(returned["principalId"], str)
        except (AttributeError, KeyError, TypeError):
            return _broken()
        if not known or not scalars:
            return _broken()
        if not allowed:
            return said(403, "Forbidden")
        if kind == "http" or self._form == "2.0":
            return {"lambda": context}
        return {
            **{name: _as_text(value) for name, value in context.items()},
            "principalId": returned["principalId"],
        }


def is_allowed(policy: Mapping[str, Any], arn: str) -> bool:
    """Whether a policy lets a request through: an explicit "no" comes first, and what nothing is
    said of is not allowed (IAM user guide, "Policy evaluation logic")."""
    effects = {
        statement["Effect"]
        for statement in policy["Statement"]
        if any(_matches(one, "execute-api:Invoke") for one in _listed(statement["Action"]))
        and any(_matches(one, arn) for one in _listed(statement["Resource"]))
    }
    return effects == {"Allow"}


def _matches(pattern: str, text: str) -> bool:
    # IAM's `*` takes slashes too.
    parts = [re.escape(part) for part in re.split(r"([*?])", pattern)]
    expression = "".join({r"\*": ".*", r"\?": "."}.get(part, part) for part in parts)
    return re.fullmatch(expression, text, re.DOTALL) is not None


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _as_text(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else None if value is None else str(value)


def _broken() -> Answer:
    return said(500, "Internal Server Error")
