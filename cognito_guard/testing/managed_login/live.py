"""Whose access token it is, asked live: so that a sign-out is noticed. For userInfo and the API."""

from __future__ import annotations

from http import HTTPStatus

from ...errors import InvalidToken, Reason
from ...guard import Guard
from ...identity import Identity
from ...tokens.user_pool import UserPool
from ..users import as_user_info
from ..wire import Page
from .answers import OAuthError, json_page
from .issue import attributes
from .state import Call, State

__all__ = ["NotOwned", "owner", "user_info"]


class NotOwned(Exception):
    """An access token is not good, or not any more: the API's name for that, and its words."""

    def __init__(self, message: str, name: str = "NotAuthorizedException") -> None:
        super().__init__(name)
        self.name = name
        self.message = message


def owner(state: State, token: str) -> Identity:
    """Who signed in for an access token. Raises :class:`NotOwned`."""
    pool = state.pool
    trusted = UserPool(
        pool.user_pool_id,
        client_ids=list(state.clients),
        issuer=state.issuer,
        jwks=pool.jwks(),
    )
    try:
        identity = Guard(trusted, clock=state.pool.clock).verify(token)
    except InvalidToken as error:
        expired = error.reason is Reason.TOKEN_EXPIRED
        raise NotOwned("Access Token has expired" if expired else "Invalid Access Token") from None
    if identity.is_machine:
        raise NotOwned("Invalid Access Token")
    username = str(identity.username)
    if username in state.deleted:
        raise NotOwned("User does not exist.", "UserNotFoundException")
    if not state.pool.user(username).enabled:
        raise NotOwned("User is disabled.")
    if state.refresh_tokens.revoked(str(identity.claims.get("origin_jti"))):
        raise NotOwned("Access Token has been revoked")
    return identity


def user_info(state: State, call: Call) -> Page:
    """``/oauth2/userInfo``: what the scopes of an access token let one know."""
    values = call.request.values("authorization")
    scheme, _, token = (values[0] if len(values) == 1 else "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise _refused(HTTPStatus.BAD_REQUEST, "invalid_request", "Send one access token.")
    try:
        identity = owner(state, token)
    except NotOwned:
        raise _refused(
            HTTPStatus.UNAUTHORIZED,
            "invalid_token",
            "Access token is expired, disabled, or deleted, or the user has globally signed out.",
        ) from None
    if "openid" not in identity.scopes:
        raise _refused(
            HTTPStatus.UNAUTHORIZED,
            "invalid_token",
            "Access token does not contain openid scope",
        )
    username = str(identity.username)
    known = as_user_info(attributes(state.pool, username, identity.scopes))
    return json_page({"sub": identity.subject, **known, "username": username})


def _refused(status: HTTPStatus, error: str, description: str) -> OAuthError:
    challenge = f'WWW-Authenticate: Bearer error="{error}", error_description="{description}"'
    return OAuthError(error, description, status, challenge)
