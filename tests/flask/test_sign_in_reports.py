"""What reports of errors show of sign-in's frames: no cookie, no code, no token, whatever fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from cognito_guard_flask import CognitoGuard
from cognito_guard_flask.login import login_blueprint

from ..engine.reports import shown_by, shown_now
from ..keys.conftest import no_fetch_outlives_its_test
from ..login.site import SECRET, Site, site

__all__ = ["no_fetch_outlives_its_test"]

NAVIGATE = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "same-origin"}


class Accident(Exception):
    """What goes wrong in other people's code."""


@pytest.fixture
def here() -> Iterator[Site]:
    """A site."""
    with site() as one:
        yield one


def app_of(here: Site, fails: Callable[[], object]) -> Flask:
    """Pages that fail, and a hook that looks who is calling."""
    app = Flask(__name__)
    app.secret_key = SECRET
    app.testing = True
    cognito = CognitoGuard(app, guard=here.guard, login=here.sessions)
    app.register_blueprint(login_blueprint(cognito), url_prefix="/auth")

    @app.get("/page")
    @cognito.login_required
    def page() -> Any:
        return fails()

    @app.get("/identify")
    def identify() -> Any:
        cognito.identify()
        return fails()

    @app.get("/policy")
    @cognito.required(policy=lambda identity: fails())
    def policy() -> Any:
        return fails()

    return app


@pytest.mark.parametrize(
    "what",
    [
        *("/page", "/identify", "/policy", "/auth/login", "/auth/callback", "/auth/logout"),
        *("view", "policy"),
    ],
)
def test_an_accident(what: str, here: Site) -> None:
    """Neither the frames that are under way while the store, a policy or a view runs, nor the
    traceback."""
    live: list[tuple[str, str]] = []

    def look(*_: object) -> None:
        live.extend(shown_now())

    def fail() -> None:
        look()
        raise Accident

    browser = here.browser()
    query = here.endpoint.authorize(browser.start().url)
    browser.sign_in()
    headers = {**NAVIGATE, "Cookie": browser.headers("cookie")[0]}
    client = app_of(here, fail).test_client(use_cookies=False)
    if what in ("view", "policy"):
        with pytest.raises(Accident) as caught:
            client.get("/page" if what == "view" else "/policy", headers=headers)
        live.extend(shown_by(caught.value))
    else:
        here.store.before = look
        path = f"{what}?{query}" if what == "/auth/callback" else what
        if what.startswith("/auth"):
            client.open(path, method="POST" if "logout" in what else "GET", headers=headers)
        else:
            with pytest.raises(Accident):
                client.get(path, headers=headers)
    assert live
    secrets = [*browser.cookies.values(), *(pair.partition("=")[2] for pair in query.split("&"))]
    for where, said in live:
        for secret in secrets:
            assert secret not in said, where
