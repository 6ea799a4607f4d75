"""Every adapter answers every request of the table as the contract says, to the byte."""

from __future__ import annotations

import re

import pytest

from cognito_guard.testing import LocalUserPool

from ..raw import Answer, ask, bearer
from .adapters import ADAPTERS, Adapter
from .cases import CALLERS, CASES, WEBSOCKETS, Caller, Case
from .conftest import Origin
from .load_balancer_cases import ForwardedCase

# What is looked at besides, by the settings that the app was started with.
VARY = {"cookie": "Authorization, Cookie"}
METADATA = "https://api.example.com/.well-known/oauth-protected-resource/orders"
OWN_HEADERS = ("WWW-Authenticate", "Retry-After", "Cache-Control", "Vary", "Content-Type")


def check(adapter: Adapter, case: Case | ForwardedCase, answer: Answer) -> None:
    """Hold an answer against its row of the table."""
    assert answer.status == case.status
    if case.status < 400:
        assert answer.all(adapter.challenge) == []
        return
    assert answer.all(adapter.challenge) == ([case.challenge] if case.challenge else [])
    assert answer.all("Cache-Control") == ["no-store"]
    assert answer.all("Vary") == [VARY.get(case.server.partition(",")[0], "Authorization")]
    assert answer.all("Content-Type") == [adapter.content_type]
    # The time until the next attempt; how often it failed before is not ours to know.
    retry_after = answer.all("Retry-After")
    assert len(retry_after) == (case.status == 503)
    assert all(re.fullmatch("[1-9]|[1-5][0-9]|60", seconds) for seconds in retry_after)
    problem = adapter.problem(answer.json)
    assert problem["reason"] == case.reason
    assert problem["detail"].endswith(".")
    described = re.search('error_description="(.*?)"', case.challenge or "")
    assert described is None or described[1] == problem["detail"]
    code = re.search('error="(.*?)"', case.challenge or "")
    if case.status != 503:
        assert problem["error"] == (code[1] if code else None)


def test_names_are_unique() -> None:
    """No row hides behind another one's name, and no adapter behind another."""
    rows = [case.what for case in (*CASES, *WEBSOCKETS)]
    assert len(rows) == len(set(rows))
    assert len(ADAPTERS) == len({adapter.name for adapter in ADAPTERS})


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.what)
def test_answer(adapter: Adapter, case: Case, origin: Origin, pool: LocalUserPool) -> None:
    """Status, headers and body of the answer are those of the table."""
    check(adapter, case, ask(origin(adapter, case.server), case.path, case.lines(pool)))


@pytest.mark.parametrize(
    "case",
    [case for case in (*CASES, *WEBSOCKETS) if case.server == "plain"],
    ids=lambda case: case.what,
)
def test_answer_of_a_resource(
    adapter: Adapter, case: Case, origin: Origin, pool: LocalUserPool
) -> None:
    """With a resource, each answer is the same, and each challenge says where its metadata is."""
    if case in WEBSOCKETS and not adapter.websockets:
        pytest.skip("no WebSockets here")
    if case.challenge is not None:
        comma = "," if "=" in case.challenge else ""
        case = case._replace(challenge=f'{case.challenge}{comma} resource_metadata="{METADATA}"')
    check(adapter, case, ask(origin(adapter, "resource"), case.path, case.lines(pool)))


@pytest.mark.parametrize("case", WEBSOCKETS, ids=lambda case: case.what)
def test_websocket(adapter: Adapter, case: Case, origin: Origin, pool: LocalUserPool) -> None:
    """A WebSocket is refused before it is accepted, with the same answer as a request."""
    if not adapter.websockets:
        pytest.skip("no WebSockets here")
    check(adapter, case, ask(origin(adapter, case.server), case.path, case.lines(pool)))


@pytest.mark.parametrize("caller", CALLERS, ids=lambda caller: caller.what)
def test_identity(adapter: Adapter, caller: Caller, origin: Origin, pool: LocalUserPool) -> None:
    """The view sees the caller as the token says, and the same in every framework."""
    answer = ask(origin(adapter, "plain"), "/me", [bearer(caller.make(pool))])
    assert (answer.status, answer.json) == (200, caller.sees(pool))


def test_each_pool_has_its_own_callers(
    adapter: Adapter, origin: Origin, pool: LocalUserPool, other_pool: LocalUserPool
) -> None:
    """An app that trusts two pools knows the users of both, and mixes nothing of theirs up."""
    where = origin(adapter, "two pools")
    for one, other in ((pool, other_pool), (other_pool, pool)):
        answer = ask(where, "/me", [bearer(one.access_token("alice"))])
        assert (answer.status, answer.json["subject"]) == (200, one.subject("alice"))
        client = ask(where, "/me", [bearer(one.access_token(client_id=other.client_id))])
        assert adapter.problem(client.json)["reason"] == "wrong_client"


@pytest.mark.parametrize("path", ["/me", "/orders", "/admin", "/editor", "/payouts"])
def test_preflight(adapter: Adapter, path: str, origin: Origin) -> None:
    """A CORS preflight is passed on: whatever the framework answers, it is no refusal of ours."""
    answer = ask(
        origin(adapter, "plain"),
        path,
        [b"Origin: https://shop.example", b"Access-Control-Request-Method: GET"],
        method="OPTIONS",
    )
    assert answer.status in (200, 204, 405)
    assert not any(answer.all(name) for name in (adapter.challenge, "Retry-After"))
