"""Sign-in at npm's cognito-local, whose ``/oauth2/authorize`` and ``/oauth2/token`` are somebody
else's work, in every framework."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from cognito_guard import Guard
from cognito_guard.aws import UserApi
from cognito_guard.login import LoginSessions, ManagedLogin, MemorySessionStore
from example_apps.serving import bound

from ..contract.login.apps import ADAPTERS
from ..contract.login.browser import Browser, Reply
from ..contract.login.cases import SESSION, changed
from ..contract.login.site import SECRET, Adapter, Clock, Running
from ..login.stores import BlockingStore
from ..npm import packages_folder
from .emulator import ADA, ALICE, PASSWORD, Emulator
from .servers import cognito_local_server

_MINUTES = 5
_ADD_NONCE = Path(__file__).with_name("add_nonce.cjs")


class Site:
    """The contract's app in one framework, whose users sign in at an emulator."""

    def __init__(self, emulator: Emulator, origin: str) -> None:
        self.clock = Clock()
        self.store = BlockingStore(MemorySessionStore(clock=self.clock))
        self.origin = origin
        self._aws, self._pool_id = emulator.pool.aws, emulator.pool.id
        client = self._aws.create_user_pool_client(
            UserPoolId=self._pool_id,
            ClientName="site",
            AllowedOAuthFlowsUserPoolClient=True,
            AllowedOAuthFlows=["code"],
            AllowedOAuthScopes=["openid"],
            CallbackURLs=[f"{origin}/auth/callback"],
            LogoutURLs=[f"{origin}/"],
            AccessTokenValidity=_MINUTES,
            IdTokenValidity=_MINUTES,
            TokenValidityUnits={"AccessToken": "minutes", "IdToken": "minutes"},
        )["UserPoolClient"]
        self._client_id = client["ClientId"]
        self._trust = emulator.pool.trust(client_ids=[self._client_id])
        self._domain = emulator.origin

    def running(self, adapter: Adapter) -> Running:
        """What the adapter makes its app of."""
        guard = Guard(self._trust, clock=self.clock)
        login = ManagedLogin(
            self._trust,
            domain=self._domain,
            client_id=self._client_id,
            redirect_uri=f"{self.origin}/auth/callback",
            logout_uri=f"{self.origin}/",
        )
        store = adapter.store(self.store)
        sessions = LoginSessions(login, guard, store=store, secrets=[SECRET], clock=self.clock)
        user_api = UserApi(self._trust, url=f"{self._domain}/")
        return Running(guard, sessions, self.origin, user_api)

    def let_tokens_live(self, days: int) -> None:
        """From now on, new tokens live longer."""
        self._aws.update_user_pool_client(
            UserPoolId=self._pool_id,
            ClientId=self._client_id,
            AccessTokenValidity=days,
            IdTokenValidity=days,
            TokenValidityUnits={"AccessToken": "days", "IdToken": "days"},
            AllowedOAuthFlows=["code"],
            CallbackURLs=[f"{self.origin}/auth/callback"],
        )


@contextmanager
def site(emulator: Emulator, adapter: Adapter) -> Iterator[Site]:
    """A site, open for as long as the block lasts."""
    with bound() as listener:
        one = Site(emulator, f"http://127.0.0.1:{listener.getsockname()[1]}")
        with adapter.serve(one.running(adapter), listener):
            yield one


def authenticate(browser: Browser, url: str, username: str = ALICE) -> str:
    """Fill in cognito-local's form: the address that leads back to the site."""
    form = browser.visit(url)
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form.text)
    fields = {name: unescape(value) for name, value in hidden}
    return browser.submit(form.url, **fields, username=username, password=PASSWORD).location


def sign_in(browser: Browser, page: str = "/page", username: str = ALICE) -> Reply:
    """Ask to be signed in, sign in, come back. What the callback answers."""
    return browser.visit(authenticate(browser, browser.begin(page), username))


@pytest.fixture(scope="module")
def with_nonce(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Any:
    """cognito-local, and the one claim that it lacks."""
    folder = tmp_path_factory.mktemp("cognito-local-nonce")
    cache = packages_folder(request.config, folder)
    with cognito_local_server(folder, cache, "--require", str(_ADD_NONCE)) as emulator:
        yield emulator


@pytest.fixture(params=ADAPTERS, ids=lambda adapter: adapter.name)
def here(with_nonce: Emulator, request: pytest.FixtureRequest) -> Iterator[Site]:
    """One adapter's site after the other."""
    with site(with_nonce, request.param) as one:
        yield one


def test_sign_in_refresh_sign_out(here: Site, caplog: pytest.LogCaptureFixture) -> None:
    """The code and the refresh token are exchanged as cognito-local wants it; and whoever signs out
    has left, though it has neither ``/oauth2/revoke`` nor ``/logout``."""
    browser = Browser(here.origin)
    assert sign_in(browser, "/page?tab=1").path == "/page?tab=1"
    assert browser.fetch("/profile").json["email"] == ALICE
    subject = browser.fetch("/me").json["subject"]

    here.let_tokens_live(days=1)
    here.clock.now += _MINUTES * 60 + 60
    here.store.calls.clear()
    assert browser.fetch("/me").json["subject"] == subject
    assert "replace" in here.store.calls
    here.store.calls.clear()
    assert browser.visit("/page").status == 200
    assert here.store.calls == ["read"]

    cookie = browser.cookies[SESSION]
    caplog.clear()
    ended = browser.submit("/auth/logout")
    assert ended.status == 303
    assert [getattr(record, "reason", None) for record in caplog.records] == ["revocation_failed"]
    browser.cookies[SESSION] = cookie
    assert browser.username() is None


def test_group(here: Site) -> None:
    """Groups come from the access token that cognito-local has issued."""
    ada, alice = Browser(here.origin), Browser(here.origin)
    assert sign_in(ada, "/admin", ADA).path == "/admin"
    assert ada.visit("/admin").status == 200
    sign_in(alice, "/page")
    assert alice.visit("/admin").status == 403


def test_code_of_another_attempt(here: Site) -> None:
    """cognito-local refuses a code whose verifier is another one: PKCE as two see it."""
    thief, victim = Browser(here.origin), Browser(here.origin)
    theirs = authenticate(victim, victim.begin())
    code = re.findall(r"[?&]code=([^&]+)", theirs)[0]
    own = authenticate(thief, thief.begin())
    refused = thief.visit(changed(own, code=code))
    assert refused.status == 400
    assert "code_refused" in refused.text
    assert thief.username() is None


@pytest.mark.parametrize("adapter", ADAPTERS[:1], ids=lambda adapter: adapter.name)
def test_without_nonce(cognito_local: Emulator, adapter: Adapter) -> None:
    """cognito-local as it is says nothing of ``nonce``: such an ID token may be of another attempt,
    so it signs in nobody."""
    with site(cognito_local, adapter) as here:
        browser = Browser(here.origin)
        refused = sign_in(browser)
        assert refused.status == 403
        assert "token_refused" in refused.text
        assert browser.username() is None
