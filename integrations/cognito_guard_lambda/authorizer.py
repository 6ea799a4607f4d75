"""Authorizer: a Lambda authorizer of API Gateway or AppSync, whose answers are safe to keep.

What it decides depends on the token alone, and what it answers says for which routes it holds. So
an answer that API Gateway has kept for one route never lets anybody into another one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from time import time
from typing import Any, Literal, TypeAlias, final, get_args

from cognito_guard import (
    AccessDenied,
    AuthError,
    ConfigurationError,
    Guard,
    Identity,
    PolicyLike,
    build_policy,
    enforce,
)

from .context import authorizer_context
from .events import Event
from .guarded import checked_guard
from .outcome import Outcome
from .questions import Question, read_question

__all__ = ["Authorizer", "Unauthorized"]

Names: TypeAlias = str | Iterable[str]
Covers: TypeAlias = Literal["route", "api"]

_LONGEST_CACHE = 3600  # seconds; AppSync API reference, LambdaAuthorizerConfig


class Unauthorized(Exception):
    """An authorizer raises it so that API Gateway answers 401. API Gateway only checks the text,
    which must be this word. The cause is the refusal, with its reason."""

    def __init__(self) -> None:
        super().__init__("Unauthorized")


@final
class Authorizer:
    """The handler of a Lambda authorizer: ``handler = Authorizer(guard)``.

    It accepts the events of a REST API (``TOKEN`` and ``REQUEST``), an HTTP API (payload formats
    1.0 and 2.0), a WebSocket API for ``$connect``, and AppSync.

    ``groups``, ``scopes`` and the others
        The requirements for a caller, as in :func:`~cognito_guard_lambda.guarded`. They apply to
        all routes of the authorizer. For other requirements, create another authorizer.
    ``covers``
        What the IAM policy in its answer allows. ``"route"``: the requested method and path only.
        ``"api"``: the API's whole stage. With ``"route"``, API Gateway must not cache answers, or
        must cache them by method and path as well as the token. Otherwise the caller gets a 403
        from every other route. With ``"api"``, it may cache them by the token alone.
    ``simple``
        Whether payload format 2.0 is answered in the simple form, ``{"isAuthorized": true}``, or
        with a policy. It must match the API's configuration.
    ``cache_seconds``
        How long AppSync may cache an answer, 3600 seconds at most, and never beyond the token's
        end. 0 by default.

    A request without a valid token is answered with 401, and a caller without permission with 403.
    While no key is available, it raises :class:`~cognito_guard.KeysUnavailable`. API Gateway
    answers this with 500 and does not cache it.

    Raises :class:`~cognito_guard.ConfigurationError`, also when it is called with an event that is
    not for an authorizer.
    """

    def __init__(
        self,
        guard: Guard,
        *,
        groups: Names | None = None,
        scopes: Names | None = None,
        roles: Names | None = None,
        acr: str | None = None,
        mfa: bool = False,
        max_age: int | None = None,
        policy: PolicyLike | None = None,
        covers: Covers = "route",
        simple: bool = True,
        cache_seconds: int = 0,
    ) -> None:
        self._guard = checked_guard(guard)
        self._policy = build_policy(
            groups=groups,
            scopes=scopes,
            roles=roles,
            acr=acr,
            mfa=mfa,
            max_age=max_age,
            policy=policy,
        )
        if covers not in get_args(Covers):
            raise ConfigurationError('covers must be "route" or "api"')
        if not isinstance(simple, bool):
            raise ConfigurationError("simple must be True or False")
        if type(cache_seconds) is not int or not 0 <= cache_seconds <= _LONGEST_CACHE:
            raise ConfigurationError("cache_seconds must be a whole number of seconds, 0 to 3600")
        self._covers = covers
        self._simple = simple
        self._cache_seconds = cache_seconds

    def __repr__(self) -> str:
        return f"<Authorizer covers={self._covers!r}>"

    def __call__(self, event: Event, context: object = None) -> dict[str, Any]:
        """The answer to API Gateway or AppSync."""
        question = Outcome(read_question, event, simple=self._simple)
        del event  # it has the credential: see `authenticate`
        asked = question.get()
        try:
            identity = self._guard.authenticate(asked.headers)
        except AuthError as error:
            return self._refuse(asked, error, None)
        try:
            enforce(self._policy, identity)
        except AuthError as error:
            return self._refuse(asked, error, identity)
        return self._allow(asked, identity)

    def _refuse(
        self, asked: Question, error: AuthError, identity: Identity | None
    ) -> dict[str, Any]:
        challenge = self._guard.challenge(error)  # which notes the refusal in the log as well
        if asked.form == "appsync":
            return {"isAuthorized": False, "ttlOverride": 0}
        if identity is None or not isinstance(error, AccessDenied):
            raise Unauthorized from error
        # For the templates of API Gateway's own answers.
        told = dict(challenge.headers)["WWW-Authenticate"]
        context = {"reason": str(error.reason), "challenge": told}
        if asked.form == "simple":
            return {"isAuthorized": False, "context": context}
        return _policy(identity, "Deny", self._resource(asked), context)

    def _allow(self, asked: Question, identity: Identity) -> dict[str, Any]:
        context = authorizer_context(identity)
        if asked.form == "appsync":
            seconds = self._left(identity)
            return {"isAuthorized": True, "resolverContext": context, "ttlOverride": seconds}
        if asked.form == "simple":
            return {"isAuthorized": True, "context": context}
        return _policy(identity, "Allow", self._resource(asked), context)

    def _resource(self, asked: Question) -> str:
        assert asked.arn is not None  # noqa: S101 - what is answered by a policy has one
        return asked.arn.of_stage if self._covers == "api" else asked.arn.of_route

    def _left(self, identity: Identity) -> int:
        """For how many seconds AppSync may keep the answer."""
        return max(0, min(self._cache_seconds, int((identity.expires_at or 0) - time())))


def _policy(
    identity: Identity, effect: str, resource: str, context: Mapping[str, str]
) -> dict[str, Any]:
    """API Gateway developer guide, "Output from an API Gateway Lambda authorizer"."""
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": resource}
    return {
        "principalId": identity.subject,
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": dict(context),
    }
