"""A token endpoint on loopback, strict as Cognito's, whose tokens a local user pool signs.

Tests hold it in their hand: what it answers, when it does, and what was asked of it.
"""

from __future__ import annotations

import json
import secrets
import threading
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, quote_plus, urlencode, urlsplit

from cognito_guard.testing import LocalUserPool
from cognito_guard.testing.listener import Listener, Visit

from ..keys.endpoint import answer
from ..keys.source import PATIENCE

JSON = "Content-Type: application/json;charset=UTF-8"
Spoil = Callable[[Visit, bytes], object]


def at_hash(access_token: str) -> str:
    """OpenID Connect Core, section 3.1.3.6."""
    half = sha256(access_token.encode("ascii")).digest()[:16]
    return urlsafe_b64encode(half).rstrip(b"=").decode("ascii")


def body_of(visit: Visit) -> bytes:
    """The body of a request."""
    head, _, body = visit.head.partition(b"\r\n\r\n")
    lengths = [
        int(line.partition(b":")[2])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length:")
    ]
    while len(body) < lengths[0]:
        body += visit.connection.recv(65536)
    return body


class TokenEndpoint:
    """``/oauth2/token`` and ``/oauth2/revoke`` of a pool, and a user at ``/oauth2/authorize``."""

    def __init__(self, pool: LocalUserPool, *, rotation: bool = False) -> None:
        self.pool = pool
        self.rotation = rotation
        self.secret: str | None = None
        self.username = "alice"
        self.expires_in = 3600
        self.more: dict[str, Any] = {}
        self.both: dict[str, Any] = {}
        """Claims of the access tokens as well."""
        """Further claims of ID tokens."""
        self.change: Callable[[dict[str, Any]], dict[str, Any]] = lambda answer: answer
        """What becomes of a good answer before it is sent."""
        self.spoil: Spoil | None = None
        """What is sent in the place of an answer."""
        self.asked: list[dict[str, str]] = []
        """The forms that came."""
        self.refreshes = 0
        """Refresh tokens that were accepted."""
        self.revoked: list[str] = []
        self.begun = threading.Event()
        self._go_on = threading.Event()
        self._go_on.set()
        self._lock = threading.Lock()
        self._codes: dict[str, dict[str, str]] = {}
        self._refresh_tokens: dict[str, str] = {}
        self._listener = Listener(self._serve)

    @property
    def origin(self) -> str:
        """What the pool's domain is."""
        return f"http://127.0.0.1:{self._listener.port}"

    def __enter__(self) -> TokenEndpoint:
        self._listener.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._go_on.set()
        self._listener.__exit__()

    def down(self) -> None:
        """Refuse connections."""
        self._listener.down()

    def up(self) -> None:
        """Take them again."""
        self._listener.up()

    @contextmanager
    def held_up(self) -> Iterator[None]:
        """Until the end of the block nothing is answered, but all is done."""
        self._go_on.clear()
        self.begun.clear()
        try:
            yield
        finally:
            self._go_on.set()

    def grants(self) -> list[str]:
        """What was asked for, in order: a grant type, or ``revoke``."""
        return [form.get("grant_type", "revoke") for form in self.asked]

    def authorize(self, url: str) -> str:
        """A user signs in at ``url``: the query with which the browser comes back."""
        parts = urlsplit(url)
        asked = dict(parse_qsl(parts.query, strict_parsing=True))
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{self.origin}/oauth2/authorize"
        assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
        assert asked["client_id"] == self.pool.client_id
        code = secrets.token_urlsafe(24)
        with self._lock:
            self._codes[code] = asked
        return urlencode({"code": code, "state": asked["state"]})

    def _serve(self, visit: Visit) -> None:
        form = dict(parse_qsl(body_of(visit).decode("ascii"), keep_blank_values=True))
        path = visit.head.split(b" ")[1].decode("ascii")
        with self._lock:
            self.asked.append(form)
            status, said = self._answer(path, form, visit.head)
        self.begun.set()
        assert self._go_on.wait(PATIENCE)
        good = answer(status, json.dumps(said).encode("ascii"), JSON)
        if self.spoil is None:
            visit.send(good)
        else:
            self.spoil(visit, good)

    def _answer(self, path: str, form: dict[str, str], head: bytes) -> tuple[str, dict[str, Any]]:
        if not self._knows(form, head):
            return "401 Unauthorized", {"error": "invalid_client"}
        if path == "/oauth2/revoke":
            if form.get("client_id") != self.pool.client_id:
                return "400 Bad Request", {"error": "invalid_request"}
            self.revoked.append(form["token"])
            self._refresh_tokens.pop(form["token"], None)
            return "200 OK", {}
        assert path == "/oauth2/token"
        given = self._exchange(form) if "code" in form else self._refresh(form)
        if given is None:
            return "400 Bad Request", {"error": "invalid_grant"}
        return "200 OK", self.change(given)

    def _knows(self, form: dict[str, str], head: bytes) -> bool:
        if self.secret is None:
            return form.get("client_id") == self.pool.client_id and b"authorization:" not in (
                head.lower()
            )
        pair = f"{quote_plus(self.pool.client_id)}:{quote_plus(self.secret)}"
        wanted = b"authorization: basic " + b64encode(pair.encode("ascii"))
        return wanted.lower() in head.lower() and "client_secret" not in form

    def _exchange(self, form: dict[str, str]) -> dict[str, Any] | None:
        assert form["grant_type"] == "authorization_code"
        asked = self._codes.pop(form["code"], None)
        digest = sha256(form["code_verifier"].encode("ascii")).digest()
        challenge = urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
        if (
            asked is None
            or asked["code_challenge"] != challenge
            or asked["redirect_uri"] != form["redirect_uri"]
        ):
            return None
        given = self._tokens(asked["scope"], nonce=asked["nonce"])
        given["refresh_token"] = self._new_refresh_token(asked["scope"])
        return given

    def _refresh(self, form: dict[str, str]) -> dict[str, Any] | None:
        assert form["grant_type"] == "refresh_token"
        scope = self._refresh_tokens.get(form["refresh_token"])
        if scope is None:
            return None
        self.refreshes += 1
        given = self._tokens(scope)
        if self.rotation:
            del self._refresh_tokens[form["refresh_token"]]
            given["refresh_token"] = self._new_refresh_token(scope)
        return given

    def forget(self) -> None:
        """Every refresh token is good no more, as of a user who was disabled."""
        self._refresh_tokens.clear()

    def _new_refresh_token(self, scope: str) -> str:
        token = "eyJjdHkiOiJKV1QiLCJlbmMiOiJBMjU2R0NNIn0." + secrets.token_urlsafe(200)
        self._refresh_tokens[token] = scope
        return token

    def _tokens(self, scope: str, **claims: Any) -> dict[str, Any]:
        access = self.pool.access_token(
            self.username, scopes=scope.split(), expires_in=self.expires_in, claims=self.both
        )
        claims = {"at_hash": at_hash(access), **claims, **self.both, **self.more}
        return {
            "access_token": access,
            "id_token": self.pool.id_token(
                self.username, expires_in=self.expires_in, claims=claims
            ),
            "token_type": "Bearer",
            "expires_in": self.expires_in,
        }
