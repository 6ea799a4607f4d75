"""Authlib's clients, which nobody here wrote, sign in, refresh and revoke at the local pool."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Any

import pytest

from cognito_guard import Guard
from cognito_guard.testing import LocalClient, LocalUserPool, PoolServer

from ....needs import need
from ..app import CALLBACK, MACHINE, ROTATING, SHOP, VERIFIER, WEB, App, Clock

POSTING = LocalClient("posting", "p05t", callback_urls=[CALLBACK])


@pytest.fixture
def server(pool: LocalUserPool) -> Iterator[PoolServer]:
    """The door of a pool whose time is that of everybody."""
    with pool.listen(WEB, SHOP, ROTATING, MACHINE, POSTING) as server:
        yield server


Session = Callable[..., Any]


@pytest.fixture(params=["httpx", "requests"])
def session(request: pytest.FixtureRequest) -> Session:
    """Makes a session of Authlib's, over one HTTP client or the other."""
    need(find_spec("authlib") is not None, "Authlib: pip install Authlib")
    need(find_spec(request.param) is not None, f"{request.param}: pip install {request.param}")
    if request.param == "httpx":
        from authlib.integrations.httpx_client import OAuth2Client

        return lambda *args, **more: OAuth2Client(*args, trust_env=False, timeout=60, **more)
    from authlib.integrations.requests_client import OAuth2Session

    def make(*args: Any, **more: Any) -> Any:
        session = OAuth2Session(*args, **more)
        session.trust_env = False
        return session

    return make


@pytest.mark.parametrize(
    ("client", "method"),
    [
        (WEB, "none"),
        (SHOP, "client_secret_basic"),
        (POSTING, "client_secret_post"),
        (ROTATING, "none"),
    ],
    ids=["public", "basic", "post", "rotating"],
)
def test_code_refresh_revoke(
    server: PoolServer, session: Session, client: LocalClient, method: str
) -> None:
    """The whole flow with PKCE, for public and confidential clients, with rotation and without."""
    from authlib.integrations.base_client.errors import OAuthError

    token_url = f"{server.domain}/oauth2/token"
    with session(
        client.client_id,
        client.secret,
        token_endpoint_auth_method=method,
        revocation_endpoint_auth_method=method,
        scope="openid email",
        redirect_uri=CALLBACK,
        code_challenge_method="S256",
    ) as oauth:
        url, state = oauth.create_authorization_url(
            f"{server.domain}/oauth2/authorize", code_verifier=VERIFIER, nonce="a-nonce"
        )
        with App(server, Clock()) as browser:
            page = browser.get(server.domain + browser.get(url).headers["Location"])
            back = browser.choose(page, "alice").headers["Location"]
        tokens = oauth.fetch_token(
            token_url, authorization_response=back, state=state, code_verifier=VERIFIER
        )
        ids = Guard(server.trust(token_use="id", client_ids=[client.client_id]))
        assert ids.verify(tokens["id_token"]).claims["nonce"] == "a-nonce"
        assert oauth.get(f"{server.domain}/oauth2/userInfo").json()["username"] == "alice"

        new = oauth.refresh_token(token_url, tokens["refresh_token"])
        assert new["access_token"] != tokens["access_token"]
        rotates = client.rotation_grace is not None
        assert (new["refresh_token"] != tokens["refresh_token"]) is rotates
        assert oauth.get(f"{server.domain}/oauth2/userInfo").status_code == 200

        revoked = oauth.revoke_token(f"{server.domain}/oauth2/revoke", new["refresh_token"])
        assert revoked.status_code == 200
        with pytest.raises(OAuthError) as refused:
            oauth.refresh_token(token_url, new["refresh_token"])
        assert refused.value.error == "invalid_grant"


def test_machine(server: PoolServer, session: Session) -> None:
    """client_credentials, with scopes."""
    with session(MACHINE.client_id, MACHINE.secret, scope="orders/read") as oauth:
        tokens = oauth.fetch_token(f"{server.domain}/oauth2/token", grant_type="client_credentials")
    identity = Guard(server.trust()).verify(tokens["access_token"])
    assert identity.is_machine
    assert identity.scopes == ("orders/read",)
