"""``PoolServer.sign_in`` goes through the pool's pages as a browser does."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from cognito_guard.testing import Fault, LocalUserPool, TokenFault

from .app import CALLBACK, WEB, App, Clock, answer_of


def test_leads_back_with_a_code(app: App) -> None:
    """Which the token endpoint takes, and which is the user's; each time in a new browser."""
    url = f"{app.server.domain}/oauth2/authorize?{app.query()}"
    for username in ("alice", "ada"):
        back = app.server.sign_in(url, username)
        assert back.startswith(f"{CALLBACK}?code=")
        assert back.endswith("&state=a-state")
        code = urlsplit(back).query.removeprefix("code=").partition("&")[0]
        tokens = app.token(code=code).json()
        assert app.claims(tokens["access_token"])["username"] == username
    assert app.server.requests["login"] == 4


def test_alice_unless_told_otherwise(app: App) -> None:
    """As tokens are hers as well."""
    back = app.server.sign_in(f"{app.server.domain}/oauth2/authorize?{app.query()}")
    assert back.startswith(CALLBACK)


def test_by_another_name_of_this_machine(app: App) -> None:
    """As an app may have it in its settings."""
    domain = app.server.domain.replace("127.0.0.1", "localhost")
    assert app.server.sign_in(f"{domain}/oauth2/authorize?{app.query()}").startswith(CALLBACK)


def test_error_of_the_authorize_endpoint(app: App) -> None:
    """Is for the app, so its address is the answer."""
    url = f"{app.server.domain}/oauth2/authorize?{app.query(scope='orders/read')}"
    assert answer_of(app.get(url))["error"] == "invalid_scope"
    assert "error=invalid_scope" in app.server.sign_in(url)


@pytest.mark.parametrize(
    ("changes", "username", "says"),
    [
        ({"redirect_uri": "http://localhost:9/back"}, "alice", "with 400: redirect_mismatch"),
        ({"client_id": "unknown"}, "alice", "with 400: The client does not exist"),
        ({}, "bob", "with 400: There is no such user"),
    ],
)
def test_what_the_page_says(
    app: App, changes: dict[str, str | None], username: str, says: str
) -> None:
    """Where nobody is led back, a developer reads why."""
    url = f"{app.server.domain}/oauth2/authorize?{app.query(**changes)}"
    with pytest.raises(ValueError, match=says):
        app.server.sign_in(url, username)


@pytest.mark.parametrize(
    "url",
    [
        "/auth/login?next=/",
        "http://localhost:8000/auth/login",
        "https://example.auth.eu-west-1.amazoncognito.com/oauth2/authorize?client_id=web",
        "{origin}/login?client_id=web",
        "http://[/oauth2/authorize",
    ],
)
def test_another_address(app: App, url: str) -> None:
    """Such as the app's own."""
    with pytest.raises(ValueError, match="the sign-in begins at http://127"):
        app.server.sign_in(url.format(origin=app.server.origin))


def test_faults(app: App) -> None:
    """A page that is none, one that leads nowhere, and one that fails."""
    url = f"{app.server.domain}/oauth2/authorize?{app.query()}"
    with app.server.failing(Fault.HTML, at="login"), pytest.raises(ValueError, match="200: "):
        app.server.sign_in(url)
    with app.server.failing(Fault.SERVER_ERROR), pytest.raises(ValueError, match="with 500"):
        app.server.sign_in(url)
    with app.server.failing(TokenFault.BAD_REQUEST):  # which is none of the browser's
        assert app.server.sign_in(url).startswith(CALLBACK)


def test_over_tls(pool: LocalUserPool) -> None:
    """With the certificate that the server itself names."""
    with pool.listen(WEB, tls=True) as server, App(server, Clock()) as app:
        url = f"{server.domain}/oauth2/authorize?{app.query()}"
        assert server.sign_in(url).startswith(f"{CALLBACK}?code=")
