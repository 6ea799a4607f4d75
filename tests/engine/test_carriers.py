"""carriers.py: finding a credential in header values, and refusing what is carried wrongly."""

from __future__ import annotations

from typing import Any

import pytest

from cognito_guard import AuthorizationHeader, ConfigurationError, Cookie, InvalidRequest, Reason
from cognito_guard.carriers import Forwarded, LoadBalancerHeaders

from .header_values import headers


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ([], None),
        (["Bearer abc"], "abc"),
        ([b"Bearer abc"], "abc"),
        (["bearer abc"], "abc"),
        (["BEARER abc"], "abc"),
        (["bEaReR abc"], "abc"),
        (["Bearer   abc"], "abc"),
        ([" \tBearer abc\t "], "abc"),
        (["Bearer aZ09-._~+/=="], "aZ09-._~+/=="),
        ([""], None),
        (["Basic YWxpY2U6c2VjcmV0"], None),
        (["Bearerx abc"], None),
        (["Bearer-abc"], None),
        (["DPoP abc"], None),
        (["abc"], None),
        (["\u00e9 abc"], None),
    ],
    ids=repr,
)
def test_authorization(values: list[Any], found: str | None) -> None:
    """One bearer token is found, its scheme in any case; another scheme is nothing of ours."""
    assert AuthorizationHeader().find(headers(authorization=values)) == found


@pytest.mark.parametrize(
    "value",
    [
        "Bearer",
        "Bearer ",
        "Bearer\tabc",
        "Bearer abc\tdef",
        "Bearer abc def",
        "Bearer:abc",
        'Bearer "abc"',
        "Bearer =",
        "Bearer =abc",
        "Bearer abc=d",
        "Bearer abc\r\nX: y",
        "Bearer abc\0",
        "Bearer ab\u00e9",
        "Bearer abc\u2028",
        "Bearer abc\ud800",
        b"Bearer ab\xff",
    ],
    ids=repr,
)
def test_malformed_authorization(value: str | bytes) -> None:
    """Bearer without exactly one token68 after it is a bad request (RFC 6750, section 2.1)."""
    with pytest.raises(InvalidRequest) as caught:
        AuthorizationHeader().find(headers(authorization=[value]))

    assert caught.value.reason is Reason.MALFORMED_AUTHORIZATION


@pytest.mark.parametrize(
    "values",
    [["Bearer a", "Bearer a"], ["Bearer a", "Basic b"], ["Basic a", "Basic b"], ["", ""]],
    ids=repr,
)
def test_several_authorizations(values: list[str]) -> None:
    """Which of two headers counts would be a guess, so neither does."""
    with pytest.raises(InvalidRequest) as caught:
        AuthorizationHeader().find(headers(authorization=values))

    assert caught.value.reason is Reason.MULTIPLE_CREDENTIALS


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ([], None),
        ([""], None),
        (["session=abc"], "abc"),
        ([b"session=abc"], "abc"),
        (["a=b; session=abc; c=d"], "abc"),
        (["a=b;session=abc;c=d"], "abc"),
        (["a=b", "session=abc"], "abc"),
        (["session=a=b="], "a=b="),
        (["session="], None),
        (["session"], None),
        (["Session=abc"], None),
        (["xsession=abc; sessionx=def"], None),
        (["a=session=abc"], None),
        (["session; session=abc"], "abc"),
        (["a=b;\t session=abc"], "abc"),
        (["a=b;\u00a0session=abc"], None),
        (["a=b;\x0bsession=abc"], None),
        (["XXsession=abc"], None),
    ],
    ids=repr,
)
def test_cookie(values: list[Any], found: str | None) -> None:
    """A cookie is found under its exact name, after spaces and tabs; an emptied one is none."""
    assert Cookie("session").find(headers(cookie=values)) == found


@pytest.mark.parametrize(
    "values",
    [["session=a; session=b"], ["session=a", "session=a"], ["session=; session=b"]],
    ids=repr,
)
def test_several_cookies(values: list[str]) -> None:
    """A cookie that was planted next to ours, for a wider path or domain, is not chosen between."""
    with pytest.raises(InvalidRequest) as caught:
        Cookie("session").find(headers(cookie=values))

    assert caught.value.reason is Reason.MULTIPLE_CREDENTIALS


@pytest.mark.parametrize("name", ["", "a b", "a=b", "a;b", "a\n", "\u00e9", None, 1], ids=repr)
def test_cookie_names(name: Any) -> None:
    """A name that no cookie can have is a configuration error."""
    with pytest.raises(ConfigurationError, match="name of a cookie"):
        Cookie(name)


def test_what_a_browser_sends_by_itself() -> None:
    """A cookie is ambient and needs protection against CSRF, a header is not."""
    assert Cookie("session").ambient
    assert not AuthorizationHeader().ambient


@pytest.mark.parametrize(
    ("value", "data"),
    [("a", "a"), (b" \ta\t ", "a"), ("XaX", "XaX"), ("\u00a0a\x0b", "\u00a0a\x0b"), ("", "")],
    ids=repr,
)
def test_what_was_forwarded(value: Any, data: str) -> None:
    """Of a load balancer's header, spaces and tabs at the ends are no part."""
    forwarded = LoadBalancerHeaders().find(headers(x_amzn_oidc_data=[value]))

    assert forwarded == Forwarded(data)
    assert repr(forwarded) == "<Forwarded>"
