"""The whole attack corpus against every adapter, on a real server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cognito_guard import AuthError, Reason
from cognito_guard.testing import JwksServer, LocalLoadBalancer, LocalUserPool, PemServer, attacks
from cognito_guard.testing.attacks import Attempt

from ..raw import Answer, ask, bearer
from .adapters import Adapter
from .conftest import Origin

# The app is asked for what only an admin may see, so all that is forged says it is one.
ADMIN = {"cognito:groups": ["admins"]}
# The first app meets the whole corpus; the others what the first one cannot be attacked with.
APPS: dict[str, dict[str, Any]] = {
    "plain": {"claims": ADMIN},
    "cookie": {"claims": ADMIN, "cookie": "token"},
    "ID tokens": {"claims": ADMIN, "token_use": "id"},
    "ALB": {"claims": ADMIN},
}
SERVED = "/admin"

CODES = {"missing_credentials": None} | {
    reason: "invalid_request" if kind.__name__ == "InvalidRequest" else "invalid_token"
    for kind in AuthError.__subclasses__()
    for reason in kind.reasons - {Reason.MISSING_CREDENTIALS}
}


@pytest.fixture(scope="session")
def made(pool: LocalUserPool, alb: LocalLoadBalancer) -> Callable[[str], list[Attempt]]:
    """The attacks on an app of the table, made ready once for all adapters."""
    ready: dict[str, list[Attempt]] = {}

    def attempts(app: str) -> list[Attempt]:
        if app not in ready:
            balanced = {"load_balancer": alb} if app == "ALB" else {}
            ready[app] = attacks.build(pool, **balanced, **APPS[app])
            if app != "plain":
                met = {attempt.name for attempt in attempts("plain")}
                ready[app] = [each for each in ready[app] if each.name not in met]
        return ready[app]

    return attempts


def good(pool: LocalUserPool, alb: LocalLoadBalancer, app: str) -> Iterator[list[bytes]]:
    """What the app lets in: each kind of credential, so that all its keys have been fetched."""
    issue = pool.id_token if APPS[app].get("token_use") == "id" else pool.access_token
    yield [bearer(issue("ada", groups=["admins"]))]
    if app == "ALB":
        headers = alb.headers("ada", groups=["admins"])
        yield [f"{name}: {value}".encode() for name, value in headers.items()]


def fault(adapter: Adapter, attempt: Attempt, answer: Answer | None) -> str | None:
    """What is wrong with an answer, its headers included."""
    found = attempt.fault(answer)
    if found or answer is None or b'"reason"' not in answer.body:
        return found
    problem = adapter.problem(answer.json)
    if problem["reason"] == Reason.KEYS_UNAVAILABLE:  # a key id that nobody has looked for yet
        told = not answer.all(adapter.challenge) and len(answer.all("Retry-After")) == 1
        return None if told else "another answer than the contract's"
    if problem["error"] != CODES[problem["reason"]]:
        return "another error code"
    (challenge,) = answer.all(adapter.challenge)
    detail = problem["detail"].replace('"', "'")  # RFC 6750, section 3
    wanted = {
        None: "Bearer",
        "invalid_request": 'Bearer error="invalid_request"',
        "invalid_token": f'Bearer error="invalid_token", error_description="{detail}"',
    }
    return None if challenge == wanted[problem["error"]] else "another challenge"


@pytest.mark.parametrize("app", APPS)
def test_attacks(
    adapter: Adapter,
    app: str,
    origin: Origin,
    pool: LocalUserPool,
    alb: LocalLoadBalancer,
    keys: JwksServer,
    alb_keys: PemServer,
    made: Callable[[str], list[Attempt]],
) -> None:
    """Every attack has the engine's verdict, and no key is fetched that is not needed for it."""
    if app == "ALB" and not adapter.forwards:
        pytest.skip("no load balancer forwards anything to this one")
    # Those that may need a key come last: what they have fetched may arrive after their answer.
    attempts = sorted(made(app), key=lambda attempt: attempt.needs_key)
    faults = []
    where = origin(adapter, app)
    for headers in good(pool, alb, app):
        assert ask(where, SERVED, headers).status == 200
    fetched = keys.requests + alb_keys.requests
    for attempt in attempts:
        try:
            answer = ask(where, SERVED, [b": ".join(pair) for pair in attempt.raw_headers])
        except ConnectionError:  # a server may hang up on what it will not read
            answer = None
        if found := fault(adapter, attempt, answer):
            faults.append((attempt.name, found))
        if keys.requests + alb_keys.requests != fetched and not attempt.needs_key:
            faults.append((attempt.name, "keys were fetched"))
    for headers in good(pool, alb, app):
        assert ask(where, SERVED, headers).status == 200
    assert faults == []
    assert len(attempts) > (450 if app == "plain" else 15)
