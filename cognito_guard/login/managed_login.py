"""ManagedLogin: a pool's sign-in pages, and the code flow with PKCE in steps without I/O.

RFC 6749, RFC 7636, OpenID Connect Core. Each step is a pair: ``start_x`` says what to send,
``finish_x`` looks at what came back.
"""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable
from hashlib import sha256
from typing import final
from urllib.parse import parse_qsl, quote_plus, urlencode, urlsplit

from .._support import arguments
from ..errors import ConfigurationError
from ..network.addresses import sign_in_domain
from ..network.post import Answer
from ..tokens.user_pool import UserPool
from .addresses import Parameters, check_issuer, own_address
from .addresses import scopes as checked_scopes
from .answers import Post, Tokens, error_of, tokens_of
from .errors import LoginFailed, of_authorize
from .reasons import LoginReason
from .secrecy import Secretive

__all__ = ["Callback", "ManagedLogin"]

_MAX_QUERY = 32 * 1024
_MAX_FIELDS = 32
_MAX_CODE = 2048
# What comes at most once (RFC 6749, section 3.1).
_ONCE = ("state", "code", "error", "iss")


@final
class Callback(Secretive):
    """What a browser brings back from the sign-in page, none of it believed."""

    __slots__ = ("code", "error", "issuer", "state")

    def __init__(
        self, state: str | None, code: str | None, error: str | None, issuer: str | None
    ) -> None:
        self.state = state
        self.code = code
        self.error = error
        self.issuer = issuer


@final
class ManagedLogin(Secretive, arguments.Frozen):
    """The sign-in pages of a user pool, and one app client of the pool.

    ``pool``
        The :class:`~cognito_guard.UserPool` that signs the tokens. Its ``client_ids`` apply to the
        guard. The ID token of a sign-in must be for ``client_id`` and for no other client.
    ``domain``
        The pool's domain with its scheme: ``https://example.auth.eu-west-1.amazoncognito.com``, or
        your own domain. ``http`` is allowed on loopback addresses only.
    ``client_id``, ``client_secret``
        The app client. A client with a secret sends it in the ``Authorization`` header.
    ``redirect_uri``, ``logout_uri``
        Where browsers return after signing in and after signing out. Both are addresses of this
        site, exactly as in the app client's settings. ``https``, or ``http`` on loopback.
    ``scopes``
        The scopes to request. ``openid`` must be among them.
    ``identity_provider``, ``lang``, ``prompt``, ``acr_values``, ``max_age``, ``resource``
        Defaults for each sign-in.

    The object never shows the secret. Raises :class:`~cognito_guard.ConfigurationError`.
    """

    __slots__ = (
        *("_authorization", "_defaults", "client_id", "domain", "logout_uri", "origin", "pool"),
        *("redirect_uri", "scopes"),
    )

    pool: UserPool
    domain: str
    client_id: str
    redirect_uri: str
    logout_uri: str
    scopes: tuple[str, ...]
    origin: str
    """The scheme, host and port of this site, as browsers write them in ``Origin``."""
    _authorization: str | None
    _defaults: Parameters

    def __init__(
        self,
        pool: UserPool,
        *,
        domain: str,
        client_id: str,
        client_secret: str | None = None,
        redirect_uri: str,
        logout_uri: str,
        scopes: Iterable[str] = ("openid",),
        identity_provider: str | None = None,
        lang: str | None = None,
        prompt: str | None = None,
        acr_values: Iterable[str] = (),
        max_age: int | None = None,
        resource: str | None = None,
    ) -> None:
        if not isinstance(pool, UserPool):
            raise ConfigurationError("pool must be a UserPool")
        client_id = arguments.client_id("client_id", arguments.text("client_id", client_id))
        domain = sign_in_domain(domain)
        check_issuer(domain, pool)
        address, origin = own_address("redirect_uri", redirect_uri)
        self._set(
            {
                "pool": pool,
                "domain": domain,
                "client_id": client_id,
                "redirect_uri": address,
                "logout_uri": own_address("logout_uri", logout_uri)[0],
                "scopes": checked_scopes(scopes),
                "origin": origin,
                "_authorization": _basic(client_id, client_secret),
                "_defaults": Parameters(
                    identity_provider=identity_provider,
                    lang=lang,
                    prompt=prompt,
                    acr_values=acr_values,
                    max_age=max_age,
                    resource=resource,
                ),
            }
        )

    @property
    def secure(self) -> bool:
        """Whether this site uses https."""
        return self.origin.startswith("https:")

    @property
    def callback_path(self) -> str:
        """The path of ``redirect_uri``."""
        return urlsplit(self.redirect_uri).path

    def parameters(self, *, stronger: bool = False, **values: object) -> Parameters:
        """What a sign-in asks for. ``stronger``: a ``max_age`` that is longer than the login's own
        does not count. Raises :class:`~cognito_guard.ConfigurationError`."""
        asked = Parameters(**values)
        if stronger and asked.max_age is not None and self._defaults.max_age is not None:
            younger = Parameters(max_age=min(asked.max_age, self._defaults.max_age))
            asked.max_age = younger.max_age
            asked.fields.update(younger.fields)
        return asked.or_else(self._defaults)

    def start_sign_in(
        self, *, state: str, nonce: str, verifier: str, parameters: Parameters
    ) -> str:
        """The address to lead a browser to."""
        challenge = urlsafe_b64encode(sha256(verifier.encode("ascii")).digest()).rstrip(b"=")
        fields = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": " ".join(self.scopes),
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge.decode("ascii"),
            "code_challenge_method": "S256",
            **parameters.fields,
        }
        return f"{self.domain}/oauth2/authorize?{urlencode(fields)}"

    def read_callback(self, query: str | bytes) -> Callback:
        """What a callback's query says. Raises :class:`LoginFailed` (``malformed_callback``)."""
        text = query.decode("latin-1") if isinstance(query, bytes) else query
        try:
            if len(text) > _MAX_QUERY:
                raise ValueError
            pairs = parse_qsl(
                text, keep_blank_values=True, errors="strict", max_num_fields=_MAX_FIELDS
            )
        except ValueError:
            pairs = [("state", "")] * 2
        names = [name for name, _ in pairs]
        if any(names.count(name) > 1 for name in _ONCE):
            raise LoginFailed(LoginReason.MALFORMED_CALLBACK)
        found = dict(pairs)
        return Callback(*(found.get(name) for name in _ONCE))

    def finish_sign_in(self, callback: Callback) -> str:
        """The code that a callback brought. Its state is the caller's to look at before.

        Raises :class:`LoginFailed`.
        """
        if callback.issuer is not None and callback.issuer not in self.pool.issuers:
            # RFC 9207: an answer of another server.
            raise LoginFailed(
                LoginReason.TOKEN_REFUSED, "The callback names another issuer (RFC 9207)."
            )
        if (callback.code is None) == (callback.error is None):
            raise LoginFailed(LoginReason.MALFORMED_CALLBACK)
        if callback.code is None:
            raise of_authorize(callback.error or "")
        code = callback.code
        if not code or len(code) > _MAX_CODE or not arguments.printable(code):
            raise LoginFailed(LoginReason.MALFORMED_CALLBACK)
        return code

    def start_exchange(self, code: str, verifier: str) -> Post:
        """What to post for a code's tokens."""
        return self._post(
            "token",
            {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": self.redirect_uri,
                "code_verifier": verifier,
            },
        )

    def finish_exchange(self, answer: Answer) -> Tokens:
        """The tokens for a code. Raises :class:`LoginFailed`."""
        tokens = tokens_of(answer, grant_refused=LoginReason.CODE_REFUSED)
        if tokens.id is None:
            raise LoginFailed(
                LoginReason.LOGIN_UNAVAILABLE, "The token endpoint's answer has no ID token."
            )
        return tokens

    def start_refresh(self, refresh_token: str) -> Post:
        """What to post for new tokens."""
        return self._post("token", {"grant_type": "refresh_token", "refresh_token": refresh_token})

    def finish_refresh(self, answer: Answer) -> Tokens:
        """New tokens. Raises :class:`LoginFailed`; ``code_refused`` where the pool gives none for
        this refresh token any more."""
        return tokens_of(answer, grant_refused=LoginReason.CODE_REFUSED)

    def start_revocation(self, refresh_token: str) -> Post:
        """What to post so that a refresh token, and what came of it, counts no more (RFC 7009)."""
        return self._post("revoke", {"token": refresh_token, "client_id": self.client_id})

    def finish_revocation(self, answer: Answer) -> None:
        """Raises :class:`LoginFailed` if the refresh token was not revoked."""
        if answer.status != 200:
            error = error_of(answer)
            said = f"status {answer.status}" + (f" ({error})" if error else "")
            raise LoginFailed(
                LoginReason.LOGIN_UNAVAILABLE, f"The revocation endpoint returned {said}."
            )

    def start_sign_out(self) -> str:
        """The address to lead a browser to, so that the pool forgets it as well."""
        fields = {"client_id": self.client_id, "logout_uri": self.logout_uri}
        return f"{self.domain}/logout?{urlencode(fields)}"

    def _post(self, endpoint: str, fields: dict[str, str]) -> Post:
        if self._authorization is None:
            fields["client_id"] = self.client_id
        return Post(f"{self.domain}/oauth2/{endpoint}", fields, self._authorization)


def _basic(client_id: str, secret: object) -> str | None:
    """RFC 6749, section 2.3.1: both are form-encoded before they are joined."""
    if secret is None:
        return None
    if not isinstance(secret, str) or not secret or not arguments.printable(secret):
        raise ConfigurationError("client_secret must be printable ASCII, or left out")
    pair = f"{quote_plus(client_id)}:{quote_plus(secret)}"
    return f"Basic {b64encode(pair.encode('ascii')).decode('ascii')}"
