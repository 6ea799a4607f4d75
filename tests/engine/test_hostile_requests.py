"""Requests that carry a credential in a way that is not to be trusted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from cognito_guard import (
    AuthError,
    AuthorizationHeader,
    Cookie,
    Guard,
    HeaderValues,
    Reason,
)
from cognito_guard.testing import LocalUserPool

from .header_values import headers
from .silence import assert_silent, secrets_of


@pytest.fixture(scope="module")
def token(pool: LocalUserPool) -> str:
    """A good access token."""
    return pool.access_token()


@pytest.fixture(scope="module")
def cookie_guard(pool: LocalUserPool) -> Guard:
    """A guard that looks into a cookie as well."""
    return Guard(pool.trust(), carriers=[AuthorizationHeader(), Cookie("session")])


def _asynchronous(guard: Guard) -> Callable[[HeaderValues], object]:
    return lambda request: asyncio.run(guard.aauthenticate(request))


def assert_answer(guard: Guard, request: HeaderValues, reason: Reason | None, token: str) -> None:
    """Both ways of asking give this reason, ``None`` for an identity, and repeat no token."""
    for ask in (guard.authenticate, _asynchronous(guard)):
        if reason is None:
            assert ask(request) == guard.verify(token)
            continue
        with pytest.raises(AuthError) as caught:
            ask(request)
        assert caught.value.reason is reason
        assert_silent(caught.value, secrets_of(token))


@pytest.mark.parametrize(
    ("authorization", "reason"),
    [
        ([], Reason.MISSING_CREDENTIALS),
        (["Bearer {}", "Bearer {}"], Reason.MULTIPLE_CREDENTIALS),
        (["Bearer {}", "Basic YTpi"], Reason.MULTIPLE_CREDENTIALS),
        (["Basic YTpi"], Reason.MISSING_CREDENTIALS),
        (["Bearer"], Reason.MALFORMED_AUTHORIZATION),
        (["Bearer "], Reason.MALFORMED_AUTHORIZATION),
        (["Bearer\t{}"], Reason.MALFORMED_AUTHORIZATION),
        (["Bearer {} {}"], Reason.MALFORMED_AUTHORIZATION),
        (["Bearer {}, Bearer {}"], Reason.MULTIPLE_CREDENTIALS),
        (["Bearer {}\u00e9"], Reason.MALFORMED_AUTHORIZATION),
        (["{}"], Reason.MISSING_CREDENTIALS),
        (["Token {}"], Reason.MISSING_CREDENTIALS),
        (["Bearer {}="], Reason.MALFORMED_TOKEN),
        (["Bearer a.b.c"], Reason.MALFORMED_TOKEN),
        (["Bearer {}"], None),
        (["bearer {}"], None),
        (["BEARER {}"], None),
        (["bEARER   {} "], None),
    ],
    ids=repr,
)
def test_authorization(
    guard: Guard, token: str, authorization: list[str], reason: Reason | None
) -> None:
    """Exactly one well-formed bearer credential is looked at, the scheme's case apart."""
    lines = [line.format(token, token) for line in authorization]

    assert_answer(guard, headers(authorization=lines), reason, token)
    encoded = [line.encode("latin-1") for line in lines]
    assert_answer(guard, headers(authorization=encoded), reason, token)


@pytest.mark.parametrize(
    "value",
    ["Bearer " + "A" * 1_000_000, "Bearer " + "." * 1_000_000],
    ids=["letters", "dots"],
)
def test_a_header_of_1_mb(guard: Guard, token: str, value: str) -> None:
    """A huge header costs no more than a look at its length."""
    assert_answer(guard, headers(authorization=[value]), Reason.TOKEN_TOO_LARGE, token)


def test_huge_headers_that_carry_no_token(cookie_guard: Guard, token: str) -> None:
    """A huge header of another kind is passed over or refused, in one pass over it."""
    for value, reason in {
        "Basic " + "A" * 1_000_000: Reason.MISSING_CREDENTIALS,
        "Bearer" + " " * 1_000_000: Reason.MALFORMED_AUTHORIZATION,
        "Bearer " + "A" * 1_000_000 + "!": Reason.MALFORMED_AUTHORIZATION,
        "Bearer " + "=" * 1_000_000: Reason.MALFORMED_AUTHORIZATION,
    }.items():
        assert_answer(cookie_guard, headers(authorization=[value]), reason, token)
    many = headers(cookie=["a=b; " * 200_000])
    assert_answer(cookie_guard, many, Reason.MISSING_CREDENTIALS, token)


@pytest.mark.parametrize(
    ("authorization", "cookie", "reason"),
    [
        (["Bearer {}"], ["session={}"], Reason.MULTIPLE_CREDENTIALS),
        (["Bearer x.y.z"], ["session={}"], Reason.MULTIPLE_CREDENTIALS),
        (["Bearer {}"], ["session=x"], Reason.MULTIPLE_CREDENTIALS),
        ([], ["session={}; session={}"], Reason.MULTIPLE_CREDENTIALS),
        ([], ["session={}", "session={}"], Reason.MULTIPLE_CREDENTIALS),
        (["Bearer"], ["session={}"], Reason.MALFORMED_AUTHORIZATION),
        ([], ["session=x"], Reason.MALFORMED_TOKEN),
        ([], ['session="{}"'], Reason.MALFORMED_TOKEN),
        ([], ["Session={}"], Reason.MISSING_CREDENTIALS),
        ([], ["session={}"], None),
        (["Basic YTpi"], ["session={}"], None),
        (["Bearer {}"], ["session="], None),
        (["Bearer {}"], ["other={}"], None),
    ],
    ids=repr,
)
def test_a_cookie_next_to_a_header(
    cookie_guard: Guard,
    token: str,
    authorization: list[str],
    cookie: list[str],
    reason: Reason | None,
) -> None:
    """A request with a token in two places is refused: which one counts would be a guess."""
    request = headers(
        authorization=[line.format(token) for line in authorization],
        cookie=[line.format(token, token) for line in cookie],
    )

    assert_answer(cookie_guard, request, reason, token)


def test_only_configured_places_are_looked_at(guard: Guard, token: str) -> None:
    """A token elsewhere (cookie, query, proxy or load balancer headers) is no credential."""
    asked = []

    def request(name: str) -> list[str]:
        asked.append(name)
        return [] if name == "authorization" else [f"session={token}"]

    assert_answer(guard, request, Reason.MISSING_CREDENTIALS, token)
    assert set(asked) == {"authorization"}


@pytest.mark.parametrize(
    "names",
    [
        ["x_amzn_oidc_identity"],
        ["x_amzn_oidc_accesstoken"],
        ["x_amzn_oidc_identity", "x_amzn_oidc_accesstoken", "x_amzn_oidc_data"],
        ["proxy_authorization"],
        ["x_forwarded_access_token"],
    ],
    ids=", ".join,
)
def test_headers_of_a_load_balancer_that_nobody_trusts(
    cookie_guard: Guard, token: str, names: list[str]
) -> None:
    """Headers that anybody can send are no credential where no load balancer is trusted."""
    request = headers(**{name: [token] for name in names})

    assert_answer(cookie_guard, request, Reason.MISSING_CREDENTIALS, token)
