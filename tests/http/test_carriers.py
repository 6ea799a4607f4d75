"""carriers.py: finding a credential in header values, and refusing what is carried wrongly."""

from __future__ import annotations

import re
from typing import Any

import pytest

from cognito_guard import AuthorizationHeader, ConfigurationError, Cookie, InvalidRequest, Reason
from cognito_guard.http.carriers import Forwarded, LoadBalancerHeaders

from ..engine.header_values import headers


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


class Text(str):
    """A text with a class of its own, which may have an equality of its own."""

    __slots__ = ()


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (["Bearer A.B-c_9"], "A.B-c_9"),
        (["bearer A.B.C"], "A.B.C"),
        ([b"Bearer A.B.C"], "A.B.C"),
        ([b"Bearer A.\xff"], "A.\xff"),  # of no token that was verified
        (["Bearer "], ""),
        (["BEARER A.B.C"], ""),
        (["Basic A.B.C"], ""),
        ([" Bearer A.B.C"], ""),
        (["A.B.C"], ""),
        ([Text("Bearer A.B.C")], ""),
        (["Bearer A.B.C", "Bearer A.B.C"], ""),
        ([], ""),
    ],
)
def test_a_glance(values: list[Any], found: str) -> None:
    """What stands behind the word as nearly everybody spells it, in the one header that there is.
    All else is left to the examination."""
    assert AuthorizationHeader.glance(values) == found


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
    assert hash(forwarded) == hash(Forwarded(data)) != hash(Forwarded(data + "b"))
    assert re.fullmatch("<Forwarded [0-9a-f]{32}>", repr(forwarded))


GONE = "expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0"


@pytest.mark.parametrize(
    ("name", "own", "deletion"),
    [
        ("token", {}, f"token=; {GONE}; Path=/"),
        ("token", {"path": "/app"}, f"token=; {GONE}; Path=/app"),
        (
            "token",
            {"domain": ".example.com", "samesite": "Lax"},
            f"token=; {GONE}; Path=/; Domain=.example.com; SameSite=Lax",
        ),
        ("token", {"samesite": "none"}, f"token=; {GONE}; Path=/; SameSite=None; Secure"),
        ("__Host-token", {}, f"__Host-token=; {GONE}; Path=/; Secure"),
        (
            "__Secure-token",
            {"path": "/a", "domain": "example.com", "samesite": "strict"},
            f"__Secure-token=; {GONE}; Path=/a; Domain=example.com; SameSite=Strict; Secure",
        ),
    ],
)
def test_what_drops_a_cookie(name: str, own: dict[str, str], deletion: str) -> None:
    """A browser drops the cookie that has the same path and domain, and takes the header for a
    name with a prefix only with ``Secure`` (RFC 6265bis, section 4.1.3)."""
    assert Cookie(name, **own).deletion == deletion


@pytest.mark.parametrize(
    ("own", "text"),
    [
        ({"path": ""}, "path"),
        ({"path": "app"}, "path"),
        ({"path": "/a; Domain=b"}, "path"),
        ({"path": "/a\r\nX: y"}, "path"),
        ({"path": "/\xe4"}, "path"),
        ({"path": None}, "path"),
        ({"domain": ""}, "domain"),
        ({"domain": "a b"}, "domain"),
        ({"domain": "a.example; Path=/"}, "domain"),
        ({"domain": "https://a.example"}, "domain"),
        ({"domain": 1}, "domain"),
        ({"samesite": ""}, "samesite"),
        ({"samesite": "yes"}, "samesite"),
        ({"samesite": True}, "samesite"),
    ],
)
def test_wrong_places_of_a_cookie(own: dict[str, Any], text: str) -> None:
    """Nothing but a path, a domain and a SameSite gets into the header."""
    with pytest.raises(ConfigurationError, match=text):
        Cookie("token", **own)


@pytest.mark.parametrize("own", [{"path": "/app"}, {"domain": "example.com"}])
def test_a_host_cookie_has_no_other_place(own: dict[str, Any]) -> None:
    """Browsers take a name that starts with ``__Host-`` for the whole host only."""
    with pytest.raises(ConfigurationError, match="__Host-"):
        Cookie("__Host-token", **own)
