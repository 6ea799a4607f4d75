"""``/oauth2/token`` and ``/oauth2/revoke``, for the apps themselves.

"Token endpoint" and "Revoke endpoint" in the Amazon Cognito guide; RFC 6749, 7009 and 7636.
"""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64encode
from collections.abc import Callable
from hashlib import sha256
from hmac import compare_digest
from http import HTTPStatus

from ..clients import LocalClient
from ..triggers import TriggerFailed
from ..wire import Page
from .answers import OAuthError, json_page
from .authentication import authenticated, form_of
from .issue import sign_in_tokens, without
from .refresh_tokens import NotGood
from .state import Call, Code, State
from .triggering import before_machine_token, before_tokens

__all__ = ["revoke", "token"]

_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")

_Form = dict[str, str]


def token(state: State, call: Call) -> Page:
    """Tokens for a code, a refresh token, or for the client itself."""
    form = form_of(call)
    client = authenticated(state, call, form)
    grant = _required(form, "grant_type")
    answer = _GRANTS.get(grant)
    if answer is None:
        raise OAuthError("unsupported_grant_type")
    if client.machine != (grant == "client_credentials"):
        raise OAuthError("unauthorized_client")
    lifetime = {"expires_in": int(client.token_seconds), "token_type": "Bearer"}
    try:
        tokens = answer(state, call, client, form)
    except TriggerFailed as failed:
        # As at the callback; what Cognito says here is not in its guide.
        raise OAuthError("invalid_request", failed.message) from None
    return json_page({**tokens, **lifetime})


def revoke(state: State, call: Call) -> Page:
    """End a sign-in by its refresh token."""
    form = form_of(call)
    client = authenticated(state, call, form, HTTPStatus.UNAUTHORIZED)
    refresh_token = _required(form, "token")
    if refresh_token.count(".") == 2:  # an ID or access token; a refresh token has five parts
        raise OAuthError("unsupported_token_type")
    try:
        state.refresh_tokens.revoke(refresh_token, client)
    except NotGood:
        raise OAuthError("unauthorized_client") from None
    return Page("application/json;charset=UTF-8", b"", HTTPStatus.OK, ("Cache-Control: no-store",))


def _for_code(state: State, call: Call, client: LocalClient, form: _Form) -> dict[str, str]:
    name, redirect_uri = _required(form, "code"), _required(form, "redirect_uri")
    code = state.codes.get(name)
    if code is None or code.sign_in.client_id != client.client_id:
        raise OAuthError("invalid_grant")  # and another client's code stays good for that one
    # Once, and by one of two who come at the same time; a wrong verifier uses it up as well.
    code = state.codes.take(name)
    if code is None or redirect_uri != code.redirect_uri or not _verified(code, form):
        raise OAuthError("invalid_grant")
    tokens = sign_in_tokens(
        state, client, code.sign_in, code.changes, nonce=code.nonce, fault=call.fault
    )
    return {**tokens, "refresh_token": state.refresh_tokens.issue(code.sign_in)}


def _verified(code: Code, form: _Form) -> bool:
    verifier = form.get("code_verifier")
    if code.challenge is None or verifier is None:
        return code.challenge is verifier
    if not _VERIFIER.fullmatch(verifier):
        return False
    digest = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=")
    return compare_digest(digest, code.challenge.encode())


def _for_refresh_token(
    state: State, call: Call, client: LocalClient, form: _Form
) -> dict[str, str]:
    try:
        sign_in, new = state.refresh_tokens.use(_required(form, "refresh_token"), client)
        if not state.may_sign_in(sign_in.username):
            raise NotGood
    except NotGood:
        raise OAuthError("invalid_grant") from None
    changes = before_tokens(state, client, sign_in, "RefreshTokens")
    tokens = sign_in_tokens(state, client, sign_in, changes, fault=call.fault)
    return tokens if new is None else {**tokens, "refresh_token": new}


def _for_machine(state: State, call: Call, client: LocalClient, form: _Form) -> dict[str, str]:
    scopes = tuple(dict.fromkeys(form.get("scope", "").split())) or tuple(client.scopes)
    if not set(scopes) <= set(client.scopes):
        raise OAuthError("invalid_scope")
    changes = before_machine_token(state, client, scopes, _metadata(form))
    access = state.pool.machine_token(
        scopes=changes.scopes(scopes),
        client_id=client.client_id,
        expires_in=client.token_seconds,
        iss=state.issuer,
        claims=without(state.pool, changes.access_claims),
    )
    return {"access_token": access}


def _metadata(form: _Form) -> dict[str, str] | None:
    """``aws_client_metadata``, a JSON object of texts, for the trigger."""
    if "aws_client_metadata" not in form:
        return None
    try:
        value = json.loads(form["aws_client_metadata"])
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict) or not all(isinstance(one, str) for one in value.values()):
        raise OAuthError("invalid_request", "aws_client_metadata is a JSON object of strings.")
    return value


def _required(form: _Form, name: str) -> str:
    if not form.get(name):
        raise OAuthError("invalid_request", f"{name} is missing.")
    return form[name]


_GRANTS: dict[str, Callable[[State, Call, LocalClient, _Form], dict[str, str]]] = {
    "authorization_code": _for_code,
    "refresh_token": _for_refresh_token,
    "client_credentials": _for_machine,
}
