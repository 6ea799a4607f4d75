"""``POST /``: the calls of the user pool API that need no AWS credentials.

InitiateAuth, GetTokensFromRefreshToken, RevokeToken and GlobalSignOut, as the Amazon Cognito user
pools API reference has them. How there come to be users is in ``sign_up``, and what they do with
their own data in ``own_data``.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any

from ..clients import LocalClient
from ..triggers import TriggerFailed
from ..web.forms import body_of
from ..wire import Page
from . import own_data, sign_up
from .answers import json_page
from .asked import (
    API_JSON,
    API_SCOPE,
    ApiError,
    Json,
    api_client,
    api_owner,
    check_secret_hash,
    invalid,
    metadata,
    text,
    unauthorized,
)
from .authentication import same_secret
from .issue import sign_in_tokens
from .refresh_tokens import NotGood, Reused, SignIn
from .state import Call, State
from .triggering import after_sign_in, before_tokens

__all__ = ["call_api"]

_SERVICE = "AWSCognitoIdentityProviderService."


def call_api(state: State, call: Call) -> Page:
    """The operation that ``X-Amz-Target`` names."""
    target = next(iter(call.request.values("x-amz-target")), "")
    operation = _OPERATIONS.get(target.removeprefix(_SERVICE))
    if operation is None or not target.startswith(_SERVICE):
        raise ApiError("UnknownOperationException", "There is no such operation here.")
    try:
        asked = json.loads(body_of(call.exchange))
        # JSON can hold half a character, which nothing else can.
        json.dumps(asked, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise ApiError("InvalidParameterException", "There is something that is no text.") from None
    except (ValueError, RecursionError):
        asked = None
    if not isinstance(asked, dict):
        raise ApiError("SerializationException", "The body is no JSON object.")
    try:
        answer = operation(state, call, asked)
    except TriggerFailed as failed:
        raise ApiError(failed.name, failed.message) from None
    return json_page(answer)._replace(content_type=API_JSON)


def _initiate_auth(state: State, call: Call, asked: Json) -> Json:
    client = api_client(state, asked)
    flow = text(asked, "AuthFlow")
    parameters = asked.get("AuthParameters", {})
    if not isinstance(parameters, dict):
        raise invalid("AuthParameters")
    if flow == "USER_PASSWORD_AUTH":
        return _result(client, _with_password(state, call, client, parameters))
    if flow not in ("REFRESH_TOKEN_AUTH", "REFRESH_TOKEN"):
        raise ApiError("InvalidParameterException", "This flow is not for here.")
    if client.rotation_grace is not None:
        raise ApiError(
            "InvalidParameterException", "With rotation, it is GetTokensFromRefreshToken."
        )
    refresh_token = text(parameters, "REFRESH_TOKEN")
    if client.secret is not None and not parameters.get("SECRET_HASH"):
        raise unauthorized("The secret hash is missing.")
    return _result(client, _refreshed(state, call, client, refresh_token))


def _with_password(
    state: State, call: Call, client: LocalClient, parameters: Json
) -> dict[str, str]:
    username, password = text(parameters, "USERNAME"), text(parameters, "PASSWORD")
    check_secret_hash(client, username, parameters.get("SECRET_HASH"))
    user = state.pool.users.get(username)
    if user is not None and not user.enabled:
        raise unauthorized("User is disabled.")
    known = user.password if user is not None else ""
    # Whether there is such a user is not said, as with PreventUserExistenceErrors.
    if not hmac.compare_digest(known.encode(), password.encode()):
        raise unauthorized("Incorrect username or password.")
    if not state.pool.user(username).confirmed:
        raise ApiError("UserNotConfirmedException", "User is not confirmed.")
    after_sign_in(state, client, username)
    now = state.pool.clock()
    sign_in = SignIn(
        client.client_id,
        username,
        (API_SCOPE,),
        int(now),
        now + client.refresh_seconds,
        by_browser=False,
    )
    changes = before_tokens(state, client, sign_in, "Authentication")
    tokens = sign_in_tokens(state, client, sign_in, changes, fault=call.fault)
    return {**tokens, "refresh_token": state.refresh_tokens.issue(sign_in)}


def _get_tokens(state: State, call: Call, asked: Json) -> Json:
    client = api_client(state, asked)
    if not same_secret(client, asked.get("ClientSecret")):
        raise unauthorized("The client's secret is not good.")
    refresh_token, told = text(asked, "RefreshToken"), metadata(asked)
    return _result(client, _refreshed(state, call, client, refresh_token, told))


def _refreshed(
    state: State,
    call: Call,
    client: LocalClient,
    refresh_token: str,
    told: Mapping[str, str] | None = None,
) -> dict[str, str]:
    try:
        sign_in, new = state.refresh_tokens.use(refresh_token, client)
        if not state.may_sign_in(sign_in.username):
            raise NotGood
    except Reused:
        raise ApiError(
            "RefreshTokenReuseException", "The refresh token has been replaced."
        ) from None
    except NotGood:
        raise unauthorized("Invalid Refresh Token") from None
    changes = before_tokens(state, client, sign_in, "RefreshTokens", told)
    tokens = sign_in_tokens(state, client, sign_in, changes, fault=call.fault)
    return tokens if new is None else {**tokens, "refresh_token": new}


def _revoke_token(state: State, call: Call, asked: Json) -> Json:
    client = api_client(state, asked)
    if not same_secret(client, asked.get("ClientSecret")):
        raise ApiError("UnauthorizedException", "The client's secret is not good.")
    refresh_token = text(asked, "Token")
    if refresh_token.count(".") == 2:
        raise ApiError("UnsupportedTokenTypeException", "This is no refresh token.")
    try:
        state.refresh_tokens.revoke(refresh_token, client)
    except NotGood:
        raise ApiError("UnauthorizedException", "The token is another client's.") from None
    return {}


def _global_sign_out(state: State, call: Call, asked: Json) -> Json:
    identity = api_owner(state, asked)
    state.refresh_tokens.sign_out(str(identity.username), str(identity.claims["origin_jti"]))
    return {}


def _result(client: LocalClient, tokens: Mapping[str, str]) -> Json:
    names = {
        "access_token": "AccessToken",
        "id_token": "IdToken",
        "refresh_token": "RefreshToken",
    }
    result: dict[str, Any] = {names[name]: value for name, value in tokens.items()}
    result |= {"ExpiresIn": int(client.token_seconds), "TokenType": "Bearer"}
    return {"AuthenticationResult": result, "ChallengeParameters": {}}


_OPERATIONS: dict[str, Callable[[State, Call, Json], Json]] = {
    "InitiateAuth": _initiate_auth,
    "GetTokensFromRefreshToken": _get_tokens,
    "RevokeToken": _revoke_token,
    "GlobalSignOut": _global_sign_out,
    **sign_up.OPERATIONS,
    **own_data.OPERATIONS,
}
