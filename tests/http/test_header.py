"""The carrier of a token in a header of one's own, and what carriers must not hand on."""

from __future__ import annotations

from typing import Any

import pytest

from cognito_guard import (
    ConfigurationError,
    Cookie,
    Guard,
    Header,
    InvalidRequest,
    InvalidToken,
    MissingCredentials,
    Reason,
)
from cognito_guard.testing import LocalUserPool

NAME = "x-id-token"


def values(*given: str | bytes, name: str = NAME) -> Any:
    """A request with one header, maybe several times."""
    return lambda asked: list(given) if asked == name else []


@pytest.mark.parametrize("name", [NAME, "X-ID-Token", "x.token", "xtoken"])
def test_a_token_in_it(pool: LocalUserPool, name: str) -> None:
    """The header's value is the token, as bytes or as text; the name counts in any case."""
    guard = Guard(pool.trust(token_use="id"), carriers=[Header(name)])
    token = pool.id_token()

    for value in (token, token.encode(), f" {token}\t"):
        sent = values(value, name=name.lower())
        assert guard.authenticate(sent).token_use == "id"
        found = guard.find_credential(sent)
        assert found is not None
        assert not found.ambient
    with pytest.raises(MissingCredentials):
        guard.authenticate(values())
    with pytest.raises(MissingCredentials):
        guard.authenticate(values(f"Bearer {token}", name="authorization"))


@pytest.mark.parametrize(
    "value",
    [
        *("", " ", "=", "Bearer a.b.c", "a b", 'a"', "a;b", "a\r\nx: b", "a\nb", "a\0", "\xe9"),
        *(b"\xff\xfe", "a\tb", "a=b", "{}", "\u0430"),
    ],
    ids=repr,
)
def test_what_is_no_token(pool: LocalUserPool, value: str | bytes) -> None:
    """A header that is there and holds anything but one token is an error, never anonymous."""
    with pytest.raises(InvalidRequest) as caught:
        Guard(pool.trust(), carriers=[Header(NAME)]).authenticate(values(value))
    assert caught.value.reason is Reason.MALFORMED_AUTHORIZATION
    assert caught.value.detail == f"The {NAME} header must be one token and nothing else."


def test_other_words_are_bad_tokens(pool: LocalUserPool) -> None:
    """What scripts send where they have no token is a token that is none."""
    for value in ("undefined", "null", "a.b.c"):
        with pytest.raises(InvalidToken, match="malformed_token"):
            Guard(pool.trust(), carriers=[Header(NAME)]).authenticate(values(value))


@pytest.mark.parametrize("given", [("a", "a"), ("a,a",), ("a", "b"), ("", ""), ("a,",)], ids=repr)
def test_more_than_one(given: tuple[str, ...]) -> None:
    """A header that comes twice is refused, also where a server has joined the two."""
    with pytest.raises(InvalidRequest) as caught:
        Header(NAME).find(values(*given))
    assert caught.value.reason is Reason.MULTIPLE_CREDENTIALS


def test_beside_another_carrier(pool: LocalUserPool) -> None:
    """A token in two places is refused, whether they agree or not."""
    guard = Guard(pool.trust(), carriers=[Header(NAME), Cookie("session")])
    sent = {NAME: [pool.access_token()], "cookie": [f"session={pool.access_token()}"]}
    with pytest.raises(InvalidRequest, match="multiple_credentials"):
        guard.authenticate(lambda name: sent.get(name, []))


@pytest.mark.parametrize(
    "name",
    [
        *(
            "",
            " ",
            "x token",
            "x:token",
            "x\n",
            "x_id_token",
            "x-t\u00f6ken",
            "x-\u212aey",
            None,
            5,
        ),
        *(b"x-id-token", ["x-id-token"], "x-id-token,"),
    ],
    ids=repr,
)
def test_names_that_no_header_has(name: Any) -> None:
    """The name is a token as in RFC 9110, and one that every server hands on."""
    with pytest.raises(ConfigurationError) as caught:
        Header(name)
    assert str(caught.value) == "the name of a header is a token as in RFC 9110, without _"


@pytest.mark.parametrize(
    "name",
    [
        *("Authorization", "cookie", "Cookie", "set-cookie", "proxy-authorization", "host"),
        *("x-amzn-oidc-data", "X-Amzn-Oidc-AccessToken", "x-amzn-oidc-identity"),
        *("content-type", "transfer-encoding", "connection", "x-forwarded-for", "sec-fetch-site"),
        *("forwarded", "access-control-request-method", "upgrade"),
    ],
)
def test_names_that_mean_something_else(name: str) -> None:
    """``Authorization`` and cookies have rules of their own, and what a load balancer forwards is
    no token until it has been verified as such."""
    with pytest.raises(ConfigurationError) as caught:
        Header(name)
    assert str(caught.value) == (
        f"the header {name.lower()} has another meaning; take one of your own"
    )


class Raw:
    """Somebody's carrier that hands on what it was given."""

    ambient = False

    def __init__(self, value: Any) -> None:
        self._value = value

    def find(self, headers: object, /) -> Any:
        """See ``Carrier.find``."""
        return self._value


@pytest.mark.parametrize("value", [b"a.b.c", [b"a.b.c"], 5, True, {"a": 1}, bytearray(b"a")])
def test_carriers_that_find_no_text(pool: LocalUserPool, value: Any) -> None:
    """Bytes, and whatever else is no text, are a fault of the carrier and no bad token."""
    with pytest.raises(TypeError, match=r"^Raw.find must return text or None, not \w+$"):
        Guard(pool.trust(), carriers=[Raw(value)]).authenticate(values())


@pytest.mark.parametrize(
    "carrier", [Header(NAME), Cookie("a"), None], ids=lambda one: str(type(one))
)
@pytest.mark.parametrize("value", ["a.b.c", b"a.b.c"])
def test_a_text_where_a_list_belongs(pool: LocalUserPool, carrier: Any, value: Any) -> None:
    """A function that gives one value instead of a list would make every caller anonymous."""
    more = {} if carrier is None else {"carriers": [carrier]}
    with pytest.raises(TypeError, match="must give a list of them"):
        Guard(pool.trust(), **more).authenticate(lambda _: value)
