"""attacks.run and arun: an app that holds passes, and each hole in another is named."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from flask import Flask
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from cognito_guard import AuthError, Guard, Reason
from cognito_guard.testing import LocalUserPool, attacks
from cognito_guard.testing.attacks import Attempt
from cognito_guard_asgi import CognitoMiddleware
from cognito_guard_flask import CognitoGuard

from ..leaks import holds_token


async def _me(request: Any) -> JSONResponse:
    return JSONResponse({"subject": request.user.subject})


def starlette_app(guard: Guard) -> Starlette:
    """An app that asks every caller who he is."""
    return Starlette(
        routes=[Route("/me", _me)], middleware=[Middleware(CognitoMiddleware, guard=guard)]
    )


def holds(attempt: Attempt, pool: LocalUserPool, guard: Guard) -> tuple[int, str]:
    """A guard without an app around it: status and body."""

    def values(name: str) -> list[str]:
        return [value for key, value in attempt.headers if key.lower() == name]

    try:
        guard.authenticate(values)
    except AuthError as error:
        return guard.challenge(error).status, json.dumps({"reason": error.reason})
    return 200, ""


@pytest.fixture(scope="module")
def one(pool: LocalUserPool) -> Attempt:
    """An attack like most: a token under 8 kB, of letters that every server takes."""
    return named(pool, "alg: none")


def named(pool: LocalUserPool, name: str) -> Attempt:
    """The attack of this name."""
    return next(attempt for attempt in attacks.build(pool) if attempt.name == name)


def test_an_asgi_app_by_one_call(pool: LocalUserPool, guard: Guard) -> None:
    """Through a test client, and awaited through HTTPX; the same attacks are made both times."""
    client = TestClient(starlette_app(guard))
    made = attacks.run(lambda one: client.get("/me", headers=one.raw_headers), pool)

    async def main() -> list[Attempt]:
        transport = httpx.ASGITransport(starlette_app(guard))
        async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
            return await attacks.arun(lambda one: client.get("/me", headers=one.raw_headers), pool)

    assert [one.name for one in asyncio.run(main())] == [one.name for one in made]
    assert len(made) > 450


def test_a_wsgi_app_by_one_call(pool: LocalUserPool, guard: Guard) -> None:
    """Through Flask's test client, which takes the headers as text."""
    app = Flask(__name__)
    CognitoGuard(app, guard=guard).protect(app)
    app.add_url_rule("/me", "me", lambda: "me")
    client = app.test_client()

    assert attacks.run(lambda one: client.get("/me", headers=one.headers), pool)


@pytest.mark.parametrize(
    ("hole", "named"),
    [
        ({"client_ids": ["1example23456789", "9example97531086"]}, "claims: client_id of another"),
        ({"token_use": "any"}, "confusion: an ID token"),
        ({"leeway": 300}, "claims: exp now"),
    ],
)
def test_holes_are_named(pool: LocalUserPool, hole: dict[str, Any], named: str) -> None:
    """The error names each attack that got in and says what it tried, without its token."""
    guard = Guard(pool.trust(**hole))

    with pytest.raises(AssertionError, match=named) as caught:
        attacks.run(lambda one: holds(one, pool, guard), pool)

    assert "answered 200, which is not how to refuse" in str(caught.value)
    assert not holds_token(str(caught.value))


def test_an_app_that_refuses_everybody_has_withstood_nothing(pool: LocalUserPool) -> None:
    """A good token must be let in, before and after."""
    with pytest.raises(AssertionError, match="a good token was answered with 401"):
        attacks.run(lambda _: 401, pool)
    with pytest.raises(AssertionError, match="a good token was answered with None"):
        attacks.run(lambda _: None, pool)


def test_checks_of_an_answer(one: Attempt) -> None:
    """Status and reason must be right, in whichever shape a client gives them."""
    good = json.dumps({"reason": "unsupported_algorithm"})
    for answer in (
        401,
        (401, good),
        (401, good.encode(), "more"),
        (401, json.dumps({"detail": {"reason": "unsupported_algorithm"}})),
        (401, json.dumps({"detail": "no reason"})),
        (401, json.dumps({"detail": {"detail": {"reason": "too deep"}}})),
        (401, json.dumps(["no object"])),
        (401, "no JSON"),
        SimpleNamespace(status_code=401, content=good.encode()),
        SimpleNamespace(status_code=401, data=good),
        SimpleNamespace(status=401, body=good.encode()),
        SimpleNamespace(status=401),
    ):
        one.check(answer)
    for answer, fault in {
        200: "answered 200",
        500: "answered 500",
        403: "answered 403",
        None: "the server hung up",
        (401, '{"reason": "token_expired"}'): "refused for token_expired instead of",
        (401, '{"reason": "because"}'): "refused for a reason that is not documented",
    }.items():
        with pytest.raises(AssertionError, match=f"alg: none: {fault}"):
            one.check(answer)


def test_a_repeated_credential_is_seen(one: Attempt) -> None:
    """An answer that quotes the token is a fault, and the error does not quote it again."""
    token = one.headers[0][1].removeprefix("Bearer ")

    for body in (token, f"you sent {token.split('.')[1]}"):
        with pytest.raises(AssertionError, match="repeats a part of the credential") as caught:
            one.check((401, body))
        assert token.split(".")[1] not in str(caught.value)
    assert repr(one) == "<Attempt alg: none>"


def test_what_a_server_may_refuse_by_itself(pool: LocalUserPool) -> None:
    """Huge requests and odd letters may be answered by the server, or by nobody."""
    huge = named(pool, "request: a header of 1 MB")
    assert huge.reasons == {Reason.TOKEN_TOO_LARGE}
    for answer in (None, 431, 413, 400, 401):
        huge.check(answer)
    for answer in (200, 403, 500):
        with pytest.raises(AssertionError):
            huge.check(answer)
    assert named(pool, "request: Latin-1").may_be_cut_off


def test_the_forms_of_headers(pool: LocalUserPool) -> None:
    """As text, as bytes, and joined as WSGI servers do; repeated names in any case."""
    two = named(pool, "request: two names in two cases")
    (one, first), (other, second) = two.headers

    assert (one, other) == ("Authorization", "aUTHORIZATION")
    assert two.raw_headers == [
        (b"Authorization", first.encode()),
        (b"aUTHORIZATION", second.encode()),
    ]
    assert two.joined_headers == {"Authorization": f"{first},{second}"}


def test_an_attack_that_brings_nothing(pool: LocalUserPool) -> None:
    """An attack of one's own needs neither a token nor headers: a caller without a credential."""
    attack = attacks.Attack("own: nothing", "Brings nothing.", (Reason.MISSING_CREDENTIALS,))

    assert attack.headers(attacks.Forge(pool)) == []
    assert attack.verdicts([]) == {Reason.MISSING_CREDENTIALS}
