"""challenge.py: the HTTP answer to each error, to the byte."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cognito_guard import (
    AccessDenied,
    AuthError,
    Guard,
    InvalidRequest,
    InvalidToken,
    KeysUnavailable,
    LoginTooOld,
    MissingCredentials,
    Reason,
)
from cognito_guard.challenge import challenge

DETAIL = "One sentence."

ANSWERS: list[tuple[AuthError | KeysUnavailable, int, str | None, str, str | None]] = [
    (MissingCredentials("missing_credentials", DETAIL), 401, "Bearer", "Unauthorized", None),
    (
        InvalidRequest("malformed_authorization", DETAIL),
        400,
        'Bearer error="invalid_request"',
        "Bad Request",
        "invalid_request",
    ),
    (
        InvalidRequest("multiple_credentials", DETAIL),
        400,
        'Bearer error="invalid_request"',
        "Bad Request",
        "invalid_request",
    ),
    (
        InvalidToken("token_expired", DETAIL),
        401,
        'Bearer error="invalid_token", error_description="One sentence."',
        "Unauthorized",
        "invalid_token",
    ),
    (
        LoginTooOld("login_too_old", DETAIL, max_age=300),
        401,
        'Bearer error="insufficient_user_authentication", max_age="300"',
        "Unauthorized",
        "insufficient_user_authentication",
    ),
    (
        LoginTooOld("login_too_old", DETAIL),
        401,
        'Bearer error="insufficient_user_authentication"',
        "Unauthorized",
        "insufficient_user_authentication",
    ),
    (
        AccessDenied("missing_scope", DETAIL, scopes=["orders/read", "orders/write"]),
        403,
        'Bearer error="insufficient_scope", scope="orders/read orders/write"',
        "Forbidden",
        "insufficient_scope",
    ),
    (
        AccessDenied("missing_group", DETAIL),
        403,
        'Bearer error="insufficient_scope"',
        "Forbidden",
        "insufficient_scope",
    ),
    (KeysUnavailable(7), 503, None, "Service Unavailable", "temporarily_unavailable"),
]


@pytest.mark.parametrize(
    ("error", "status", "www_authenticate", "title", "code"),
    ANSWERS,
    ids=[repr(error) for error, *_ in ANSWERS],
)
def test_answers(
    error: Any, status: int, www_authenticate: str | None, title: str, code: str | None
) -> None:
    """Each error has its status, its challenge to the byte, and its problem details."""
    answer = challenge(error)

    headers = dict(answer.headers)
    assert len(headers) == len(answer.headers) == 3
    assert answer.status == status
    assert headers.get("WWW-Authenticate") == www_authenticate
    assert headers.get("Retry-After") == ("7" if status == 503 else None)
    assert headers["Cache-Control"] == "no-store"
    assert headers["Vary"] == "Authorization"
    assert json.loads(answer.body) == answer.problem
    assert answer.problem == {
        "status": status,
        "title": title,
        "detail": error.detail,
        "error": code,
        "reason": error.reason,
    }


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (MissingCredentials("missing_credentials", DETAIL), 'Bearer realm="api"'),
        (
            InvalidRequest("malformed_authorization", DETAIL),
            'Bearer realm="api", error="invalid_request"',
        ),
        (AccessDenied("missing_role", DETAIL), 'Bearer realm="api", error="insufficient_scope"'),
    ],
    ids=repr,
)
def test_realm(pool: Any, error: AuthError, expected: str) -> None:
    """A realm, when configured, comes first in every challenge."""
    answer = Guard(pool.trust(), realm="api").challenge(error)

    assert dict(answer.headers)["WWW-Authenticate"] == expected
    assert "WWW-Authenticate" not in dict(challenge(KeysUnavailable(), realm="api").headers)


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_an_answer(reason: Reason) -> None:
    """No reason is without an answer, and only an outage is a server's fault."""
    kinds = [MissingCredentials, InvalidRequest, InvalidToken, LoginTooOld, AccessDenied]
    errors = [kind(reason, DETAIL) for kind in kinds if reason in kind.reasons]
    statuses = {challenge(error).status for error in errors or [KeysUnavailable()]}

    assert statuses == {503} if not errors else statuses <= {400, 401, 403}


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ('say "no"', "say 'no'"),
        ("back\\slash", "back'slash"),
        ("two\r\nSet-Cookie: a=b", "two??Set-Cookie: a=b"),
        ("nul\0 tab\t del\x7f", "nul? tab? del?"),
        (" !#[]~", " !#[]~"),
        ("caf\u00e9 \u2028 \U0001f600 \ud800", "caf? ? ? ?"),
    ],
)
def test_a_detail_cannot_break_out(text: str, quoted: str) -> None:
    """What a user's own check says stays within its quotation marks and its header line."""
    said = dict(challenge(InvalidToken("check_failed", text)).headers)["WWW-Authenticate"]
    asked = AccessDenied("missing_scope", DETAIL, scopes=[text])
    scope = dict(challenge(asked).headers)["WWW-Authenticate"]

    assert said == f'Bearer error="invalid_token", error_description="{quoted}"'
    assert scope == f'Bearer error="insufficient_scope", scope="{quoted}"'


def test_the_body_is_json_whatever_the_detail() -> None:
    """The body is ASCII JSON, so that no text of anybody's makes it unreadable."""
    answer = challenge(InvalidToken("check_failed", 'caf\u00e9 "\ud800"\n'))

    assert answer.body.isascii()
    assert json.loads(answer.body)["detail"] == 'caf\u00e9 "\ud800"\n'
