"""An app that signs users in, as far as the pool can tell."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import httpx

from cognito_guard import Guard
from cognito_guard.testing import LocalClient, PoolServer

from ..proxy.browser import Browser

CALLBACK = "http://localhost:8000/auth/callback"
OTHER_CALLBACK = "https://app.example/auth/callback?tenant=acme"
LOGOUT = "http://localhost:8000/"

WEB = LocalClient("web", callback_urls=[CALLBACK, OTHER_CALLBACK], logout_urls=[LOGOUT])
"""A public client."""
SHOP = LocalClient("shop", secret="5ecret" * 4, callback_urls=[CALLBACK])
"""A confidential one."""
ROTATING = LocalClient("rotating", callback_urls=[CALLBACK], rotation_grace=30)
"""One whose refresh tokens are replaced."""
MACHINE = LocalClient("machine", "m5ecret", scopes=["orders/read", "orders/write"], machine=True)
"""One that signs in as itself."""

VERIFIER = "a-verifier.of~the_shortest-length-that-fits"


def challenge(verifier: str = VERIFIER) -> str:
    """RFC 7636, section 4.2."""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


class Clock:
    """Stands still until it is told otherwise."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


class App(Browser):
    """Asks a server as an app does, and as its users' browser does."""

    def __init__(self, server: PoolServer, clock: Clock) -> None:
        super().__init__()
        self.server = server
        self.clock = clock

    def query(self, **changes: str | None) -> str:
        """What an app asks for, with changes; None leaves a parameter out."""
        fields = {
            "response_type": "code",
            "client_id": WEB.client_id,
            "redirect_uri": CALLBACK,
            "scope": "openid aws.cognito.signin.user.admin",
            "state": "a-state",
            "nonce": "a-nonce",
            "code_challenge": challenge(),
            "code_challenge_method": "S256",
            **changes,
        }
        return urlencode({name: value for name, value in fields.items() if value is not None})

    def authorize(self, query: str | None = None, **changes: str | None) -> httpx.Response:
        """Go to /oauth2/authorize."""
        return self.get(f"{self.server.domain}/oauth2/authorize?{query or self.query(**changes)}")

    def sign_in_as(self, username: str = "alice", **changes: str | None) -> httpx.Response:
        """Sign in on the page. The answer leads back to the app."""
        page = self.get(f"{self.server.domain}/login?{self.query(**changes)}")
        assert page.status_code == 200, page.text
        return self.choose(page, username)

    def code(self, username: str = "alice", **changes: str | None) -> str:
        """A new code."""
        return answer_of(self.sign_in_as(username, **changes))["code"]

    def token(self, **changes: str | None) -> httpx.Response:
        """Ask the token endpoint; by default as the app that has got a code."""
        fields = {
            "grant_type": "authorization_code",
            "client_id": WEB.client_id,
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
            **changes,
        }
        return self.form("/oauth2/token", fields)

    def tokens(self, username: str = "alice", client: LocalClient = WEB, **changes: Any) -> Any:
        """The tokens of a user who has just signed in."""
        code = self.code(username, client_id=client.client_id, **changes)
        answer = self.token(code=code, client_id=client.client_id, client_secret=client.secret)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refresh(self, refresh_token: str, client: LocalClient = WEB) -> httpx.Response:
        """Ask for new tokens."""
        fields = {
            "grant_type": "refresh_token",
            "client_id": client.client_id,
            "client_secret": client.secret,
            "refresh_token": refresh_token,
        }
        return self.form("/oauth2/token", fields)

    def revoke(self, refresh_token: str | None, client_id: str | None = "web") -> httpx.Response:
        """Revoke a refresh token."""
        return self.form("/oauth2/revoke", {"token": refresh_token, "client_id": client_id})

    def user_info(self, access_token: str) -> httpx.Response:
        """Ask whose token it is."""
        headers = {"Authorization": f"Bearer {access_token}"}
        return self.get(f"{self.server.domain}/oauth2/userInfo", headers=headers)

    def form(self, path: str, fields: dict[str, str | None], **more: Any) -> httpx.Response:
        """Post a form; a field that is None is left out."""
        present = {name: value for name, value in fields.items() if value is not None}
        return self.post(self.server.domain + path, data=present, **more)

    def claims(self, token: str) -> Mapping[str, Any]:
        """What is in a token, once a guard has accepted it."""
        guard = Guard(self.server.trust(token_use="any"), clock=self.clock)
        return guard.verify(token).claims

    def api(self, operation: str, **asked: Any) -> httpx.Response:
        """Call the user pool API."""
        target = {"X-Amz-Target": f"AWSCognitoIdentityProviderService.{operation}"}
        # Not by httpx, which sends no half characters.
        return self.post(f"{self.server.origin}/", content=json.dumps(asked), headers=target)


def answer_of(response: httpx.Response) -> dict[str, str]:
    """What an app is told when a browser is led back to it."""
    assert response.status_code == 302, response.text
    query = urlsplit(response.headers["Location"]).query
    assert all(len(values) == 1 for values in parse_qs(query).values())
    return dict(parse_qsl(query))
