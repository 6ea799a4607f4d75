"""``cognito-guard token``: signs in to a user pool, and prints the access token alone."""

from __future__ import annotations

import os
import secrets
import webbrowser
from argparse import Namespace
from collections.abc import Callable
from contextlib import suppress
from hmac import compare_digest
from urllib.parse import urlsplit

from .._support.arguments import printable
from ..errors import AuthError, ConfigurationError, KeysUnavailable
from ..guard import Guard
from ..identity import Identity
from ..login.errors import LoginFailed
from ..login.managed_login import ManagedLogin
from ..login.reasons import LoginReason
from ..network.post import FetchFailed, post_form
from ..tokens.user_pool import UserPool
from .arguments import pool_arguments
from .callback import CALLBACK_PATH, NobodyCame, waiting
from .output import complain, write
from .password import Refusal, with_password
from .status import Status

__all__ = ["print_token"]

_SECRET = "COGNITO_LOGIN_CLIENT_SECRET"


def print_token(options: Namespace) -> int:
    """Sign in and print the access token. Raises :class:`ConfigurationError`."""
    pool = UserPool(**pool_arguments(options), client_ids=[options.client_id], token_use="any")
    sign_in: Callable[[Namespace, UserPool, str | None], str] = (
        _in_browser if options.username is None else _with_password
    )
    secret = os.environ.get(_SECRET) or None
    if secret is not None and not printable(secret):
        raise ConfigurationError(f"{_SECRET} must be printable ASCII, or left out")
    try:
        write(sign_in(options, pool, secret))
    except (LoginFailed, AuthError, Refusal) as error:
        complain(f"refused: {error}")
        down = isinstance(error, LoginFailed) and error.reason is LoginReason.LOGIN_UNAVAILABLE
        return Status.KEYS_UNAVAILABLE if down else Status.SOME_REFUSED
    except NobodyCame as error:
        complain(str(error))
        return Status.SOME_REFUSED
    except (FetchFailed, KeysUnavailable) as error:
        complain(f"no answer: {error}")
        return Status.KEYS_UNAVAILABLE
    return Status.ALL_VALID


def _with_password(options: Namespace, pool: UserPool, secret: str | None) -> str:
    token = with_password(_origin(pool), options.client_id, secret, options.username)
    _verified(pool, token, "access")
    return token


def _in_browser(options: Namespace, pool: UserPool, secret: str | None) -> str:
    here = f"http://localhost:{options.port}{CALLBACK_PATH}"
    if options.domain is None and options.issuer is None:
        raise ConfigurationError("--domain is needed, or --username to sign in without a browser")
    login = ManagedLogin(
        pool,
        domain=options.domain or _origin(pool),
        client_id=options.client_id,
        client_secret=secret,
        redirect_uri=here,
        logout_uri=here,
        scopes=["openid", *(options.scope or ())],
    )
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    url = login.start_sign_in(
        state=state, nonce=nonce, verifier=verifier, parameters=login.parameters()
    )

    def is_ours(query: str) -> bool:
        with suppress(LoginFailed):
            return compare_digest((login.read_callback(query).state or "").encode(), state.encode())
        return False

    with waiting(options.port, is_ours) as came_back:
        complain(f"sign in with a browser: {url}")
        if not options.no_browser:
            with suppress(webbrowser.Error):
                webbrowser.open(url)
        query = came_back()
    code = login.finish_sign_in(login.read_callback(query))
    post = login.start_exchange(code, verifier)
    answer = post_form(post.url, post.fields, authorization=post.authorization)
    tokens = login.finish_exchange(answer)
    user = _verified(pool, tokens.id or "", "id")
    caller = _verified(pool, tokens.access, "access")
    if user.claims.get("nonce") != nonce or user.subject != caller.subject:
        raise Refusal("the user pool returned tokens that do not belong to this sign-in")
    return tokens.access


def _verified(pool: UserPool, token: str, use: str) -> Identity:
    """Whose token it is, once it is known to be this pool's, for this client and this use."""
    identity = Guard(pool).verify(token)
    if identity.token_use != use:
        raise Refusal("the user pool did not return the token that was requested")
    return identity


def _origin(pool: UserPool) -> str:
    """Where the API is: at AWS, and with emulators, that is the issuer's host."""
    parts = urlsplit(pool.issuers[0])
    return f"{parts.scheme}://{parts.netloc}"
