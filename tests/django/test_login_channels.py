"""WebSockets of Channels, opened by pages of who has signed in."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event
from typing import Any

import pytest
from channels.auth import AuthMiddlewareStack
from django.contrib.auth.models import User
from django.test import override_settings
from websockets.sync.client import connect

from cognito_guard.events import RequestRefused
from cognito_guard_django.channels import CognitoMiddleware
from cognito_guard_django.login.configured import Login, configured
from cognito_guard_django.settings import current
from example_apps.serving import serve

from .login_site import SESSION, DjangoSite, client, login_site, sign_in
from .test_channels import PATIENCE_SECONDS, knock

# isort: split
from .sockets import Consumer

OWN = {"Origin": "http://localhost"}
NOBODY = {"subject": None, "user": "", "authenticated": False}


@pytest.fixture
def here(db: str) -> Iterator[DjangoSite]:
    """The site."""
    with login_site(ALLOWED_HOSTS=["localhost", "127.0.0.1"]) as one:
        yield one


@pytest.fixture
def origin(here: DjangoSite) -> Iterator[str]:
    """Where its WebSockets are, behind what knows Django's sessions."""
    app = AuthMiddlewareStack(CognitoMiddleware(Consumer.as_asgi()))
    with serve(app, log_level="critical", lifespan="off") as one:
        yield one


def cookies(browser: Any, *names: str) -> dict[str, str]:
    """The header."""
    return {"Cookie": "; ".join(f"{name}={browser.cookies[name].value}" for name in names)}


def test_who_has_signed_in(here: DjangoSite, origin: str) -> None:
    """On pages of the own site, until the sign-in is over; with Django's session, which ends."""
    browser = client()
    sign_in(browser)
    subject = here.pool.subject("alice")
    known = {"subject": subject, "user": subject, "authenticated": True}
    session = cookies(browser, SESSION, "sessionid")
    assert knock(origin, **OWN, **session).seen == known
    told: list[Any] = []
    stop = current().guard.add_listener(told.append)
    for others in ({}, {"Origin": "https://evil.example"}):
        refused = knock(origin, **others, **session)
        assert refused.status == 403
        assert refused.seen is not None
        assert refused.seen["reason"] == "cross_site_request"
    stop()
    refusals = [one for one in told if isinstance(one, RequestRefused)]
    assert refusals == [RequestRefused("cross_site_request", 403)] * 2
    token = here.server.access_token("ada", client_id="web")
    seen = knock(origin, Authorization=f"Bearer {token}", **session).seen
    assert seen is not None
    assert seen["subject"] == here.pool.subject("ada")
    basic = knock(origin, Authorization="Basic YTpi", **OWN, **session)
    assert basic.seen == NOBODY
    browser.get("/fill")
    other = client()
    other.cookies[SESSION] = browser.cookies[SESSION].value
    other.post("/auth/logout")
    assert knock(origin, **OWN, **session).seen == NOBODY
    assert knock(origin, **OWN, **cookies(browser, "sessionid")).seen == NOBODY
    assert knock(origin, **OWN).seen == NOBODY


def test_store_is_down(here: DjangoSite, origin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """503, and nobody is signed out."""
    browser = client()
    sign_in(browser)
    login = configured()
    assert login is not None
    store = login.sessions._driver._store

    def fail(*_: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(type(store), "read", fail)
        refused = knock(origin, **OWN, **cookies(browser, SESSION))
    assert (refused.status, refused.headers["retry-after"]) == (503, "1")
    assert knock(origin, **OWN, **cookies(browser, SESSION)).status == 101


def test_stateless(here: DjangoSite) -> None:
    """Without sessions of Django's around."""
    with override_settings(COGNITO_GUARD=here.settings(USERS="stateless", STAFF_GROUPS=["x"])):
        app = CognitoMiddleware(Consumer.as_asgi())
        with serve(app, log_level="critical", lifespan="off") as origin:
            browser = client()
            assert sign_in(browser).status_code == 303
            seen = knock(origin, **OWN, **cookies(browser, SESSION)).seen
            assert seen is not None
            assert seen["user"] == "alice"


def test_exempt(here: DjangoSite, origin: str) -> None:
    """Nobody looks whether the sign-in is over, nor where the page comes from: it counts for
    nothing. Who has come in by other means is known as ever."""
    browser = client()
    sign_in(browser)
    own = cookies(browser, "sessionid")
    session = cookies(browser, SESSION, "sessionid")
    for headers in ({}, OWN, {"Origin": "https://evil.example"}):
        for sent in (own, session):
            assert knock(origin, "/open/x", **headers, **sent).seen == NOBODY
    User.objects.create_user("bob", password="secret")
    other = client()
    assert other.login(username="bob", password="secret")
    seen = knock(origin, "/open/x", **cookies(other, "sessionid")).seen
    assert seen == {"subject": None, "user": "bob", "authenticated": True}
    assert knock(origin, "/open/x").seen == NOBODY


def test_no_sign_of_life(here: DjangoSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """The request that opens a WebSocket is one for the session, and asking again is none."""
    touches: list[bool] = []
    asked = Event()
    acurrent = Login.acurrent

    async def watched(self: Login, session_id: Any, *, touch: bool = True) -> Any:
        touches.append(touch)
        if len(touches) > 2:
            asked.set()
        return await acurrent(self, session_id, touch=touch)

    monkeypatch.setattr(Login, "acurrent", watched)
    browser = client()
    sign_in(browser)
    app = CognitoMiddleware(Consumer.as_asgi(), recheck=0.01)
    with serve(app, log_level="critical", lifespan="off") as origin:
        headers = {**OWN, **cookies(browser, SESSION)}
        uri = origin.replace("http://", "ws://")
        with connect(uri, additional_headers=headers, proxy=None, open_timeout=PATIENCE_SECONDS):
            assert asked.wait(PATIENCE_SECONDS)
    assert touches[0]
    assert not any(touches[1:])
