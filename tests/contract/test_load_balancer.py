"""Every adapter answers apps behind a load balancer as the table says; names with underscores."""

from __future__ import annotations

import pytest

from cognito_guard.testing import LocalLoadBalancer

from ..gunicorn_server import gunicorn
from ..raw import ask
from .adapters import FLASK, FORWARDING, Adapter, Settings
from .conftest import Origin
from .load_balancer_cases import CALLERS, CASES, WEBSOCKETS, Caller, ForwardedCase, foreign
from .test_contract import check


@pytest.fixture(params=FORWARDING, ids=lambda adapter: adapter.name)
def adapter(request: pytest.FixtureRequest) -> Adapter:
    """One adapter after the other that can be behind a load balancer."""
    found: Adapter = request.param
    return found


def test_names_are_unique() -> None:
    """No row hides behind another one's name."""
    rows = [case.what for case in (*CASES, *WEBSOCKETS)]
    assert len(rows) == len(set(rows))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.what)
def test_answer(
    adapter: Adapter, case: ForwardedCase, origin: Origin, alb: LocalLoadBalancer
) -> None:
    """Status, headers and body of the answer are those of the table."""
    check(adapter, case, ask(origin(adapter, case.server), case.path, case.lines(alb)))


@pytest.mark.parametrize("case", WEBSOCKETS, ids=lambda case: case.what)
def test_websocket(
    adapter: Adapter, case: ForwardedCase, origin: Origin, alb: LocalLoadBalancer
) -> None:
    """A WebSocket is refused before it is accepted, with the same answer as a request."""
    if not adapter.websockets:
        pytest.skip("no WebSockets here")
    check(adapter, case, ask(origin(adapter, case.server), case.path, case.lines(alb)))


@pytest.mark.parametrize("caller", CALLERS, ids=lambda caller: caller.what)
def test_identity(adapter: Adapter, caller: Caller, origin: Origin, alb: LocalLoadBalancer) -> None:
    """The view sees the caller as the headers say, and the same in every framework."""
    answer = ask(origin(adapter, caller.server), "/me", caller.lines(alb))
    nobody = {"groups": [], "scopes": [], "roles": [], "machine": False}
    subject = alb.pool.subject(caller.name)
    wanted = {"subject": subject, "username": caller.name, **nobody, **caller.sees}
    assert (answer.status, answer.json) == (200, wanted)


UNDERSCORES = {
    "identity": b"X_Amzn_Oidc_Identity: admin",
    "data": b"X_Amzn_Oidc_Data: admin",
    "access token": b"X_Amzn_Oidc_Accesstoken: none",
    "mixed": b"X-Amzn_Oidc-Data: admin",
}


@pytest.mark.parametrize("line", UNDERSCORES.values(), ids=UNDERSCORES)
def test_names_with_underscores(
    adapter: Adapter, line: bytes, origin: Origin, alb: LocalLoadBalancer
) -> None:
    """To WSGI, ``X_Amzn_Oidc_Data`` is the real name. Servers that we test drop it all the same."""
    where = origin(adapter, "ALB alone")
    for headers in (list, lambda: [line], lambda: [line, line]):
        lines = [f"{name}: {value}".encode() for name, value in alb.headers("alice").items()]
        answer = ask(where, "/me", [*lines, *headers()])
        assert (answer.status, answer.json["subject"]) == (200, alb.pool.subject("alice"))
        answer = ask(where, "/me", headers())
        assert adapter.problem(answer.json)["reason"] == "missing_credentials"


def test_a_server_that_takes_underscores_for_hyphens(
    settings: dict[str, Settings], alb: LocalLoadBalancer
) -> None:
    """Told to do so, gunicorn hands both names over as one. Still nobody gets in as another."""
    with gunicorn(FLASK, settings["ALB alone"], "--header-map", "dangerous") as where:
        good = [f"{name}: {value}".encode() for name, value in alb.headers("alice").items()]
        forged = [line.replace(b"-", b"_", 3) for line in foreign(alb)]
        assert all(line.startswith(b"x_amzn_oidc_") for line in forged)
        assert ask(where, "/me", good).status == 200
        assert ask(where, "/me", forged).json["reason"] == "wrong_signer"
        for lines in ([*good, *forged], [*forged, *good]):
            assert ask(where, "/me", lines).json["reason"] == "multiple_credentials"
        identity = b"X_Amzn_Oidc_Identity: admin"
        assert ask(where, "/me", [*good, identity]).json["reason"] == "identity_mismatch"
