"""``/login`` and ``/logout``: the sign-in page, and managed login's own session in a browser."""

from __future__ import annotations

from http import HTTPStatus

from ..levels import reached
from ..triggers import TriggerFailed
from ..web.forms import fields_of
from ..web.http1 import Refused
from ..web.page import chosen, sign_in_page
from ..wire import Page
from .answers import redirect
from .authorize import code_for, mismatch, no_client, read_ask, trigger_failed
from .state import Browser, Call, State
from .triggering import after_sign_in

__all__ = ["log_out", "show_page", "sign_in"]

_PATH = "/login"


def show_page(state: State, call: Call) -> Page:
    """The page, for a request for a code that is in order."""
    query = call.request.query
    ask = read_ask(state, query)
    html, headers = sign_in_page(
        call.request,
        state.pool.users.values(),
        f"{_PATH}?{query}",
        cookie_path=_PATH,
        hint=ask.hint,
    )
    lines = ("Cache-Control: no-store", *(f"{name}: {value}" for name, value in headers))
    return Page("text/html; charset=utf-8", html.encode("utf-8"), HTTPStatus.OK, lines)


def sign_in(state: State, call: Call) -> Page:
    """The page was sent: a new session here, and a code for the app."""
    ask = read_ask(state, call.request.query)
    username, _ = chosen(call.exchange, call.request, state.pool.users, call.origin)
    if not state.may_sign_in(username):
        confirmed = state.pool.user(username).confirmed
        why = "User is disabled." if confirmed else "User is not confirmed."
        raise Refused(HTTPStatus.FORBIDDEN, why)
    _forget(state, call)
    try:
        after_sign_in(state, ask.client, username)
    except TriggerFailed as failed:
        raise trigger_failed(ask, failed) from None
    most = state.pool.user(username).max_level
    level = 1 if state.lite else reached(ask.levels, state.pool.level_names, most)
    browser = Browser(username, int(state.pool.clock()), level)
    cookie = _cookie(state, state.browsers.begin(browser))
    return code_for(state, ask, browser, cookie)


def log_out(state: State, call: Call) -> Page:
    """End the session here. Then on to the app, or to the sign-in page again."""
    try:
        fields = fields_of(call.request.query)
    except ValueError:
        fields = {}
    client = state.clients.get(fields.get("client_id", ""))
    if client is None:
        raise no_client(state)
    if "logout_uri" in fields:
        to = fields["logout_uri"]
        if to not in client.logout_urls:
            raise mismatch(client.logout_urls, to)
    elif "redirect_uri" in fields:
        read_ask(state, call.request.query)
        to = f"{_PATH}?{call.request.query}"
    else:
        raise Refused(HTTPStatus.BAD_REQUEST, "logout_uri or redirect_uri is missing.")
    _forget(state, call)
    return redirect(to, f"{_cookie(state, '')}; Max-Age=0")


def _forget(state: State, call: Call) -> None:
    for name in call.request.cookies(state.cookie):
        state.browsers.end(name)


def _cookie(state: State, value: str) -> str:
    secure = "; Secure" if state.origin.startswith("https:") else ""
    return f"Set-Cookie: {state.cookie}={value}; Path=/; HttpOnly; SameSite=Lax{secure}"
