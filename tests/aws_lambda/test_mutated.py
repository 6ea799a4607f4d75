"""Events with a member missing, or of another type, anywhere: a documented answer, and never a
caller who is not the token's."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cognito_guard import AuthError, ConfigurationError, Guard
from cognito_guard.testing import LocalUserPool
from cognito_guard_lambda import Authorizer, Unauthorized, authenticate, guarded, trust_authorizer

from .conftest import MAKE, bearer
from .test_authorizer import (
    appsync_event,
    http_event,
    request_event,
    token_event,
    websocket_event,
)
from .test_trusted import claims_in, http_texts, of_appsync, of_cognito, of_jwt, rest_texts

_GONE = object()
JUNK: list[Any] = [
    *(_GONE, None, True, 0, 5, -1.5, "", "x", "1.0", "2.0", "TOKEN", "CONNECT", "Bearer x"),
    *([], ["x"], [None], {}, {"x": "y"}, {"headers": {}}, "a,b", "[a]", 10**400, "\ud800"),
]


def mutated(value: Any, depth: int = 5) -> Iterator[Any]:
    """Copies of an event, each with one member, however deep, replaced or gone."""
    if depth == 0 or not isinstance(value, dict | list):
        return
    places: Any = value if isinstance(value, dict) else range(len(value))
    for place in list(places):
        for junk in JUNK:
            changed = copy.copy(value)
            if junk is _GONE:
                del changed[place]
            else:
                changed[place] = junk
            yield changed
        for inner in mutated(value[place], depth - 1):
            changed = copy.copy(value)
            changed[place] = inner
            yield changed


@pytest.mark.parametrize("kind", MAKE)
def test_requests(kind: str, guard: Guard, pool: LocalUserPool) -> None:
    """The caller of the token, a refusal, or an error that tells who calls the function why."""
    seen: set[str] = set()
    handler = guarded(guard)(lambda event, context, identity: identity.subject)
    for event in mutated(MAKE[kind]([bearer(pool), ("Cookie", "a=b")])):
        try:
            subject = authenticate(guard, event).subject
            assert subject == pool.subject("ada")
            seen.add("in")
        except AuthError as error:
            seen.add(type(error).__name__)
        except ConfigurationError:
            seen.add("error")
            with pytest.raises(ConfigurationError):
                handler(event, None)
    assert {"in", "error"} < seen


@pytest.mark.parametrize(
    "make",
    [
        lambda header: token_event(header[1]),
        lambda header: request_event([header]),
        lambda header: http_event([header]),
        lambda header: websocket_event([header]),
        lambda header: appsync_event(header[1]),
    ],
    ids=["token", "request", "http", "websocket", "appsync"],
)
def test_questions(
    make: Callable[[tuple[str, str]], dict[str, Any]], guard: Guard, pool: LocalUserPool
) -> None:
    """The same for what asks an authorizer."""
    for event in mutated(make(bearer(pool)), 4):
        try:
            answer = Authorizer(guard)(event)
        except (ConfigurationError, Unauthorized):
            continue
        if answer.get("isAuthorized", True):
            told = answer.get("context") or answer.get("resolverContext")
            assert told["sub"] == pool.subject("ada")


def test_words(guard: Guard, pool: LocalUserPool) -> None:
    """The same for what authorizers say."""
    claims = claims_in(pool.access_token("ada", groups=["admins"]))
    for event, authorizer in (
        (of_cognito(rest_texts(claims)), "cognito"),
        (of_jwt(http_texts(claims)), "jwt"),
        (of_appsync(claims), "appsync"),
    ):
        for changed in mutated(event):
            try:
                identity = trust_authorizer(guard, changed, authorizer)  # type: ignore[arg-type]
            except (ConfigurationError, AuthError):
                continue
            assert identity.issuer == pool.issuer
            assert identity.client_id == pool.client_id
            assert set(identity.groups) <= {"admins", "", "x", "1.0", "2.0", "a", *JUNK_TEXTS}


JUNK_TEXTS = {text for text in JUNK if isinstance(text, str)}
