"""Why a sign-in failed: permanent codes, each with a status and words for the person."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

__all__ = ["OF_AUTHORIZE", "WORDS", "LoginReason", "Words"]


class LoginReason(StrEnum):
    """Why nobody was signed in. The values are permanent: dashboards and alarms count them."""

    # What came back from the browser.
    MALFORMED_CALLBACK = "malformed_callback"
    MISSING_STATE = "missing_state"
    WRONG_STATE = "wrong_state"
    OTHER_BROWSER = "other_browser"
    STATE_EXPIRED = "state_expired"
    LOGIN_REPLAYED = "login_replayed"
    CODE_REFUSED = "code_refused"
    # What somebody decided.
    ACCESS_DENIED = "access_denied"
    LOGIN_REQUIRED = "login_required"
    INTERACTION_REQUIRED = "interaction_required"
    CONSENT_REQUIRED = "consent_required"
    ACCOUNT_SELECTION_REQUIRED = "account_selection_required"
    TOKEN_REFUSED = "token_refused"
    LOGIN_TOO_OLD = "login_too_old"
    LOGIN_TOO_WEAK = "login_too_weak"
    OTHER_CREDENTIAL = "other_credential"
    CROSS_SITE_REQUEST = "cross_site_request"
    # A setting, here or at the pool.
    INVALID_REQUEST = "invalid_request"
    UNAUTHORIZED_CLIENT = "unauthorized_client"
    UNSUPPORTED_RESPONSE_TYPE = "unsupported_response_type"
    INVALID_SCOPE = "invalid_scope"
    INVALID_TARGET = "invalid_target"
    INVALID_REQUEST_URI = "invalid_request_uri"
    INVALID_REQUEST_OBJECT = "invalid_request_object"
    REQUEST_NOT_SUPPORTED = "request_not_supported"
    REQUEST_URI_NOT_SUPPORTED = "request_uri_not_supported"
    REGISTRATION_NOT_SUPPORTED = "registration_not_supported"
    UNKNOWN_ERROR = "unknown_error"
    CLIENT_REFUSED = "client_refused"
    # Something is down.
    SERVER_ERROR = "server_error"
    TEMPORARILY_UNAVAILABLE = "temporarily_unavailable"
    LOGIN_UNAVAILABLE = "login_unavailable"
    # SessionsUnavailable
    SESSIONS_UNAVAILABLE = "sessions_unavailable"
    REFRESH_UNAVAILABLE = "refresh_unavailable"


class Words(NamedTuple):
    """What is said of a reason."""

    status: int
    title: str
    """For the person, as a heading."""
    message: str
    """For the person: what happened, and what to do."""
    detail: str
    """For the log, one sentence."""


_AGAIN = "Please sign in again."
_START = "Start again from the page that you wanted to see."
_TELL = "If it happens again, tell the people who run this site."
_FAILED = "The sign-in did not work"
_NOT_HERE = f"The sign-in does not work at the moment. {_TELL}"
_LATER = "Please try again in a moment."
_R = LoginReason


def _of_a_setting(detail: str) -> Words:
    return Words(503, _FAILED, _NOT_HERE, detail)


def _of_this_request(what: str) -> Words:
    return _of_a_setting(f"The authorize endpoint {what}.")


WORDS: Mapping[LoginReason, Words] = MappingProxyType(
    {
        _R.MALFORMED_CALLBACK: Words(
            400, _FAILED, f"The answer of the sign-in page cannot be read. {_AGAIN}",
            "The callback has neither one code nor one error, or has a parameter twice.",
        ),
        _R.MISSING_STATE: Words(
            400, _FAILED, f"This address does not belong to a sign-in. {_START}",
            "The callback has no state.",
        ),
        _R.WRONG_STATE: Words(
            400, _FAILED, f"This address does not belong to a sign-in of yours. {_START}",
            "The state was made up, or for another browser, or its secret is no longer known.",
        ),
        _R.OTHER_BROWSER: Words(
            400, _FAILED,
            f"This sign-in was not started in this browser, or the browser keeps no cookies. "
            f"{_START}",
            "The callback has no cookie of the browser that started the sign-in; a sign-in has "
            "to start on the origin of redirect_uri.",
        ),
        _R.STATE_EXPIRED: Words(
            400, "That took too long", f"This sign-in was started too long ago. {_AGAIN}",
            "The state is older than an attempt may be.",
        ),
        _R.LOGIN_REPLAYED: Words(
            400, "This sign-in was used before",
            f"Each sign-in works once. If you are not signed in now: {_START}",
            "The state was used a second time.",
        ),
        _R.CODE_REFUSED: Words(
            400, _FAILED, f"The sign-in has expired, or was used before. {_AGAIN}",
            "The token endpoint refused the code (invalid_grant).",
        ),
        _R.ACCESS_DENIED: Words(
            403, "You were not signed in",
            "The sign-in was cancelled, or you may not use this site with that account.",
            "The authorize endpoint says access_denied.",
        ),
        _R.LOGIN_REQUIRED: Words(
            403, "You are not signed in", _AGAIN, "The user has no session, and prompt was none."
        ),
        _R.INTERACTION_REQUIRED: Words(
            403, "You are not signed in", _AGAIN, "The user has to do something; prompt was none."
        ),
        _R.CONSENT_REQUIRED: Words(
            403, "You are not signed in", _AGAIN, "The user has to consent, and prompt was none."
        ),
        _R.ACCOUNT_SELECTION_REQUIRED: Words(
            403, "You are not signed in", _AGAIN, "The user has to choose, and prompt was none."
        ),
        _R.TOKEN_REFUSED: Words(
            403, _FAILED, f"The answer of the sign-in page is not accepted here. {_TELL}",
            "The returned tokens are not accepted.",
        ),
        _R.LOGIN_TOO_OLD: Words(
            403, "Please sign in anew", f"Your last sign-in is too long ago for this. {_AGAIN}",
            "The user signed in longer ago than max_age allows.",
        ),
        _R.LOGIN_TOO_WEAK: Words(
            403, "A stronger sign-in is needed",
            "This page needs a stronger sign-in than you have used, such as one with a second "
            "factor. You are still signed in. If you have no second factor yet, add one.",
            "The sign-in does not have a level that the page requires (acr_values).",
        ),
        _R.OTHER_CREDENTIAL: Words(
            403, "A sign-in has no effect here",
            "Your browser sends another credential with each request, such as a password that "
            f"somebody asks for before this site. Only that one counts. {_TELL}",
            "The request has an Authorization header, which alone identifies the caller; a proxy "
            "that asks for a password must not pass it on.",
        ),
        _R.CROSS_SITE_REQUEST: Words(
            403, "This request came from another site",
            f"For your safety it was not carried out. {_START}",
            "A request that may change something does not come from this site.",
        ),
        _R.INVALID_REQUEST: _of_this_request(
            "says invalid_request: a setting is wrong, or a trigger of the pool refused"
        ),
        _R.UNAUTHORIZED_CLIENT: _of_this_request("does not let this app client use the code flow"),
        _R.UNSUPPORTED_RESPONSE_TYPE: _of_this_request("does not know the code flow"),
        _R.INVALID_SCOPE: _of_this_request("does not let this app client have these scopes"),
        _R.INVALID_TARGET: _of_this_request("does not know the resource"),
        _R.INVALID_REQUEST_URI: _of_this_request("says invalid_request_uri"),
        _R.INVALID_REQUEST_OBJECT: _of_this_request("says invalid_request_object"),
        _R.REQUEST_NOT_SUPPORTED: _of_this_request("says request_not_supported"),
        _R.REQUEST_URI_NOT_SUPPORTED: _of_this_request("says request_uri_not_supported"),
        _R.REGISTRATION_NOT_SUPPORTED: _of_this_request("says registration_not_supported"),
        _R.UNKNOWN_ERROR: _of_this_request("returned an error that no standard defines"),
        _R.CLIENT_REFUSED: _of_a_setting(
            "The token endpoint does not accept this client; its id or secret is wrong."
        ),
        _R.SERVER_ERROR: Words(
            503, _FAILED, f"The sign-in page reports an error. {_LATER}",
            "The authorize endpoint says server_error.",
        ),
        _R.TEMPORARILY_UNAVAILABLE: Words(
            503, _FAILED, f"The sign-in page is not available. {_LATER}",
            "The authorize endpoint says temporarily_unavailable.",
        ),
        _R.LOGIN_UNAVAILABLE: Words(
            503, _FAILED, f"The sign-in cannot be finished at the moment. {_LATER}",
            "The token endpoint returned no usable answer.",
        ),
        _R.SESSIONS_UNAVAILABLE: Words(
            503, "This does not work at the moment",
            f"You have not been signed out. {_LATER}",
            "The session store cannot be reached.",
        ),
        _R.REFRESH_UNAVAILABLE: Words(
            503, "This does not work at the moment",
            f"You have not been signed out. {_LATER}",
            "The access token has expired and cannot be refreshed at the moment.",
        ),
    }
)  # fmt: skip

OF_AUTHORIZE: frozenset[LoginReason] = frozenset(
    {
        _R.ACCESS_DENIED,
        _R.LOGIN_REQUIRED,
        _R.INTERACTION_REQUIRED,
        _R.CONSENT_REQUIRED,
        _R.ACCOUNT_SELECTION_REQUIRED,
        _R.INVALID_REQUEST,
        _R.UNAUTHORIZED_CLIENT,
        _R.UNSUPPORTED_RESPONSE_TYPE,
        _R.INVALID_SCOPE,
        _R.INVALID_TARGET,
        _R.INVALID_REQUEST_URI,
        _R.INVALID_REQUEST_OBJECT,
        _R.REQUEST_NOT_SUPPORTED,
        _R.REQUEST_URI_NOT_SUPPORTED,
        _R.REGISTRATION_NOT_SUPPORTED,
        _R.SERVER_ERROR,
        _R.TEMPORARILY_UNAVAILABLE,
    }
)
"""The errors that an authorize endpoint can return, which are their own reasons: RFC 6749, section
4.1.2.1; RFC 8707, section 2; OpenID Connect Core, section 3.1.2.6."""
