"""A site whose users sign in, called without a server, for the tests of sign-in here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cognito_guard import Guard
from cognito_guard.login import LoginSessions, ManagedLogin

from ..login.site import SECRET, Site
from ..raw import Answer
from .conftest import Run
from .drive import http

NAVIGATION = [b"Sec-Fetch-Mode: navigate", b"Sec-Fetch-Site: none", b"Accept: text/html"]
OWN = b"Origin: https://app.example"
EVIL = b"Origin: https://evil.example"


def cookie_of(here: Site, **arguments: Any) -> bytes:
    """The header line of a browser in which alice has signed in."""
    browser = here.browser()
    browser.sign_in(**arguments)
    (pairs,) = browser.headers("cookie")
    return f"Cookie: {pairs}".encode("ascii")


def other_sessions(here: Site, guard: Guard) -> LoginSessions:
    """The same sessions, as another guard sees them."""
    before, here.guard = here.guard, guard
    try:
        return here.worker()
    finally:
        here.guard = before


def sessions_at(here: Site, redirect_uri: str) -> LoginSessions:
    """The sessions of a site to which browsers come back elsewhere."""
    login = ManagedLogin(
        here.endpoint.pool.trust(),
        domain=here.endpoint.origin,
        client_id=here.endpoint.pool.client_id,
        redirect_uri=redirect_uri,
        logout_uri="https://app.example/",
    )
    return LoginSessions(login, here.guard, store=here.store, secrets=[SECRET], clock=here.clock)


class Client:
    """Asks an app."""

    def __init__(self, app: Any, run: Run) -> None:
        self._app = app
        self._run = run

    def __call__(self, path: str, lines: Iterable[bytes] = (), **more: Any) -> Answer:
        path, _, query = path.partition("?")
        more.setdefault("query_string", query.encode("ascii"))
        answer: Answer = self._run(lambda: http(self._app, path, lines, **more))
        return answer


def cookies_of(answer: Answer) -> bytes:
    """The header line that brings back what an answer has set."""
    pairs = [value.partition(";")[0] for value in answer.all("set-cookie")]
    return f"Cookie: {'; '.join(pairs)}".encode("ascii")
