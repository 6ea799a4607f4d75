"""``/oauth2/authorize``: reads what an app asks for, and leads the browser on.

OAuth 2.0 with PKCE (RFC 6749, RFC 7636) and OpenID Connect Core, as "Authorize endpoint" in the
Amazon Cognito guide has them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

from ..clients import LocalClient
from ..triggers import TriggerFailed
from ..web.forms import fields_of, raw_value
from ..web.http1 import Refused
from ..wire import Page
from .answers import SentBack, redirect
from .refresh_tokens import SignIn
from .state import Browser, Call, Code, State
from .triggering import before_tokens

__all__ = ["Ask", "authorize", "code_for", "mismatch", "no_client", "read_ask", "trigger_failed"]

_CHALLENGE = re.compile(r"[\w-]{43}", re.ASCII)  # SHA-256 in base64url
_AGE = re.compile(r"[0-9]{1,9}")
_PROMPTS = frozenset({"none", "login", "select_account", "consent"})
_AGAIN = frozenset({"login", "select_account"})
_OF_A_USER = frozenset({"email", "phone", "profile"})


class Ask(NamedTuple):
    """A request for a code that is in order."""

    client: LocalClient
    redirect_uri: str
    state: str | None
    """As it was sent, nothing decoded."""
    scopes: tuple[str, ...]
    nonce: str | None
    challenge: str | None
    prompts: frozenset[str]
    max_age: int | None
    levels: tuple[str, ...]
    """``acr_values``, the one that is wanted most at the front."""
    hint: str
    resource: str | None

    def back(self, **answer: str) -> Page:
        """Lead the browser back to the app."""
        return _back(self.redirect_uri, self.state, answer)


def authorize(state: State, call: Call) -> Page:
    """Lead to the sign-in page, or straight back for whoever is signed in here."""
    query = call.request.query
    ask = read_ask(state, query)
    browser = state.browsers.get(next(call.request.cookies(state.cookie), ""))
    if browser is not None and not ask.prompts & _AGAIN and _is_enough(state, ask, browser):
        return code_for(state, ask, browser)
    if "none" in ask.prompts:
        raise SentBack("login_required", ask.back(error="login_required"))
    return redirect(f"/login?{query}")


def code_for(state: State, ask: Ask, browser: Browser, *headers: str) -> Page:
    """Lead back to the app with a new code. Raises :class:`SentBack`."""
    sign_in = SignIn(
        ask.client.client_id,
        browser.username,
        ask.scopes,
        browser.auth_time,
        state.pool.clock() + ask.client.refresh_seconds,
        ask.resource,
        browser.level,
    )
    try:
        changes = before_tokens(state, ask.client, sign_in, "HostedAuth")
    except TriggerFailed as failed:
        raise trigger_failed(ask, failed) from None
    code = state.codes.begin(Code(sign_in, ask.redirect_uri, ask.challenge, ask.nonce, changes))
    page = ask.back(code=code)
    return page._replace(headers=(*page.headers, *headers))


def trigger_failed(ask: Ask, failed: TriggerFailed) -> SentBack:
    """What the app is told of a trigger that ended the sign-in: the function's own words."""
    error = "invalid_request"
    return SentBack(error, ask.back(error=error, error_description=failed.message))


def read_ask(state: State, query: str) -> Ask:
    """What a query asks for.

    Raises :class:`Refused` where it is not known whom to lead back, and :class:`SentBack`.
    """
    try:
        fields = fields_of(query)
    except ValueError:
        raise Refused(HTTPStatus.BAD_REQUEST, "invalid_request: the query is not good.") from None
    client = state.clients.get(fields.get("client_id", ""))
    if client is None:
        raise no_client(state)
    redirect_uri = fields.get("redirect_uri", "")
    if redirect_uri not in client.callback_urls:
        raise mismatch(client.callback_urls, redirect_uri)
    raw = raw_value(query, "state")
    scopes = tuple(dict.fromkeys(fields.get("scope", "").split())) or tuple(client.scopes)
    problem = (
        _response_type(fields, client)
        or _pkce(fields)
        or _scopes(scopes, client)
        or _open_id(fields)
        or _others(fields)
    )
    if problem:
        error, description = problem
        answer = {"error": error, "error_description": description}
        raise SentBack(error, _back(redirect_uri, raw, answer))
    return Ask(
        client,
        redirect_uri,
        raw,
        scopes,
        fields.get("nonce"),
        fields.get("code_challenge"),
        frozenset(fields.get("prompt", "").split()),
        int(fields["max_age"]) if "max_age" in fields else None,
        tuple(fields.get("acr_values", "").split()),
        fields.get("login_hint", ""),
        fields.get("resource"),
    )


def no_client(state: State) -> Refused:
    """The page for an app that names another client."""
    there_are = ", ".join(state.clients)
    text = f"The client does not exist. This pool has {there_are}."
    return Refused(HTTPStatus.BAD_REQUEST, text)


def mismatch(allowed: Sequence[str], wanted: str) -> Refused:
    """The page for an app that wants its users led to another address."""
    to = " or ".join(allowed) or "no address"
    text = (
        f"redirect_mismatch: this client may lead to {to}, and not to {wanted or 'none'}. "
        "For another one, start `cognito-guard dev` with `--callback`; in a test, name it in the "
        "LocalClient."
    )
    return Refused(HTTPStatus.BAD_REQUEST, text)


_Problem = tuple[str, str] | None


def _response_type(fields: dict[str, str], client: LocalClient) -> _Problem:
    kind = fields.get("response_type")
    if kind == "code" and not client.machine:
        return None
    if kind in ("code", "token"):
        return "unauthorized_client", "This client may not do that."
    if kind is None:
        return "invalid_request", "response_type is missing."
    return "unsupported_response_type", "response_type is code."


def _pkce(fields: dict[str, str]) -> _Problem:
    challenge, method = fields.get("code_challenge"), fields.get("code_challenge_method")
    if challenge is None and method is None:
        return None
    if method != "S256":
        return "invalid_request", "code_challenge_method is S256."
    if challenge is None or not _CHALLENGE.fullmatch(challenge):
        return "invalid_request", "code_challenge is a SHA-256 in base64url."
    return None


def _scopes(scopes: tuple[str, ...], client: LocalClient) -> _Problem:
    if not set(scopes) <= set(client.scopes):
        return "invalid_scope", "The client does not have all of these scopes."
    if "openid" not in scopes and _OF_A_USER & set(scopes):
        return "invalid_scope", "email, phone and profile go with openid."
    return None


def _open_id(fields: dict[str, str]) -> _Problem:
    prompts = set(fields.get("prompt", "").split())
    if not prompts <= _PROMPTS or ("none" in prompts and len(prompts) > 1):
        return "invalid_request", "prompt is none alone, or login, select_account, consent."
    if "max_age" in fields and not _AGE.fullmatch(fields["max_age"]):
        return "invalid_request", "max_age is a number of seconds."
    return None


def _others(fields: dict[str, str]) -> _Problem:
    if _is_json(fields.get("state", "")):
        return "invalid_request", "state must not be URL-encoded JSON."
    if fields.get("identity_provider", "COGNITO") != "COGNITO":
        return "invalid_request", "There is no such identity provider."
    resource = fields.get("resource")
    if resource is not None and (not urlsplit(resource).scheme or "#" in resource):
        return "invalid_request", "resource is a URL without a fragment."
    return None


def _is_json(text: str) -> bool:
    if not text.strip().startswith(("{", "[", '"')):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _is_enough(state: State, ask: Ask, browser: Browser) -> bool:
    """Whether whoever is signed in here is so lately enough, and at a level that is asked for, at
    which the Lite tier does not look."""
    if ask.max_age is not None and state.pool.clock() - browser.auth_time >= ask.max_age:
        return False
    names = state.pool.level_names
    asked = [names.index(name) + 1 for name in ask.levels if name in names]
    return state.lite or not asked or browser.level >= min(asked)


def _back(redirect_uri: str, state: str | None, answer: dict[str, str]) -> Page:
    joint = "&" if "?" in redirect_uri else "?"
    echo = "" if state is None else f"&state={state}"
    return redirect(f"{redirect_uri}{joint}{urlencode(answer)}{echo}")
