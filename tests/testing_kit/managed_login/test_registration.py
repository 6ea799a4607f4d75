"""``/oauth2/register`` (RFC 7591) and clients that are the URL of their metadata."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from cognito_guard import Guard
from cognito_guard.testing import LocalClient, LocalUserPool, PoolServer
from cognito_guard.testing.managed_login import registration

from .app import CALLBACK, App, Clock

SCOPES = ["openid", "orders/read", "orders/write"]
NATIVE = "http://localhost:3030/callback"
GOOD: dict[str, Any] = {
    "client_name": "Example",
    "redirect_uris": [NATIVE],
    "token_endpoint_auth_method": "none",
}
DOCUMENT = "https://client.example/metadata.json"


@pytest.fixture
def open_server(desk: LocalUserPool) -> Iterator[PoolServer]:
    """A pool at which clients register themselves."""
    with desk.listen(registration_scopes=SCOPES) as server:
        yield server


def post(server: PoolServer, body: Any, kind: str | None = "application/json") -> httpx.Response:
    """Register."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {} if kind is None else {"Content-Type": kind}
    url = f"{server.domain}/oauth2/register"
    return httpx.post(url, content=raw, headers=headers, trust_env=False, timeout=60)


def signed_in(server: PoolServer, clock: Clock, client: dict[str, Any], scope: str) -> Any:
    """The tokens of a user who has signed in with a client."""
    with App(server, clock) as app:
        code = app.code(client_id=client["client_id"], redirect_uri=NATIVE, scope=scope)
        fields = {"client_id": client["client_id"], "client_secret": client.get("client_secret")}
        answer = app.token(code=code, redirect_uri=NATIVE, **fields)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("method", ["none", "client_secret_basic", "client_secret_post", None])
def test_a_client_that_registers(open_server: PoolServer, clock: Clock, method: str | None) -> None:
    """It is told who it is, and users can sign in with it, for every scope that there is."""
    asked = {**GOOD, "token_endpoint_auth_method": method, "logo_uri": "https://a.example/"}
    if method is None:
        del asked["token_endpoint_auth_method"]
    answer = post(open_server, asked)
    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    told = answer.json()
    secret = {"client_secret", "client_secret_expires_at"}
    assert secret.issubset(told) == (method != "none")
    assert told["token_endpoint_auth_method"] == (method or "client_secret_basic")
    assert told["scope"].split() == SCOPES
    assert told["client_id_issued_at"] == int(clock.now)
    tokens = signed_in(open_server, clock, told, "openid orders/write")
    guard = Guard(open_server.trust(), clock=clock)
    identity = guard.verify(tokens["access_token"])
    assert (identity.client_id, identity.scopes) == (told["client_id"], ("openid", "orders/write"))
    another = post(open_server, {"redirect_uris": [NATIVE]}).json()
    assert another["client_id"] != told["client_id"]


def test_discovery(open_server: PoolServer, server: PoolServer) -> None:
    """It is announced where it is, and PKCE and public clients everywhere."""
    for one, there in ((open_server, True), (server, False)):
        url = f"{one.issuer}/.well-known/openid-configuration"
        found = httpx.get(url, trust_env=False, timeout=60).json()
        assert ("registration_endpoint" in found) == there
        assert found["code_challenge_methods_supported"] == ["S256"]
        assert "none" in found["token_endpoint_auth_methods_supported"]
        assert found["client_id_metadata_document_supported"] is False


def test_off(server: PoolServer) -> None:
    """Nobody registers where that was not said."""
    answer = post(server, GOOD)
    assert (answer.status_code, answer.json()["error"]) == (403, "access_denied")


BAD_METADATA: dict[str, Any] = {
    "no object": [GOOD],
    "a text": "x",
    "null": None,
    "no JSON": b"{",
    "no UTF-8": b'{"client_name": "\xff"}',
    "a name twice": b'{"redirect_uris": ["http://localhost/a"], "redirect_uris": []}',
    "nested": b"[" * 10_000,
    "another method": {**GOOD, "token_endpoint_auth_method": "private_key_jwt"},
    "a method of another type": {**GOOD, "token_endpoint_auth_method": ["none"]},
    "implicit": {**GOOD, "grant_types": ["implicit"]},
    "a machine": {**GOOD, "grant_types": ["client_credentials"]},
    "refresh alone": {**GOOD, "grant_types": ["refresh_token"]},
    "grants as a text": {**GOOD, "grant_types": "authorization_code"},
    "another response": {**GOOD, "response_types": ["token"]},
    "responses of numbers": {**GOOD, "response_types": [1]},
    "another kind": {**GOOD, "application_type": "service"},
    "a kind of another type": {**GOOD, "application_type": {}},
    "no name": {**GOOD, "client_name": ""},
    "a long name": {**GOOD, "client_name": "x" * 129},
    "a name with a line": {**GOOD, "client_name": "a\nb"},
    "a name of another type": {**GOOD, "client_name": 1},
    "another scope": {**GOOD, "scope": "openid admin"},
    "a list of scopes": {**GOOD, "scope": ["openid"]},
    "keys": {**GOOD, "jwks_uri": "https://a.example/jwks"},
    "a statement": {**GOOD, "software_statement": "a.b.c"},
}

BAD_ADDRESSES: dict[str, Any] = {
    "none": {"client_name": "a"},
    "an empty list": {**GOOD, "redirect_uris": []},
    "too many": {**GOOD, "redirect_uris": [f"{NATIVE}/{number}" for number in range(11)]},
    "one twice": {**GOOD, "redirect_uris": [NATIVE, NATIVE]},
    "http elsewhere": {**GOOD, "redirect_uris": ["http://app.example/callback"]},
    "a fragment": {**GOOD, "redirect_uris": ["https://app.example/callback#x"]},
    "a path": {**GOOD, "redirect_uris": ["/callback"]},
    "a space": {**GOOD, "redirect_uris": ["https://app.example/call back"]},
}


@pytest.mark.parametrize("what", BAD_METADATA)
def test_bad_metadata(open_server: PoolServer, what: str) -> None:
    """RFC 7591, section 3.2.2; and no client is there afterwards."""
    before = len(open_server._state.clients)
    answer = post(open_server, BAD_METADATA[what])
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")
    assert len(open_server._state.clients) == before


@pytest.mark.parametrize("what", BAD_ADDRESSES)
def test_bad_addresses(open_server: PoolServer, what: str) -> None:
    """The same for where to lead users back to."""
    answer = post(open_server, BAD_ADDRESSES[what])
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_redirect_uri")


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded"])
def test_another_type(open_server: PoolServer, kind: str | None) -> None:
    """JSON is sent as JSON: no page of another site can post that by itself."""
    assert post(open_server, GOOD, kind).status_code == 400


def test_too_large(open_server: PoolServer) -> None:
    """What is longer than any client's metadata is not read to its end."""
    assert post(open_server, {**GOOD, "client_uri": "x" * 40_000}).status_code == 413


def test_too_many(open_server: PoolServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is an end to it."""
    monkeypatch.setattr(registration, "_MAX_CLIENTS", len(open_server._state.clients) + 1)
    assert post(open_server, GOOD).status_code == 201
    answer = post(open_server, GOOD)
    assert (answer.status_code, answer.json()["error"]) == (429, "temporarily_unavailable")


def test_scopes_that_are_none(desk: LocalUserPool) -> None:
    """They are those that a client may have."""
    for scopes in ([], ["offline_access"], "openid"):
        with pytest.raises(ValueError, match="scopes"):
            desk.listen(registration_scopes=scopes)


# A client that is the URL of its metadata.


def test_a_document(server: PoolServer, clock: Clock) -> None:
    """Users sign in with it, and its tokens are the URL's."""
    server.publish({**GOOD, "client_id": DOCUMENT}, scopes=SCOPES)
    tokens = signed_in(server, clock, {"client_id": DOCUMENT}, "openid orders/read")
    identity = Guard(server.trust(), clock=clock).verify(tokens["access_token"])
    assert identity.client_id == DOCUMENT
    url = f"{server.issuer}/.well-known/openid-configuration"
    found = httpx.get(url, trust_env=False, timeout=60).json()
    assert found["client_id_metadata_document_supported"] is True


@pytest.mark.parametrize(
    "asked",
    [
        {"client_id": f"{DOCUMENT}?x"},
        {"client_id": DOCUMENT.upper()},
        {"redirect_uri": f"{NATIVE}/"},
        {"redirect_uri": CALLBACK},
    ],
    ids=str,
)
def test_another_document(app: App, server: PoolServer, asked: dict[str, str]) -> None:
    """URL and addresses are compared letter by letter."""
    server.publish({**GOOD, "client_id": DOCUMENT}, scopes=SCOPES)
    good = {"client_id": DOCUMENT, "redirect_uri": NATIVE, "scope": "openid"}
    assert app.authorize(**good).status_code == 302
    assert app.authorize(**{**good, **asked}).status_code == 400


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"client_id": 1},
        {"client_id": "an-id"},
        {"client_id": "http://client.example/metadata.json"},
        {"client_id": "https://client.example"},
        {"client_id": "https://user@client.example/metadata.json"},
        {"client_id": f"{DOCUMENT}#x"},
        {"client_id": DOCUMENT, "client_secret": "secret"},
        {"client_id": DOCUMENT, "token_endpoint_auth_method": "client_secret_basic"},
        {"client_id": DOCUMENT, "redirect_uris": []},
        {"client_id": DOCUMENT, "grant_types": ["implicit"]},
    ],
    ids=str,
)
def test_what_is_no_document(server: PoolServer, document: dict[str, Any]) -> None:
    """Nothing is published that Cognito would not take."""
    with pytest.raises(ValueError, match=r"client|redirect|list|grant|document|URL") as caught:
        server.publish({**GOOD, **document}, scopes=SCOPES)
    assert "secret" not in str(caught.value).replace("no secret", "")


def test_the_url_is_its_own() -> None:
    """A document that names another URL than its own describes nobody."""
    with pytest.raises(ValueError, match="its own URL"):
        registration.described_client(DOCUMENT, {**GOOD, "client_id": f"{DOCUMENT}2"}, SCOPES)


def test_ids() -> None:
    """A client's id is Cognito's, or such a URL."""
    assert LocalClient(DOCUMENT).client_id == DOCUMENT
    for wrong in ("https://client.example", "a b", "", "https://a.example/b c"):
        with pytest.raises(ValueError, match="client_id"):
            LocalClient(wrong)
