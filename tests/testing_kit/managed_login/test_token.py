"""``/oauth2/token``, ``/oauth2/revoke`` and ``/oauth2/userInfo``: what they give, and to whom."""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import httpx
import pytest

from cognito_guard import Guard
from cognito_guard.testing import LocalClient, PoolServer

from .app import CALLBACK, OTHER_CALLBACK, ROTATING, SHOP, VERIFIER, WEB, App, Clock, challenge

SCOPES = "openid aws.cognito.signin.user.admin"


def refused(answer: httpx.Response, error: str, status: int = 400) -> None:
    """An answer as OAuth refuses, that nobody keeps."""
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Type"] == "application/json;charset=UTF-8"


# A code.


def test_tokens_of_a_user(app: App, server: PoolServer, clock: Clock) -> None:
    """All three of them, of the client that asked, with what it asked for."""
    answer = app.token(code=app.code("ada"))
    assert answer.headers["Cache-Control"] == "no-store"
    tokens = answer.json()
    assert {"expires_in": 3600, "token_type": "Bearer"}.items() <= tokens.items()
    access, identity = app.claims(tokens["access_token"]), app.claims(tokens["id_token"])
    for claims in (access, identity):
        assert claims["iss"] == server.issuer
        assert claims["auth_time"] == int(clock.now)
        assert claims["exp"] == int(clock.now) + 3600
        assert claims["cognito:groups"] == ("admins",)
    assert (access["client_id"], access["scope"], access["version"]) == ("web", SCOPES, 2)
    assert "aud" not in access
    assert "nonce" not in access
    assert (identity["aud"], identity["nonce"]) == ("web", "a-nonce")
    assert access["sub"] == identity["sub"]
    assert access["origin_jti"] == identity["origin_jti"]
    assert access["event_id"] == identity["event_id"]
    assert access["jti"] != identity["jti"]


def test_at_hash(app: App) -> None:
    """The ID token names the access token beside it (OpenID Connect Core, 3.1.3.6)."""
    tokens = app.tokens()
    half = sha256(tokens["access_token"].encode()).digest()[:16]
    expected = urlsafe_b64encode(half).decode().rstrip("=")
    assert app.claims(tokens["id_token"])["at_hash"] == expected


def test_no_nonce(app: App) -> None:
    """None comes back where none was sent."""
    assert "nonce" not in app.claims(app.tokens(nonce=None)["id_token"])


def test_no_id_token_without_openid(app: App) -> None:
    """Nor can user info be had."""
    tokens = app.tokens(scope="aws.cognito.signin.user.admin")
    assert set(tokens) == {"access_token", "refresh_token", "expires_in", "token_type"}
    refused(app.user_info(tokens["access_token"]), "invalid_token", 401)


def test_resource(app: App) -> None:
    """An access token is bound to the resource, through refreshes too."""
    tokens = app.tokens(resource="https://api.example/orders")
    assert app.claims(tokens["access_token"])["aud"] == "https://api.example/orders"
    tokens = app.refresh(tokens["refresh_token"]).json()
    assert app.claims(tokens["access_token"])["aud"] == "https://api.example/orders"


ATTRIBUTES = {"email", "email_verified", "phone_number", "name", "custom:role"}


@pytest.mark.parametrize(
    ("scope", "known"),
    [
        ("openid", ATTRIBUTES),
        ("openid aws.cognito.signin.user.admin", ATTRIBUTES),
        ("openid email", {"email", "email_verified"}),
        ("openid phone", {"phone_number"}),
        ("openid profile", {"name", "custom:role"}),
        ("openid email profile", ATTRIBUTES - {"phone_number"}),
    ],
)
def test_scopes_say_what_is_told(app: App, scope: str, known: set[str]) -> None:
    """In the ID token, and in user info alike."""
    tokens = app.tokens("ada", scope=scope)
    assert ATTRIBUTES & set(app.claims(tokens["id_token"])) == known
    info = app.user_info(tokens["access_token"]).json()
    assert set(info) == known | {"sub", "username"}
    assert info["username"] == "ada"
    if "email" in known:
        assert (info["email"], info["email_verified"]) == ("ada@lovelace.example", "true")


def test_code_works_once(app: App) -> None:
    """The second time it does not; the tokens of the first time stay good."""
    code = app.code()
    tokens = app.token(code=code).json()
    refused(app.token(code=code), "invalid_grant")
    assert app.refresh(tokens["refresh_token"]).status_code == 200


@pytest.mark.parametrize(("seconds", "good"), [(299, True), (300, False)])
def test_code_works_for_five_minutes(app: App, clock: Clock, seconds: int, good: bool) -> None:
    """And not a second longer."""
    code = app.code()
    clock.now += seconds
    assert (app.token(code=code).status_code == 200) is good


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": OTHER_CALLBACK},
        {"redirect_uri": CALLBACK + "/"},
        {"code_verifier": None},
        {"code_verifier": VERIFIER[:-1] + "x"},
        {"code_verifier": VERIFIER[:-1]},
        {"code_verifier": ""},
    ],
)
def test_code_with_something_else(app: App, changes: dict[str, str | None]) -> None:
    """Another callback URL or verifier gets nothing, and uses the code up."""
    code = app.code()
    refused(app.token(code=code, **changes), "invalid_grant")
    refused(app.token(code=code), "invalid_grant")


def test_verifier_that_is_too_short(app: App) -> None:
    """It would be the right one, were it not against RFC 7636."""
    code = app.code(code_challenge=challenge("short"))
    refused(app.token(code=code, code_verifier="short"), "invalid_grant")


def test_verifier_that_nobody_asked_for(app: App) -> None:
    """A code without a challenge has none: somebody has taken it away (RFC 9700, 2.1.1)."""
    code = app.code(code_challenge=None, code_challenge_method=None)
    refused(app.token(code=code), "invalid_grant")


def test_without_pkce(app: App) -> None:
    """As at Cognito, an app may do without."""
    code = app.code(code_challenge=None, code_challenge_method=None)
    assert app.token(code=code, code_verifier=None).status_code == 200


def test_code_of_another_client(app: App) -> None:
    """It is good for nobody else, and stays good for its own."""
    code = app.code()
    refused(
        app.token(code=code, client_id="shop", client_secret=SHOP.secret),
        "invalid_grant",
    )
    refused(app.token(code=code, client_id="rotating"), "invalid_grant")
    assert app.token(code=code).status_code == 200


@pytest.mark.parametrize(
    ("error", "changes"),
    [
        ("invalid_grant", {"code": "made-up"}),
        ("invalid_request", {"code": None}),
        ("invalid_request", {"code": ""}),
        ("invalid_request", {"redirect_uri": None}),
        ("invalid_request", {"grant_type": None}),
        ("unsupported_grant_type", {"grant_type": "password"}),
        ("unauthorized_client", {"grant_type": "client_credentials"}),
        ("invalid_request", {"grant_type": "refresh_token"}),
        ("invalid_grant", {"grant_type": "refresh_token", "refresh_token": "made-up"}),
        ("invalid_request", {"client_id": None}),
        ("invalid_client", {"client_id": "unknown"}),
        ("invalid_client", {"client_secret": "public"}),
        ("invalid_client", {"client_id": "shop"}),
        ("invalid_client", {"client_id": "shop", "client_secret": ""}),
        ("invalid_client", {"client_id": "shop", "client_secret": "5ecreT"}),
    ],
)
def test_refused(app: App, error: str, changes: dict[str, str | None]) -> None:
    """What is missing, what nobody knows, and who is not who it says it is."""
    refused(app.token(**{"code": "a-code", **changes}), error)


# Which client it is.


def basic(text: str) -> dict[str, str]:
    """The header of client_secret_basic."""
    return {"Authorization": f"Basic {b64encode(text.encode()).decode()}"}


ODD = LocalClient("odd+id", "se+cret", callback_urls=[CALLBACK])


@pytest.mark.parametrize("text", ["odd+id:se+cret", "odd%2Bid:se%2Bcret"])
def test_basic(app: App, server: PoolServer, text: str) -> None:
    """Encoded as RFC 6749 has it, and plain, as many clients have it."""
    server.register(ODD)
    fields = {"grant_type": "authorization_code", "redirect_uri": CALLBACK}
    for more in ({}, {"client_id": "odd+id"}):
        code = app.code(client_id=ODD.client_id)
        fields |= {"code": code, "code_verifier": VERIFIER, **more}
        answer = app.form("/oauth2/token", dict(fields), headers=basic(text))
        assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("error", "headers", "changes"),
    [
        ("invalid_client", basic("shop:wrong"), {}),
        ("invalid_client", basic("shop"), {}),
        ("invalid_client", basic(f"shop:{SHOP.secret}:"), {}),
        ("invalid_client", basic("web:"), {}),
        ("invalid_client", basic(f"unknown:{SHOP.secret}"), {}),
        ("invalid_client", basic(f"shop:{SHOP.secret}"), {"client_id": "web"}),
        (
            "invalid_request",
            basic(f"shop:{SHOP.secret}"),
            {"client_secret": SHOP.secret},
        ),
        ("invalid_client", {"Authorization": "Basic !"}, {}),
        ("invalid_client", {"Authorization": f"Basic {SHOP.secret}\xe4"}, {}),
        ("invalid_client", {"Authorization": f"Bearer shop:{SHOP.secret}"}, {}),
    ],
)
def test_basic_that_is_refused(
    app: App, error: str, headers: dict[str, str], changes: dict[str, str]
) -> None:
    """One way to say who one is, and the truth."""
    code = app.code(client_id="shop")
    fields = {"grant_type": "authorization_code", "redirect_uri": CALLBACK, "code": code}
    raw = [(k.encode(), v.encode("latin-1")) for k, v in headers.items()]
    refused(app.form("/oauth2/token", {**fields, **changes}, headers=raw), error)
    good = app.token(code=code, client_id="shop", client_secret=SHOP.secret)
    assert good.status_code == 200


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{}", "application/json"),
        (b"grant_type=refresh_token", "text/plain"),
        (b"grant_type=refresh_token&grant_type=refresh_token", None),
        (b"grant_type=\xc3\xa4", None),
        (b"grant_type=%FF", None),
        (b"&".join([b"a=1"] * 51), None),
    ],
)
@pytest.mark.parametrize("path", ["/oauth2/token", "/oauth2/revoke"])
def test_forms_that_are_none(app: App, path: str, body: bytes, kind: str | None) -> None:
    """Only a form is a form, and only if it can be read in one way."""
    headers = {"Content-Type": kind or "application/x-www-form-urlencoded;charset=utf-8"}
    refused(app.post(app.server.domain + path, content=body, headers=headers), "invalid_request")


@pytest.mark.parametrize("kind", ["text/plain", "application/json", ""])
def test_good_form_that_is_said_to_be_something_else(app: App, kind: str) -> None:
    """What a body is called counts, not what it looks like."""
    refresh_token = app.tokens()["refresh_token"]
    body = f"grant_type=refresh_token&client_id=web&refresh_token={refresh_token}"
    headers = {"Content-Type": kind}
    answer = app.post(f"{app.server.domain}/oauth2/token", content=body, headers=headers)
    refused(answer, "invalid_request")


# Refresh tokens.


def test_refresh(app: App, clock: Clock) -> None:
    """Without rotation no refresh token comes back; of the sign-in everything stays."""
    before = app.tokens("ada")
    clock.now += 1000
    tokens = app.refresh(before["refresh_token"]).json()
    assert set(tokens) == {"access_token", "id_token", "expires_in", "token_type"}
    for kind in ("access_token", "id_token"):
        old, new = app.claims(before[kind]), app.claims(tokens[kind])
        same = ("sub", "origin_jti", "auth_time", "cognito:groups", "iss", "token_use")
        assert [old[name] for name in same] == [new[name] for name in same]
        assert new["exp"] == old["exp"] + 1000
        assert new["jti"] != old["jti"]
        assert "nonce" not in new
    assert app.claims(tokens["access_token"])["scope"] == SCOPES
    assert app.refresh(before["refresh_token"]).status_code == 200


@pytest.mark.parametrize("client", [WEB, ROTATING], ids=["kept", "rotated"])
def test_refresh_token_ends(app: App, clock: Clock, client: LocalClient) -> None:
    """After 30 days, and a new one has no more than what is left of them."""
    refresh_token = app.tokens(client=client)["refresh_token"]
    clock.now += 30 * 24 * 3600 - 1
    again = app.refresh(refresh_token, client)
    assert again.status_code == 200
    clock.now += 1
    refused(app.refresh(again.json().get("refresh_token", refresh_token), client), "invalid_grant")


def test_rotation(app: App, clock: Clock) -> None:
    """Each refresh gives a new one, and the old one works for the time of grace."""
    first = app.tokens(client=ROTATING)["refresh_token"]
    second = app.refresh(first, ROTATING).json()["refresh_token"]
    clock.now += 29
    third = app.refresh(first, ROTATING).json()["refresh_token"]
    assert len({first, second, third}) == 3
    clock.now += 1  # counted from the first use
    refused(app.refresh(first, ROTATING), "invalid_grant")
    assert app.refresh(second, ROTATING).status_code == 200
    assert app.refresh(third, ROTATING).status_code == 200


def test_rotation_without_grace(app: App, server: PoolServer) -> None:
    """The old one is good for nothing at once."""
    strict = LocalClient("strict", callback_urls=[CALLBACK], rotation_grace=0)
    server.register(strict)
    refresh_token = app.tokens(client=strict)["refresh_token"]
    assert app.refresh(refresh_token, strict).status_code == 200
    refused(app.refresh(refresh_token, strict), "invalid_grant")


def test_refresh_token_of_another_client(app: App) -> None:
    """It is good for nobody else."""
    refresh_token = app.tokens()["refresh_token"]
    refused(app.refresh(refresh_token, SHOP), "invalid_grant")
    refused(app.refresh(refresh_token, ROTATING), "invalid_grant")


def test_size(app: App) -> None:
    """A refresh token has five parts and is as long as Cognito's: too long for most cookies."""
    refresh_token = app.tokens()["refresh_token"]
    assert refresh_token.count(".") == 4
    assert len(refresh_token) > 1500


# Machines.


@pytest.mark.parametrize(
    ("scope", "given"),
    [
        (None, "orders/read orders/write"),
        ("orders/read", "orders/read"),
        ("orders/write orders/read", "orders/write orders/read"),
    ],
)
def test_machine(app: App, server: PoolServer, scope: str | None, given: str) -> None:
    """A client that signs in as itself gets an access token and nothing else."""
    tokens = machine(app, scope).json()
    assert set(tokens) == {"access_token", "expires_in", "token_type"}
    identity = Guard(server.trust(), clock=app.clock).verify(tokens["access_token"])
    assert identity.is_machine
    assert (identity.client_id, identity.claims["scope"]) == ("machine", given)
    refused(app.user_info(tokens["access_token"]), "invalid_token", 401)


def machine(app: App, scope: str | None, **changes: str | None) -> httpx.Response:
    """Ask for the token of a machine."""
    fields = {
        "grant_type": "client_credentials",
        "client_id": "machine",
        "client_secret": "m5ecret",
        "scope": scope,
        **changes,
    }
    return app.form("/oauth2/token", fields)


@pytest.mark.parametrize(
    ("error", "scope", "changes"),
    [
        ("invalid_scope", "orders/delete", {}),
        ("invalid_scope", "openid", {}),
        ("invalid_client", None, {"client_secret": None}),
        (
            "unauthorized_client",
            None,
            {"client_id": "shop", "client_secret": SHOP.secret},
        ),
        ("unauthorized_client", None, {"grant_type": "authorization_code"}),
        ("unauthorized_client", None, {"grant_type": "refresh_token"}),
    ],
)
def test_machine_that_is_refused(
    app: App, error: str, scope: str | None, changes: dict[str, str | None]
) -> None:
    """With its own scopes, and its secret, and nothing but this grant."""
    refused(machine(app, scope, **changes), error)


# Revocation.


def test_revoke(app: App) -> None:
    """The refresh token is over, and for live calls all tokens of the sign-in are."""
    tokens, others = app.tokens(), app.tokens()
    assert app.user_info(tokens["access_token"]).status_code == 200
    answer = app.revoke(tokens["refresh_token"])
    assert (answer.status_code, answer.content) == (200, b"")
    refused(app.refresh(tokens["refresh_token"]), "invalid_grant")
    refused(app.user_info(tokens["access_token"]), "invalid_token", 401)
    assert app.user_info(others["access_token"]).status_code == 200
    assert app.refresh(others["refresh_token"]).status_code == 200
    assert app.revoke(tokens["refresh_token"]).status_code == 200


def test_revoke_a_replaced_one(app: App) -> None:
    """Whichever of a sign-in's refresh tokens it is, all of them are over."""
    first = app.tokens(client=ROTATING)["refresh_token"]
    second = app.refresh(first, ROTATING).json()["refresh_token"]
    assert app.revoke(first, "rotating").status_code == 200
    refused(app.refresh(second, ROTATING), "invalid_grant")


def test_revoke_by_a_confidential_client(app: App) -> None:
    """With its secret, and nobody without."""
    refresh_token = app.tokens(client=SHOP)["refresh_token"]
    refused(app.revoke(refresh_token, "shop"), "invalid_client", 401)
    assert app.refresh(refresh_token, SHOP).status_code == 200
    form: dict[str, str | None] = {"token": refresh_token}
    assert app.form("/oauth2/revoke", form, headers=basic(f"shop:{SHOP.secret}")).status_code == 200
    refused(app.refresh(refresh_token, SHOP), "invalid_grant")


@pytest.mark.parametrize(
    ("error", "status", "client_id", "token"),
    [
        ("invalid_request", 400, None, "refresh_token"),
        ("invalid_request", 400, "web", None),
        ("invalid_client", 401, "unknown", "refresh_token"),
        ("unauthorized_client", 400, "rotating", "refresh_token"),
        ("unsupported_token_type", 400, "web", "access_token"),
        ("unsupported_token_type", 400, "web", "id_token"),
    ],
)
def test_revoke_that_is_refused(
    app: App, error: str, status: int, client_id: str | None, token: str | None
) -> None:
    """``client_id`` is needed here too, and only a refresh token is revoked."""
    tokens = app.tokens()
    refused(app.revoke(tokens[token] if token else None, client_id), error, status)
    assert app.refresh(tokens["refresh_token"]).status_code == 200


def test_revoke_what_nobody_knows(app: App) -> None:
    """RFC 7009, section 2.2: that is no error."""
    assert app.revoke("made-up").status_code == 200


# User info.


@pytest.mark.parametrize(
    ("status", "make"),
    [
        (400, lambda tokens: ""),
        (400, lambda tokens: "Bearer"),
        (400, lambda tokens: f"Basic {tokens['access_token']}"),
        (401, lambda tokens: f"Bearer {tokens['id_token']}"),
        (401, lambda tokens: f"Bearer {tokens['access_token']}x"),
        (401, lambda tokens: "Bearer made-up"),
    ],
    ids=["empty", "no token", "other scheme", "ID token", "changed", "made up"],
)
def test_user_info_that_is_refused(app: App, status: int, make: Callable[[Any], str]) -> None:
    """An access token, as it was issued, under Bearer."""
    headers = {"Authorization": make(app.tokens())}
    answer = app.get(f"{app.server.domain}/oauth2/userInfo", headers=headers)
    refused(answer, "invalid_request" if status == 400 else "invalid_token", status)
    assert f'error="{answer.json()["error"]}"' in answer.headers["WWW-Authenticate"]


def test_user_info_of_an_expired_token(app: App, clock: Clock) -> None:
    """It tells as long as the token lives."""
    access_token = app.tokens()["access_token"]
    clock.now += 3599
    assert app.user_info(access_token).status_code == 200
    clock.now += 1
    refused(app.user_info(access_token), "invalid_token", 401)


def test_user_info_of_a_token_made_by_hand(app: App, server: PoolServer) -> None:
    """The pool's own tokens are good here if they are said to be from here."""
    token = server.access_token("ada", scopes=["openid", "email"], client_id="web")
    assert app.user_info(token).json()["email"] == "ada@lovelace.example"
    stranger = server.access_token("ada", scopes=["openid"], client_id="stranger")
    refused(app.user_info(stranger), "invalid_token", 401)
    machine = server.machine_token(scopes=["openid"], client_id="machine")
    refused(app.user_info(machine), "invalid_token", 401)
