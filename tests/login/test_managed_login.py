"""ManagedLogin and LoginSessions: what is wrong with a description is said when the app starts."""

from __future__ import annotations

from typing import Any

import pytest

from cognito_guard import ANY_CLIENT, ConfigurationError, Guard, LoadBalancer, UserPool
from cognito_guard.login import LoginSessions, ManagedLogin, MemorySessionStore
from cognito_guard.testing import LocalLoadBalancer, LocalUserPool

from ..engine.wording import watched
from .site import CALLBACK, POOL, SECRET, WAYS, site

GOOD: dict[str, Any] = {
    "domain": "https://example.auth.eu-west-1.amazoncognito.com",
    "client_id": POOL.client_id,
    "redirect_uri": CALLBACK,
    "logout_uri": "https://app.example/",
}


@pytest.fixture(autouse=True)
def _worded_well() -> Any:
    with watched() as bad:
        yield
    assert bad == []


def login(**changes: Any) -> ManagedLogin:
    """A description, but for these."""
    return ManagedLogin(changes.pop("pool", POOL.trust()), **{**GOOD, **changes})


def sessions(**changes: Any) -> LoginSessions:
    """Sessions, but for these."""
    guard = changes.pop("guard", None) or Guard(POOL.trust())
    arguments: dict[str, Any] = {"store": MemorySessionStore(), "secrets": [SECRET]}
    return LoginSessions(changes.pop("login", None) or login(), guard, **{**arguments, **changes})


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("pool", None, "pool must be a UserPool"),
        ("pool", POOL, "pool must be a UserPool"),
        ("domain", None, "domain must be an address"),
        ("domain", "", "domain must be an address"),
        ("domain", "example.auth.eu-west-1.amazoncognito.com", "domain must be an address"),
        ("domain", "https://", "domain must be an address"),
        ("domain", "https://[::1", "domain must be an address"),
        ("domain", "https://a:b", "domain must be an address"),
        ("domain", "https://ex ample", "domain must be an address"),
        ("domain", "https://exämple", "domain must be an address"),
        ("domain", "https:\\\\example", "domain must be an address"),
        ("domain", "http://example.auth.eu-west-1.amazoncognito.com", "domain must be https"),
        ("domain", "ftp://example", "domain must be https"),
        ("domain", "https://user@example", "domain takes no user name"),
        ("domain", "https://user:secret@example", "domain takes no user name"),
        ("domain", "https://example/#", "domain takes no user name and no fragment"),
        ("domain", "https://example/login", "domain must be an address without a path"),
        ("domain", "https://example?a=b", "domain must be an address without a path"),
        ("domain", "https://example?", "domain must be an address without a path"),
        ("client_id", None, "client_id must be a text"),
        ("client_id", "", "client_id must be a text"),
        ("client_id", "none", "client_id: the word"),
        ("client_id", "a b", "client_id: 1 to 128"),
        ("client_secret", "", "client_secret must be printable"),
        ("client_secret", "gehe\u00efm", "client_secret must be printable"),
        ("client_secret", 7, "client_secret must be printable"),
        ("redirect_uri", "https://app.example", "redirect_uri must be an address with a path"),
        ("redirect_uri", "https://app.example/?a", "redirect_uri must be an address with a path"),
        ("redirect_uri", "https://app.example/a?", "redirect_uri must be an address with a path"),
        ("redirect_uri", "http://app.example/", "redirect_uri must be https"),
        ("redirect_uri", "myapp://callback", "redirect_uri must be https"),
        ("redirect_uri", "/auth/callback", "redirect_uri must be an address"),
        ("logout_uri", None, "logout_uri must be an address"),
        ("scopes", "openid", "scopes must be a list"),
        ("scopes", 1, "scopes must be a list"),
        ("scopes", {"openid": 1}, "scopes must be a list"),
        ("scopes", [1], "scopes must be a list"),
        ("scopes", [], "scopes must include openid"),
        ("scopes", ["email"], "scopes must include openid"),
        ("scopes", ["openid", "a b"], "each of scopes must be printable"),
        ("scopes", ["openid", ""], "each of scopes must be printable"),
        ("scopes", ["openid", "offline_access"], "scopes must not include offline_access"),
        ("identity_provider", "", "identity_provider must be a text"),
        ("identity_provider", 1, "identity_provider must be a text"),
        ("identity_provider", "a\nb", "identity_provider must be a text"),
        ("identity_provider", "a\ud800", "identity_provider must be a text"),
        ("identity_provider", "a" * 257, "identity_provider must have 256 letters at most"),
        ("lang", "deutsch, bitte", "lang must be a language"),
        ("prompt", "maybe", "prompt must be one of none, login"),
        ("acr_values", "urn:cognito:loa:3", "acr_values must be a list"),
        ("acr_values", ["a b"], "each of acr_values must be a name"),
        ("acr_values", [""], "each of acr_values must be a name"),
        ("max_age", -1, "max_age must be a whole number"),
        ("max_age", True, "max_age must be a whole number"),
        ("max_age", 1.5, "max_age must be a whole number"),
        ("max_age", "60", "max_age must be a whole number"),
        ("resource", "a b", "resource must be printable"),
        ("resource", "\u00e4", "resource must be printable"),
    ],
)
def test_what_is_wrong_with_a_login(name: str, value: Any, problem: str) -> None:
    """Named by its argument; a secret is not repeated."""
    with pytest.raises(ConfigurationError, match=problem) as caught:
        login(**{name: value})
    assert "secret@" not in str(caught.value)
    assert "gehe" not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://app.example/cb", "https://app.example"),
        ("https://App.Example:443/cb", "https://app.example"),
        ("https://app.example:8443/cb", "https://app.example:8443"),
        ("http://localhost:80/cb", "http://localhost"),
        ("http://localhost:8000/cb", "http://localhost:8000"),
        ("http://127.0.0.1:8000/cb", "http://127.0.0.1:8000"),
        ("http://[::1]:8000/cb", "http://[::1]:8000"),
    ],
)
def test_origin_is_the_one_that_browsers_send(address: str, origin: str) -> None:
    """In lower case, without the port that goes unsaid."""
    one = login(redirect_uri=address)
    assert one.origin == origin
    assert one.redirect_uri == address
    assert one.secure == origin.startswith("https:")


def test_login_stays_as_it_was_checked() -> None:
    """It cannot be changed afterwards."""
    with pytest.raises(AttributeError, match="a ManagedLogin cannot be changed"):
        login().redirect_uri = "http://evil.example/"


def test_domain_may_end_with_a_slash() -> None:
    """As it is copied."""
    assert login(domain="https://auth.example/").domain == "https://auth.example"


@pytest.mark.parametrize(
    ("parameters", "problem"),
    [
        ({"login_hint": ""}, "login_hint must be a text"),
        ({"login_hint": "a" * 257}, "login_hint must have 256"),
        ({"hint": "alice"}, "unknown parameter hint; known are identity_provider, login_hint"),
        ({"state": "mine"}, "unknown parameter state"),
        ({"redirect_uri": "https://evil.example/"}, "unknown parameter redirect_uri"),
    ],
)
def test_what_is_wrong_with_a_start(parameters: dict[str, Any], problem: str) -> None:
    """What a sign-in asks for is held against the same rules."""
    with pytest.raises(ConfigurationError, match=problem):
        sessions().start(**parameters)


def test_defaults_and_what_one_sign_in_says() -> None:
    """A value comes first, ``None`` leaves the default."""
    one = login(lang="de", max_age=60, acr_values=[])
    assert one.parameters(lang=None, max_age=None).fields == {"lang": "de", "max_age": "60"}
    both = one.parameters(lang="fr", max_age=0)
    assert (both.fields, both.max_age) == ({"lang": "fr", "max_age": "0"}, 0)


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("guard", POOL.trust(), "login must be a ManagedLogin, and guard a Guard"),
        ("login", POOL.trust(), "login must be a ManagedLogin, and guard a Guard"),
        ("idle_seconds", 59, "idle_seconds must be a number of seconds, 60 to"),
        ("idle_seconds", "8h", "idle_seconds must be a number of seconds"),
        ("idle_seconds", True, "idle_seconds must be a number of seconds"),
        ("idle_seconds", float("nan"), "idle_seconds must be a number of seconds"),
        ("idle_seconds", 8 * 86400, "idle_seconds must not be more than absolute_seconds"),
        ("absolute_seconds", 401 * 86400, "absolute_seconds must be a number of seconds"),
        ("refresh_ahead_seconds", -1, "refresh_ahead_seconds must be a number of seconds, 0 to"),
        ("attempt_seconds", 1, "attempt_seconds must be a number of seconds, 60 to"),
        ("secrets", ["short"], "each of secrets must have 32 characters"),
        ("store", None, "store must be a SessionStore"),
        *(
            ("cookie_name", name, "cookie_name must be up to 64 letters, digits, hyphens and")
            for name in ("", "__Host-x", "__Secure-x", "_x", "a b", "a=b", "a;b", "ä", "a\n", 1)
        ),
        ("cookie_name", "a" * 65, "cookie_name must be up to 64"),
    ],
)
def test_what_is_wrong_with_sessions(name: str, value: Any, problem: str) -> None:
    """Named by its argument."""
    with pytest.raises(ConfigurationError, match=problem):
        sessions(**{name: value})


def test_guard_must_accept_what_the_sign_in_brings() -> None:
    """Otherwise every sign-in would fail, and only at its end."""
    balancer = LocalLoadBalancer(POOL)
    other = LocalUserPool("eu-west-1_OtherPool")
    with pytest.raises(ConfigurationError, match="does not trust the user pool of https://"):
        sessions(guard=Guard(other.trust()))
    with pytest.raises(ConfigurationError, match="does not trust the user pool"):
        sessions(guard=Guard(balancer.trust()))
    for refusing in (
        POOL.trust(client_ids=["2example98765432"]),
        POOL.trust(token_use="id"),
    ):
        with pytest.raises(ConfigurationError, match="accepts no access tokens of this app"):
            sessions(guard=Guard(refusing))
    for accepting in (
        POOL.trust(client_ids=ANY_CLIENT),
        POOL.trust(token_use="any"),
        POOL.trust(client_ids=["2example98765432", POOL.client_id]),
    ):
        sessions(guard=Guard(other.trust(), accepting))


def test_adapters_ask_the_guard_that_the_sessions_have() -> None:
    """Equal ones are not the same: one of them may know of a revocation that the other does not."""
    guard = Guard(POOL.trust())
    of_guard = sessions(guard=guard)
    assert of_guard.guard is guard
    of_guard.require_guard(guard)
    with pytest.raises(ConfigurationError, match="the same Guard object"):
        of_guard.require_guard(Guard(POOL.trust()))


class Awaited:
    """An ``AsyncSessionStore``."""

    async def read(self, key: str) -> bytes | None:
        """Nothing is kept."""

    async def add(self, key: str, value: bytes, seconds: float) -> bool:
        """As above."""
        return True

    async def replace(self, key: str, old: bytes, new: bytes, seconds: float) -> bool:
        """As above."""
        return True

    async def remove(self, key: str, value: bytes | None = None) -> bool:
        """As above."""
        return True


def test_adapters_ask_whether_the_store_blocks() -> None:
    """Without an event loop, nobody could sign in."""
    sessions().require_blocking()
    with pytest.raises(ConfigurationError, match="has an AsyncSessionStore"):
        sessions(store=Awaited()).require_blocking()


def test_login_trusts_the_id_tokens_of_its_client_alone() -> None:
    """Whatever the guard's pool says of clients, uses, resources and checks."""
    checks = [lambda identity: False]
    pool = POOL.trust(client_ids=ANY_CLIENT, checks=checks, resources=["https://api.example"])
    same = pool.of_client(POOL.client_id)
    assert same.client_ids == {POOL.client_id}
    assert same.token_uses == {"access", "id"}
    assert (same.resources, same.client_check, same.checks, same.asked) == (None, None, (), ())
    assert (same.issuers, same.jwks, same.leeway) == (pool.issuers, pool.jwks, pool.leeway)
    assert pool.client_ids is None
    assert pool.asked


def test_guard_tells_its_pools() -> None:
    """Those of tokens, and no load balancer's."""
    one, other = POOL.trust(), LocalUserPool("eu-west-1_OtherPool").trust()
    balancer: LoadBalancer = LocalLoadBalancer(POOL).trust()
    assert Guard(one, balancer, other).user_pools == (one, other)
    assert Guard(balancer).user_pools == ()


def test_sessions_of_a_pool_in_several_regions() -> None:
    """A token of a replica is good, and so is its ID token."""
    pool = UserPool(
        POOL.user_pool_id,
        client_ids=[POOL.client_id],
        regions=["us-east-1"],
        jwks=POOL.jwks(),
    )
    replica = POOL.issuer.replace("//cognito-idp.eu-west-1.", "//cognito-idp.us-east-1.")
    tokens = Guard(pool).tokens_of_client(pool.issuers[0], POOL.client_id)
    assert tokens.verify(POOL.id_token(iss=replica)).token_use == "id"
    with site(WAYS[0]) as here:
        here.guard = Guard(pool, clock=here.clock)
        here.sessions = here.worker()
        here.endpoint.more = {"iss": replica}
        assert here.browser().sign_in().identity.username == "alice"
