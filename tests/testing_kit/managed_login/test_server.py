"""The door itself: what an app is pointed at, counts, faults, other sites, TLS."""

from __future__ import annotations

import json
import socket
import ssl
from typing import Any, get_args

import httpx
import pytest

from cognito_guard import Guard, InvalidToken, Reason
from cognito_guard.testing import Fault, LocalClient, LocalUserPool, PoolServer, TokenFault
from cognito_guard.testing.managed_login import Endpoint
from cognito_guard.testing.managed_login.server import _PATIENCE_SECONDS
from cognito_guard.testing.wire import WIRE_FAULTS

from ...ports import free_port
from ...raw import ask
from ..impatient import without_patience
from .app import CALLBACK, WEB, App, Clock, answer_of


def connection_to(server: PoolServer) -> socket.socket:
    """A connection on which nothing was said."""
    return socket.create_connection(("127.0.0.1", port_of(server)), timeout=60)


def port_of(server: PoolServer) -> int:
    """Where it listens."""
    return int(server.origin.rpartition(":")[2])


# What an app is pointed at.


def test_environment(server: PoolServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """With these variables, an app accepts what is issued here."""
    for name, value in server.environment().items():
        monkeypatch.setenv(name, value)
    guard = Guard.from_env()
    assert guard.verify(server.access_token(client_id="shop")).issuer == server.issuer


def test_trust(server: PoolServer, app: App, clock: Clock) -> None:
    """All of the clients, this issuer, and what else is said."""
    guard = Guard(server.trust(), clock=clock)
    for token in (
        app.tokens("ada")["access_token"],
        server.access_token("ada", client_id="shop"),
        server.machine_token(client_id="machine"),
    ):
        assert guard.verify(token).issuer == server.issuer
    assert server.requests["jwks"] == 1
    ids = Guard(server.trust(token_use="id", client_ids=["web"]), clock=clock)
    assert ids.verify(server.id_token("ada", client_id="web")).username == "ada"
    with pytest.raises(InvalidToken):
        ids.verify(server.id_token("ada", client_id="shop"))


def test_pool_is_as_it_was(desk: LocalUserPool, server: PoolServer) -> None:
    """The pool's own tokens keep the pool's own issuer."""
    token = desk.access_token()
    assert Guard(desk.trust(), clock=desk.clock).verify(token).issuer == desk.issuer
    with pytest.raises(InvalidToken) as refused:
        Guard(server.trust(client_ids=[desk.client_id]), clock=desk.clock).verify(token)
    assert refused.value.reason is Reason.UNKNOWN_ISSUER


def test_without_clients() -> None:
    """There is a public one with the pool's id; more can come at any time."""
    pool = LocalUserPool(client_id="mine")
    with pool.listen() as server, App(server, Clock()) as app:
        assert server.environment()["COGNITO_CLIENT_IDS"] == "mine"
        assert app.authorize(client_id="mine").status_code == 400
        server.register(LocalClient("mine", callback_urls=[CALLBACK]))
        assert app.authorize(client_id="mine").status_code == 302


def test_discovery(app: App, server: PoolServer, desk: LocalUserPool) -> None:
    """Every address in it leads somewhere."""
    found = app.get(f"{server.issuer}/.well-known/openid-configuration").json()
    assert found["issuer"] == server.issuer
    assert app.get(found["jwks_uri"]).json() == desk.jwks()
    assert found["jwks_uri"] == server.jwks_url
    for name in found:
        if name.endswith("_endpoint"):
            assert app.get(found[name]).status_code in (400, 405)


def test_repr(server: PoolServer) -> None:
    """Where it is, and no secret."""
    assert repr(server) == f"<PoolServer eu-west-1_LocalPool at {server.origin}>"
    assert "5ecret" not in repr(LocalClient("a", secret="5ecret"))
    assert "Local-Pass" not in repr(server._state.pool.user("alice"))


def test_port(desk: LocalUserPool) -> None:
    """The port can be said, and is there again when the server is over."""
    port = free_port()
    with desk.listen(port=port) as server:
        assert port_of(server) == port
    with desk.listen(port=port) as again:
        assert again.origin == server.origin
        assert httpx.get(again.jwks_url, trust_env=False, timeout=60).status_code == 200


def test_tls(desk: LocalUserPool, clock: Clock) -> None:
    """Over https, for whoever trusts its authority; its cookie is for https alone."""
    with desk.listen(WEB, tls=True) as server:
        assert server.authority is not None
        trust = ssl.create_default_context(cadata=server.authority.decode("ascii"))
        with (
            App(server, clock) as app,
            httpx.Client(verify=trust, trust_env=False, timeout=60) as client,
        ):
            page = client.get(f"{server.domain}/login?{app.query()}")
            form = {**app.fields(page), "username": "alice"}
            back = client.post(page.url, data=form, headers={"Origin": server.origin})
            assert answer_of(back)["state"] == "a-state"
            assert back.headers["Set-Cookie"].endswith("; Secure")
            with server.failing(Fault.WRONG_CERTIFICATE), pytest.raises(httpx.ConnectError):
                client.get(server.jwks_url)


# Requests.


def test_counts(app: App, server: PoolServer) -> None:
    """Each endpoint for itself, whatever it answers."""
    assert set(server.requests.values()) == {0}
    tokens = app.tokens()
    app.refresh(tokens["refresh_token"])
    app.token()
    app.revoke(tokens["refresh_token"])
    app.user_info("none")
    app.authorize()
    app.get(f"{server.domain}/logout")
    app.get(f"{server.domain}/unknown")
    app.api("GetUser")
    assert server.requests == {
        "jwks": 0,
        "discovery": 0,
        "authorize": 1,
        "login": 2,
        "token": 3,
        "revoke": 1,
        "userinfo": 1,
        "logout": 1,
        "register": 0,
        "api": 1,
    }


@pytest.mark.parametrize(
    ("status", "method", "path"),
    [
        (405, "POST", "/oauth2/authorize"),
        (405, "GET", "/oauth2/token"),
        (405, "GET", "/oauth2/revoke"),
        (405, "POST", "/logout"),
        (405, "GET", "/"),
        (405, "DELETE", "/login"),
        (405, "OPTIONS", "/login"),
        (404, "GET", "/oauth2/userinfo"),
        (404, "GET", "/favicon.ico"),
        (404, "GET", "/.well-known/jwks.json"),
    ],
)
def test_methods_and_paths(app: App, status: int, method: str, path: str) -> None:
    """As they are written, and no others."""
    answer = app.request(method, app.server.origin + path)
    assert answer.status_code == status
    assert ("Allow" in answer.headers) == (status == 405)


def test_scripts_of_other_sites(app: App, server: PoolServer) -> None:
    """An app that is a script in a browser can ask what programs ask; not for pages."""
    origin = {"Origin": "http://localhost:8000"}
    for path in ("/oauth2/token", "/oauth2/revoke", "/oauth2/userInfo", "/"):
        asked = {**origin, "Access-Control-Request-Method": "POST"}
        answer = app.options(server.origin + path, headers=asked)
        assert answer.status_code == 200
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "authorization" in answer.headers["Access-Control-Allow-Headers"]
        answer = app.post(server.origin + path, headers=origin)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
    for path in ("/oauth2/authorize", "/login", "/logout"):
        answer = app.get(server.origin + path, headers=origin)
        assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "["])
def test_other_hosts(app: App, host: str) -> None:
    """Another site's name that leads here does not get in."""
    answer = app.get(app.server.jwks_url, headers={"Host": host})
    assert answer.status_code == 421


def test_what_is_no_http(server: PoolServer) -> None:
    """It is refused, and nothing breaks."""
    answer = ask(server.origin, "/", [b"Content-Length: 1, 2"], method="POST")
    assert answer.status == 400
    assert ask(server.origin, server.jwks_url.removeprefix(server.origin)).status == 200


def test_large_bodies(app: App, server: PoolServer) -> None:
    """Nobody reads them to their end."""
    form = {"token": "a" * 100_000, "client_id": "web"}
    assert app.form("/oauth2/revoke", {**form}).status_code == 413
    assert app.api("GetUser", AccessToken="a" * 100_000).status_code == 413


def test_silent_client(desk: LocalUserPool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who says nothing is given up."""
    monkeypatch.setattr("cognito_guard.testing.managed_login.server._PATIENCE_SECONDS", 0.05)
    with desk.listen(WEB) as server, connection_to(server) as silent:
        assert silent.recv(1) == b""


def test_slow_client(server: PoolServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who stops in the midst of a body is told so."""
    patience = without_patience(monkeypatch)
    with connection_to(server) as slow:
        slow.sendall(
            b"POST /oauth2/token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n"
            b"Content-Type: application/x-www-form-urlencoded\r\n\r\na=1"
        )
        assert slow.recv(12) == b"HTTP/1.1 408"
    assert patience[0] == _PATIENCE_SECONDS


def test_old_ones_are_forgotten(
    app: App, server: PoolServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither codes nor refresh tokens nor what was revoked pile up."""
    module = "cognito_guard.testing.managed_login.refresh_tokens._MAX"
    monkeypatch.setattr(module, 2)
    tokens = [app.tokens()["refresh_token"] for _ in range(3)]
    assert [app.refresh(token).status_code for token in tokens] == [400, 200, 200]
    for token in tokens[1:]:
        app.revoke(token)
    app.revoke(app.tokens()["refresh_token"])
    kept = server._state.refresh_tokens
    assert len(kept._tokens) == len(kept._revoked) == 2


# Faults.


def test_which_faults() -> None:
    """All of the wire; those of key sets are for the server of keys."""
    assert PoolServer.faults == {Fault.DOWN, Fault.WRONG_CERTIFICATE, *WIRE_FAULTS}


@pytest.mark.parametrize(
    ("fault", "status"),
    [(Fault.SERVER_ERROR, 500), (Fault.FORBIDDEN, 403), (Fault.HTML, 200), (Fault.REDIRECT, 302)],
)
def test_refused_before_anything_is_done(app: App, fault: Fault, status: int) -> None:
    """The code stays good, for the next attempt."""
    code = app.code()
    with app.server.failing(fault, at="token"):
        answer = app.token(code=code)
        assert answer.status_code == status
        assert "access_token" not in answer.text
        assert app.get(app.server.jwks_url).status_code == 200
    assert app.token(code=code).status_code == 200


@pytest.mark.parametrize("fault", [Fault.HALF_BODY, Fault.GARBLED, Fault.EMPTY_BODY, Fault.HANG_UP])
def test_lost_on_the_way_back(app: App, fault: Fault) -> None:
    """The tokens were issued, and the code is used up."""
    code = app.code()
    with (
        app.server.failing(fault, at="token"),
        pytest.raises((httpx.RemoteProtocolError, json.JSONDecodeError)),
    ):
        app.token(code=code).json()
    assert app.token(code=code).json() == {"error": "invalid_grant"}


def test_hang(app: App) -> None:
    """Nothing is answered, at this endpoint alone."""
    patient = app.timeout
    with app.server.failing(Fault.HANG, at="token"):
        app.timeout = httpx.Timeout(60, read=0.05)
        with pytest.raises(httpx.ReadTimeout):
            app.token()
        app.timeout = patient
        assert app.revoke("a").status_code == 200


def test_everywhere(app: App) -> None:
    """Without an endpoint, all of them fail; and all is well when it is over."""
    with app.server.failing(Fault.SERVER_ERROR):
        assert app.get(app.server.jwks_url).status_code == 500
        assert app.token().status_code == 500
        assert app.authorize().status_code == 500
    app.server.fault = Fault.FORBIDDEN
    assert app.user_info("made-up").status_code == 403
    app.server.fault = None
    assert app.get(app.server.jwks_url).status_code == 200


def test_down(app: App) -> None:
    """Nobody listens, and afterwards the port is the same."""
    with app.server.failing(Fault.DOWN), pytest.raises(httpx.ConnectError):
        app.get(app.server.jwks_url)
    assert app.get(app.server.jwks_url).status_code == 200


def test_redirect_leads_to_the_right_answer(app: App) -> None:
    """On the same server, for whoever follows."""
    with app.server.failing(Fault.REDIRECT):
        answer = app.get(app.server.jwks_url)
        followed = app.get(app.server.origin + answer.headers["Location"])
    assert "keys" in followed.json()


@pytest.mark.parametrize(
    ("fault", "status", "error"),
    [
        (TokenFault.BAD_REQUEST, 400, "invalid_grant"),
        (TokenFault.UNAUTHORIZED, 401, "invalid_client"),
        (TokenFault.TOO_MANY_REQUESTS, 429, "temporarily_unavailable"),
    ],
)
def test_refusals(app: App, fault: TokenFault, status: int, error: str) -> None:
    """Whatever is asked of the token endpoint; nothing is carried out."""
    code = app.code()
    with app.server.failing(fault):
        answer = app.token(code=code)
        assert (answer.status_code, answer.json()) == (status, {"error": error})
        assert ("Retry-After" in answer.headers) == (status == 429)
        assert app.api("GetUser").json()["__type"] == "InvalidParameterException"
    assert app.token(code=code).status_code == 200


@pytest.mark.parametrize(
    ("fault", "name"),
    [
        (TokenFault.BAD_REQUEST, "InvalidParameterException"),
        (TokenFault.UNAUTHORIZED, "NotAuthorizedException"),
        (TokenFault.TOO_MANY_REQUESTS, "TooManyRequestsException"),
    ],
)
def test_refusals_of_the_api(app: App, fault: TokenFault, name: str) -> None:
    """Its own way, where it is named."""
    code = app.code()
    with app.server.failing(fault, at="api"):
        answer = app.api("GetUser")
        assert (answer.status_code, answer.json()["__type"]) == (400, name)
        assert app.token(code=code).status_code == 200


def raw_claims(token: str) -> dict[str, Any]:
    """What a token says, whoever signed it."""
    import jwt

    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def test_tokens_of_another_client(app: App) -> None:
    """Signed by the pool, and not for this app."""
    with app.server.failing(TokenFault.OTHER_CLIENT):
        tokens = app.tokens()
    assert raw_claims(tokens["access_token"])["client_id"] == "9another8client"
    assert raw_claims(tokens["id_token"])["aud"] == "9another8client"
    with pytest.raises(InvalidToken) as refused:
        app.claims(tokens["access_token"])
    assert refused.value.reason is Reason.WRONG_CLIENT


def test_tokens_of_another_pool(app: App) -> None:
    """An issuer that nobody trusts."""
    with app.server.failing(TokenFault.OTHER_POOL):
        tokens = app.tokens("ada")
    for kind in ("access_token", "id_token"):
        with pytest.raises(InvalidToken) as refused:
            app.claims(tokens[kind])
        assert refused.value.reason is Reason.UNKNOWN_ISSUER
    assert raw_claims(tokens["id_token"])["email"] == "ada@lovelace.example"


def test_another_nonce(app: App) -> None:
    """All else is good."""
    with app.server.failing(TokenFault.OTHER_NONCE):
        claims = app.claims(app.tokens()["id_token"])
    assert claims["nonce"] not in ("a-nonce", None)
    assert claims["aud"] == "web"


def test_another_user(app: App) -> None:
    """Two good tokens that do not go together."""
    with app.server.failing(TokenFault.OTHER_USER):
        tokens = app.tokens("ada")
    access, identity = app.claims(tokens["access_token"]), app.claims(tokens["id_token"])
    assert access["sub"] != identity["sub"]
    assert identity["cognito:username"] == "ada"


def test_no_id_token(app: App) -> None:
    """Though it was asked for."""
    with app.server.failing(TokenFault.NO_ID_TOKEN):
        assert "id_token" not in app.tokens()


def test_wrong_tokens_through_the_api(app: App) -> None:
    """Where it is named, the API has them too."""
    parameters = {"USERNAME": "alice", "PASSWORD": "Local-Pass-1"}
    asked = {"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": "web", "AuthParameters": parameters}
    with app.server.failing(TokenFault.OTHER_CLIENT, at="api"):
        result = app.api("InitiateAuth", **asked).json()["AuthenticationResult"]
    assert raw_claims(result["AccessToken"])["client_id"] == "9another8client"


@pytest.mark.parametrize(
    ("fault", "at"),
    [
        (Fault.HANG, "tokens"),
        (Fault.DOWN, "token"),
        (Fault.WRONG_CERTIFICATE, "token"),
        (TokenFault.OTHER_NONCE, "jwks"),
        (TokenFault.BAD_REQUEST, "unknown"),
        (Fault.WEAK_KEY, None),
        (Fault.WRONG_CERTIFICATE, None),
    ],
)
def test_faults_that_cannot_be(app: App, fault: Any, at: Any) -> None:
    """An endpoint that is none, and a fault that it cannot have."""
    with (
        pytest.raises(ValueError, match=r"none of|concern|cannot have|takes a server"),
        app.server.failing(fault, at=at),
    ):
        pass
    assert app.get(app.server.jwks_url).status_code == 200


def test_faults_within_faults(app: App) -> None:
    """The inner one ends first, whatever it is."""
    with app.server.failing(Fault.FORBIDDEN, at="token"):
        with app.server.failing(Fault.SERVER_ERROR, at="revoke"):
            assert app.revoke("a").status_code == 500
        assert app.revoke("a").status_code == 200
        assert app.token().status_code == 403
        with app.server.failing(TokenFault.UNAUTHORIZED):
            assert app.token().status_code == 403
    assert app.token().status_code == 400


def test_endpoints_are_all_there(server: PoolServer) -> None:
    """Each has a count, and a route."""
    assert set(server.requests) == set(get_args(Endpoint))
    assert {route.endpoint for route in server._routes.values()} == set(get_args(Endpoint))
    assert json.dumps(server.requests)
