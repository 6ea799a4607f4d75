"""challenge.py: the HTTP answer to each error, to the byte."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cognito_guard import (
    AccessDenied,
    AuthError,
    AuthorizationHeader,
    ConfigurationError,
    Cookie,
    Guard,
    HeaderValues,
    InvalidRequest,
    InvalidToken,
    KeysUnavailable,
    LoginTooOld,
    LoginTooWeak,
    MissingCredentials,
    Reason,
)
from cognito_guard.http.challenge import challenge
from cognito_guard.testing import LocalLoadBalancer, LocalUserPool

DETAIL = "One sentence."


class OwnHeader:
    """A carrier of somebody's own."""

    ambient = False

    def find(self, headers: HeaderValues) -> str | None:
        """The token in a header."""
        found = headers("x-token")
        return str(found[0]) if found else None


class Picky:
    """A carrier that refuses a request without its header."""

    ambient = False

    def find(self, headers: HeaderValues) -> str | None:
        """Always an error."""
        headers("X-Picky")
        raise InvalidRequest("multiple_credentials", DETAIL)


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
        LoginTooWeak("login_too_weak", DETAIL, acr_values=["gold"]),
        401,
        'Bearer error="insufficient_user_authentication", acr_values="gold"',
        "Unauthorized",
        "insufficient_user_authentication",
    ),
    (
        LoginTooWeak("login_too_weak", DETAIL, acr_values=["silver", "gold"], max_age=0),
        401,
        'Bearer error="insufficient_user_authentication", acr_values="silver gold", max_age="0"',
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
    kinds = [MissingCredentials, InvalidRequest, InvalidToken, LoginTooOld, LoginTooWeak]
    kinds.append(AccessDenied)
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


@pytest.mark.parametrize(
    ("carriers", "vary"),
    [
        ([AuthorizationHeader()], "Authorization"),
        ([AuthorizationHeader(), Cookie("token")], "Authorization, Cookie"),
        ([Cookie("a"), Cookie("b")], "Authorization, Cookie"),
        ([OwnHeader()], "Authorization, X-Token"),
        ([Picky()], "Authorization, X-Picky"),
    ],
    ids=["header", "cookie", "two cookies", "own", "picky"],
)
def test_vary_names_what_is_looked_at(pool: Any, carriers: list[Any], vary: str) -> None:
    """A cache in front must know every header that the answer may depend on."""
    answer = Guard(pool.trust(), carriers=carriers).challenge(KeysUnavailable())
    assert dict(answer.headers)["Vary"] == vary


def test_vary_does_not_name_the_headers_of_a_load_balancer(pool: Any) -> None:
    """It adds them behind whatever caches answers, so no cache could look at them."""
    answer = Guard(LocalLoadBalancer(pool=pool).trust()).challenge(KeysUnavailable())
    assert dict(answer.headers)["Vary"] == "Authorization"


@pytest.mark.parametrize("page", ["https://docs.example.com/errors", "http://127.0.0.1/a?b=c"])
def test_type_leads_to_the_page_of_the_reason(page: str, pool: LocalUserPool) -> None:
    """With an address, the body says where the reason is explained (RFC 9457, section 3.1.1)."""
    answer = Guard(pool.trust(), docs_url=page).challenge(KeysUnavailable(5))
    assert answer.problem["type"] == f"{page}#keys_unavailable"
    assert json.loads(answer.body)["type"] == f"{page}#keys_unavailable"
    assert answer.summary == {
        "detail": "The keys that verify tokens cannot be fetched at the moment.",
        "reason": "keys_unavailable",
        "error": "temporarily_unavailable",
        "type": f"{page}#keys_unavailable",
    }


def test_without_a_page_there_is_no_type(pool: LocalUserPool) -> None:
    """That means about:blank, and that the title is the status's (RFC 9457, section 4.2.1)."""
    answer = Guard(pool.trust()).challenge(KeysUnavailable(5))
    assert "type" not in answer.problem
    assert set(answer.summary) == {"detail", "reason", "error"}


@pytest.mark.parametrize(
    "page", ["", "docs.example.com", "/errors", "https://a/#b", "https://a b/", "javascript:x", 1]
)
def test_page_must_be_an_address(page: Any, pool: LocalUserPool) -> None:
    """Whatever a client may be led to."""
    with pytest.raises(ConfigurationError, match=r"^docs_url must be the http\(s\) address"):
        Guard(pool.trust(), docs_url=page)
    with pytest.raises(
        ConfigurationError, match=r"^COGNITO_DOCS_URL must be the http\(s\) address"
    ):
        Guard.from_mapping(
            {
                "COGNITO_USER_POOL_ID": "eu-west-1_Example",
                "COGNITO_CLIENT_IDS": ["example"],
                "COGNITO_DOCS_URL": page,
            }
        )
