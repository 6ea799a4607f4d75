"""Sign-in from settings: as strict as those of the guard, and beside them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from cognito_guard import ANY_CLIENT, ConfigurationError, Guard
from cognito_guard.login import LoginSessions, MemorySessionStore
from cognito_guard.testing import LocalUserPool

from ..documents.tables import ROOT, table_rows
from .site import POOL, SECRET

OLD = "an older secret, that has 32 letters".replace(" ", "-").replace(",", "")

ENVIRON = {
    "COGNITO_USER_POOL_ID": POOL.user_pool_id,
    "COGNITO_CLIENT_IDS": POOL.client_id,
    "COGNITO_LOGIN_DOMAIN": "https://auth.example",
    "COGNITO_LOGIN_CLIENT_ID": POOL.client_id,
    "COGNITO_LOGIN_CLIENT_SECRET": "sesame",
    "COGNITO_LOGIN_REDIRECT_URI": "https://app.example/auth/callback",
    "COGNITO_LOGIN_LOGOUT_URI": "https://app.example/",
    "COGNITO_LOGIN_SCOPES": "openid, email",
    "COGNITO_LOGIN_IDENTITY_PROVIDER": "Google",
    "COGNITO_LOGIN_LANG": "de",
    "COGNITO_LOGIN_SECRETS": f"{SECRET},{OLD}",
    "COGNITO_LOGIN_IDLE_SECONDS": "600",
    "COGNITO_LOGIN_ABSOLUTE_SECONDS": "6000",
    "COGNITO_LOGIN_COOKIE": "shop",
    "HOME": "/root",
}


def from_env(**changes: Any) -> LoginSessions:
    """From an environment, but for these; ``None`` leaves one out."""
    environ = {**ENVIRON, **changes}
    environ = {name: value for name, value in environ.items() if value is not None}
    guard = Guard.from_env(environ)
    return LoginSessions.from_env(environ, guard=guard, store=MemorySessionStore())


def test_everything_from_the_environment() -> None:
    """Each setting becomes its argument, and the guard leaves them alone."""
    sessions = from_env()
    login = sessions.login
    assert login.domain == "https://auth.example"
    assert login.client_id == POOL.client_id
    assert login.redirect_uri == "https://app.example/auth/callback"
    assert login.logout_uri == "https://app.example/"
    assert login.scopes == ("openid", "email")
    assert login.parameters().fields == {"identity_provider": "Google", "lang": "de"}
    assert login._authorization is not None
    records = sessions._staying._shelf.records
    assert (records._idle, records._absolute) == (600, 6000)
    assert sessions.drop_session.startswith("__Host-shop_session_token=;")
    assert len(records._sealer._keys) == 2


def test_only_what_is_needed() -> None:
    """The rest has defaults."""
    names = ("CLIENT_SECRET", "SCOPES", "IDENTITY_PROVIDER", "LANG")
    names += ("IDLE_SECONDS", "ABSOLUTE_SECONDS", "COOKIE")
    sessions = from_env(**{f"COGNITO_LOGIN_{name}": None for name in names})
    assert sessions.login.scopes == ("openid",)
    assert sessions.login._authorization is None
    records = sessions._staying._shelf.records
    assert (records._idle, records._absolute) == (8 * 3600, 7 * 86400)
    assert sessions.drop_session.startswith("__Host-cognito_session_token=;")


def test_from_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment that there is."""
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name.replace("COGNITO_", "ORDERS_"), value)
    sessions = LoginSessions.from_env(
        guard=Guard.from_env(prefix="ORDERS_"), store=MemorySessionStore(), prefix="ORDERS_"
    )
    assert sessions.login.domain == "https://auth.example"


@pytest.mark.parametrize("prefix", ["", "COGNITO_"])
def test_from_a_mapping(prefix: str) -> None:
    """Typed values, with or without a prefix."""
    settings = {
        f"{prefix}USER_POOL_ID": POOL.user_pool_id,
        f"{prefix}CLIENT_IDS": [POOL.client_id],
        f"{prefix}LOGIN_DOMAIN": "https://auth.example",
        f"{prefix}LOGIN_CLIENT_ID": POOL.client_id,
        f"{prefix}LOGIN_REDIRECT_URI": "https://app.example/auth/callback",
        f"{prefix}LOGIN_LOGOUT_URI": "https://app.example/",
        f"{prefix}LOGIN_SECRETS": [SECRET],
    }
    guard = Guard.from_mapping(settings, prefix=prefix)
    sessions = LoginSessions.from_mapping(
        settings, guard=guard, store=MemorySessionStore(), prefix=prefix
    )
    assert sessions.login.pool is guard.user_pools[0]
    settings[f"{prefix}LOGIN_SECRETS"] = None  # type: ignore[assignment]
    with pytest.raises(ConfigurationError, match="LOGIN_SECRETS must not be None"):
        LoginSessions.from_mapping(settings, guard=guard, store=MemorySessionStore(), prefix=prefix)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (
            {"COGNITO_LOGIN_DOMIAN": "x"},
            "unknown setting COGNITO_LOGIN_DOMIAN; did you mean COGNITO_LOGIN_DOMAIN?",
        ),
        ({"COGNITO_LOGIN_COLOUR": "x"}, "unknown setting COGNITO_LOGIN_COLOUR; "),
        ({"COGNITO_LOGIN_DOMAIN": None}, "the setting COGNITO_LOGIN_DOMAIN is missing"),
        ({"COGNITO_LOGIN_CLIENT_ID": None}, "the setting COGNITO_LOGIN_CLIENT_ID is missing"),
        ({"COGNITO_LOGIN_REDIRECT_URI": None}, "COGNITO_LOGIN_REDIRECT_URI is missing"),
        ({"COGNITO_LOGIN_LOGOUT_URI": None}, "COGNITO_LOGIN_LOGOUT_URI is missing"),
        (
            {"COGNITO_LOGIN_SECRETS": None},
            "COGNITO_LOGIN_SECRETS is missing; make one with python -c",
        ),
        ({"COGNITO_LOGIN_SECRETS": ""}, "COGNITO_LOGIN_SECRETS must not be empty"),
        ({"COGNITO_LOGIN_SECRETS": "short"}, "each of COGNITO_LOGIN_SECRETS must have 32"),
        (
            {"COGNITO_LOGIN_SECRETS": "the-output-of-secrets.token_urlsafe"},
            "each of COGNITO_LOGIN_SECRETS must be your own",
        ),
        (
            {"COGNITO_LOGIN_SECRETS": f"{SECRET},sTl2vV0Xk9QeR7uYw1Zb4Nc6Md8Pf3Hg"},
            "each of COGNITO_LOGIN_SECRETS must be your own",
        ),
        (
            {"COGNITO_LOGIN_DOMAIN": "example.auth.eu-west-1.amazoncognito.com"},
            "COGNITO_LOGIN_DOMAIN must be an address such as "
            "https://example.auth.eu-west-1.amazoncognito.com",
        ),
        (
            {"COGNITO_LOGIN_DOMAIN": "http://localhost:9393"},
            "COGNITO_LOGIN_DOMAIN is on this machine, but the user pool's issuer is on AWS: set "
            "the issuer too (COGNITO_ISSUER)",
        ),
        (
            {"COGNITO_LOGIN_REDIRECT_URI": "/auth/callback"},
            "COGNITO_LOGIN_REDIRECT_URI must be an address such as https://app.example/ "
            "(it is '/auth/callback')",
        ),
        ({"COGNITO_LOGIN_SCOPES": "email"}, "COGNITO_LOGIN_SCOPES must include openid"),
        (
            {"COGNITO_TOKEN_USE": "id"},
            "COGNITO_LOGIN_CLIENT_ID: the guard accepts no access tokens of this app client; name "
            "it in client_ids (COGNITO_CLIENT_IDS), and leave token_use at access or any",
        ),
        ({"COGNITO_LOGIN_CLIENT_SECRET": "None"}, "COGNITO_LOGIN_CLIENT_SECRET is the word None"),
        ({"COGNITO_LOGIN_CLIENT_SECRET": "' x"}, "COGNITO_LOGIN_CLIENT_SECRET has quotation"),
        ({"COGNITO_LOGIN_IDLE_SECONDS": "8h"}, "COGNITO_LOGIN_IDLE_SECONDS must be a number"),
        (
            {"COGNITO_LOGIN_CLIENT_ID": "2example98765432"},
            "COGNITO_LOGIN_CLIENT_ID: the guard trusts no user pool for this app client",
        ),
    ],
)
def test_what_is_wrong(changes: dict[str, Any], problem: str) -> None:
    """Named by its setting, when the app starts, without repeating a secret."""
    with pytest.raises(ConfigurationError, match=re.escape(problem)) as caught:
        from_env(**changes)
    assert SECRET not in str(caught.value)


def test_errors_name_the_argument_where_settings_have_no_prefix() -> None:
    """As in Django, whose checks name the setting themselves."""
    settings: dict[str, Any] = {
        "LOGIN_DOMAIN": "auth.example",
        "LOGIN_CLIENT_ID": POOL.client_id,
        "LOGIN_REDIRECT_URI": "https://app.example/auth/callback",
        "LOGIN_LOGOUT_URI": "https://app.example/",
        "LOGIN_SECRETS": [SECRET],
    }
    guard, store = Guard(POOL.trust()), MemorySessionStore()
    with pytest.raises(ConfigurationError, match=r"^domain must be an address"):
        LoginSessions.from_mapping(settings, guard=guard, store=store, prefix="")
    settings["LOGIN_DOMAIN"] = "https://auth.example"
    named = {f"COGNITO_{name}": value for name, value in settings.items()}
    with pytest.raises(ConfigurationError, match=r"^store must be a SessionStore"):
        LoginSessions.from_mapping(named, guard=guard, store=object())  # type: ignore[arg-type]


def test_domain_and_issuer_on_this_machine() -> None:
    """Both are, or the keys are those of whoever signs here."""
    local = {"COGNITO_LOGIN_DOMAIN": "http://localhost:9393"}
    issuer = f"http://localhost:9393/{POOL.user_pool_id}"
    assert from_env(**local, COGNITO_ISSUER=issuer).login.domain == "http://localhost:9393"
    jwks = "http://localhost:9393/jwks.json"
    assert from_env(**local, COGNITO_JWKS=jwks).login.domain == "http://localhost:9393"


def test_guard_alone_sees_a_misspelt_name_too() -> None:
    """It knows the names of sign-in, and so does not take one with a slip in it for one."""
    with pytest.raises(ConfigurationError, match="did you mean COGNITO_LOGIN_SECRETS"):
        Guard.from_env({**ENVIRON, "COGNITO_LOGIN_SECRET": "x"})


def test_pool_is_the_one_that_accepts_the_client() -> None:
    """Of several; where that does not tell, it has to be said."""
    other = LocalUserPool("eu-west-1_OtherPool", client_id="2example98765432")
    environ = {name: value for name, value in ENVIRON.items() if "LOGIN" in name}

    def sessions(guard: Guard) -> LoginSessions:
        return LoginSessions.from_env(environ, guard=guard, store=MemorySessionStore())

    mine = POOL.trust()
    assert sessions(Guard(other.trust(), mine)).login.pool is mine
    with pytest.raises(ConfigurationError, match="trusts several user pools for this app client"):
        sessions(Guard(other.trust(client_ids=ANY_CLIENT), mine))


def test_page_has_every_setting() -> None:
    """The table in login.md is the vocabulary, no row more and no row less."""
    rows = [
        cells[0]
        for heading, cells in table_rows(ROOT / "docs" / "login.md")
        if heading == "The settings"
    ]
    assert rows == [f"`COGNITO_{name}`" for name in LoginSessions.setting_names]
