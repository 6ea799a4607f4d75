"""What each claim must be. One pure function per claim; the clock is passed in.

Claims and their types: Amazon Cognito developer guide, "Understanding the identity (ID) token" and
"Understanding the access token"; times: RFC 7519, section 2 (NumericDate).

One rule for the reasons: a claim that is missing though it is required, or that has another type
than it should, is ``malformed_claim``; one of the right type with a value that this pool does not
accept has a reason of its own.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any, NoReturn, TypeAlias

from ..errors import InvalidToken, Reason

Claims: TypeAlias = Mapping[str, Any]

# 9999-12-31T23:59:59Z, where calendars end, and as far before 1970. 1e30 is finite, but it is no
# time, and an integer of a thousand digits cannot be subtracted from a float.
LAST_SECOND = 253_402_300_799
_FIRST_SECOND = -LAST_SECOND


def _malformed(name: str, should: str) -> NoReturn:
    raise InvalidToken(Reason.MALFORMED_CLAIM, f'The claim "{name}" must be {should}.')


def _text(claims: Claims, name: str) -> str:
    value = claims.get(name)
    if type(value) is str and value:
        return value
    _malformed(name, "present, and a text that is not empty")


def _time(claims: Claims, name: str) -> float:
    value = claims.get(name)
    if (type(value) is int or type(value) is float) and _FIRST_SECOND <= value <= LAST_SECOND:
        return value
    _malformed(name, "present, and a number of seconds since 1970")


# Times are compared so that a clock that gives NaN, of which no comparison is true, lets nobody in.

# The functions that every token passes through read their claim themselves and leave the helpers
# to the unhappy path: a call costs as much as the check.


def issuer(claims: Claims) -> str:
    """``iss``, a text."""
    value = claims.get("iss")
    return value if type(value) is str and value else _text(claims, "iss")


def check_issuer(claims: Claims, accepted: Container[str]) -> str:
    """``iss``: one that is trusted here, compared as a whole text."""
    value = issuer(claims)
    if value not in accepted:
        raise InvalidToken(
            Reason.UNKNOWN_ISSUER, "The token comes from an issuer that is not trusted here."
        )
    return value


def subject(claims: Claims) -> str:
    """``sub``, a text. Its UUID form is not documented to be permanent and is not looked at."""
    value = claims.get("sub")
    return value if type(value) is str and value else _text(claims, "sub")


def check_expiry(claims: Claims, now: float, leeway: float) -> None:
    """``exp``: required. A token is expired from that very second on (RFC 7519, section 4.1.4)."""
    value = claims.get("exp")
    if type(value) is not int or not _FIRST_SECOND <= value <= LAST_SECOND:
        value = _time(claims, "exp")
    if not now < value + leeway:
        raise InvalidToken(Reason.TOKEN_EXPIRED, "The token has expired.")


def check_other_times(claims: Claims, now: float, leeway: float) -> None:
    """``nbf``, ``iat``, ``auth_time``: optional numbers. Only ``nbf`` is held against the clock."""
    check_not_before(claims, now, leeway)
    check_past(claims, "iat")
    check_past(claims, "auth_time")


def check_not_before(claims: Claims, now: float, leeway: float) -> None:
    """``nbf``: optional. A token is good from that very second on (RFC 7519, section 4.1.5)."""
    if "nbf" in claims and not now + leeway >= _time(claims, "nbf"):
        raise InvalidToken(Reason.TOKEN_NOT_YET_VALID, "The token is not valid yet.")


def check_past(claims: Claims, name: str) -> None:
    """``iat``, ``auth_time``: optional numbers, held against no clock."""
    if name in claims:
        _time(claims, name)


def check_token_use(claims: Claims, accepted: frozenset[str]) -> str:
    """``token_use``: ``access`` or ``id``, and one that is accepted here."""
    token_use = claims.get("token_use")
    if type(token_use) is str and token_use in accepted:
        return token_use
    token_use = _text(claims, "token_use")
    wanted = " or ".join(sorted(accepted))
    if token_use == "id":
        detail = "This is an ID token; this API accepts access tokens."
    elif token_use == "access":
        detail = "This is an access token; this API accepts ID tokens."
    else:
        detail = f'The claim "token_use" must be {wanted}.'
    raise InvalidToken(Reason.WRONG_TOKEN_USE, detail)


def check_client(claims: Claims, token_use: str, accepted: frozenset[str] | None) -> str:
    """The app client: ``client_id`` of an access token, ``aud`` of an ID token; a whole text.

    ``accepted`` is ``None`` where the user said ``ANY_CLIENT``.
    """
    name = "client_id" if token_use == "access" else "aud"
    client_id = claims.get(name)
    if type(client_id) is not str or not client_id:
        client_id = _text(claims, name)
    if accepted is not None and client_id not in accepted:
        raise InvalidToken(
            Reason.WRONG_CLIENT, "The token was issued to an app client that is not accepted here."
        )
    return client_id


def check_resource(claims: Claims, accepted: frozenset[str] | None) -> None:
    """``aud`` of an access token, which one has that was bound to a resource (RFC 8707).

    Without it a token is well formed and bound to nothing, so not to this resource. ``accepted``
    is ``None`` where any will do; still, it must be what RFC 7519, section 4.1.3 says.
    """
    if accepted is None:
        if type(claims.get("aud", "")) is not str:
            _text_list(claims, "aud")
    elif "aud" not in claims or _text(claims, "aud") not in accepted:
        raise InvalidToken(
            Reason.WRONG_RESOURCE, "The token was not issued for this resource (resource binding)."
        )


def check_not_sender_constrained(claims: Claims) -> None:
    """``cnf`` (RFC 7800) binds a token to a key that a Bearer request does not prove to hold."""
    if "cnf" in claims:
        raise InvalidToken(
            Reason.SENDER_CONSTRAINED, "The token is bound to a key of its sender (cnf)."
        )


def check_ids(claims: Claims) -> None:
    """``jti``, ``origin_jti``: optional texts, and nothing else that a deny-list would not know."""
    if type(claims.get("jti", "")) is not str:
        _malformed("jti", "a text")
    if type(claims.get("origin_jti", "")) is not str:
        _malformed("origin_jti", "a text")


def check_actor(claims: Claims) -> None:
    """``act``: who acts for the subject (RFC 8693, section 4.1), optional. Each one in the chain is
    an object that tells somebody, and the names that policies read are texts."""
    one: Any = claims
    while "act" in one:
        one = one["act"]
        if type(one) is not dict or not one:
            _malformed("act", "an object that says who acts")
        for name in ("sub", "client_id", "iss"):
            if name in one:
                _text(one, name)


def username(claims: Claims, token_use: str) -> str | None:
    """The user's name in the pool; ``None`` for a machine, which has none."""
    name = "username" if token_use == "access" else "cognito:username"
    if name not in claims:
        return None
    value = claims[name]
    return value if type(value) is str and value else _text(claims, name)


def scopes(claims: Claims) -> tuple[str, ...]:
    """``scope``: a text, separated by spaces (RFC 6749, section 3.3). Absent means none."""
    value = claims.get("scope", "")
    if type(value) is not str:
        _malformed("scope", "a text, separated by spaces")
    found = value.split(" ")
    return tuple([scope for scope in found if scope] if "" in found else found)


def groups(claims: Claims) -> tuple[str, ...]:
    """``cognito:groups``: a list of texts. Absent means none. A text is never searched."""
    return _text_list(claims, "cognito:groups") if "cognito:groups" in claims else ()


def roles(claims: Claims, name: str | None, split: bool) -> tuple[str, ...]:
    """The roles in the claim ``name``: one text, several in one text when ``split``, or a list."""
    if name is None or name not in claims:
        return ()
    value = claims[name]
    if type(value) is list:
        return _text_list(claims, name)
    if type(value) is not str:
        _malformed(name, "a text or a list of texts")
    if split:
        return tuple([role for role in value.replace(",", " ").split(" ") if role])
    return (value,) if value else ()


def _text_list(claims: Claims, name: str) -> tuple[str, ...]:
    values = claims[name]
    if type(values) is not list:
        _malformed(name, "a list of texts")
    for value in values:
        if type(value) is not str:
            _malformed(name, "a list of texts")
    return tuple(values)


# In the header of a load balancer's data, next to ``iss`` and ``exp`` (RFC 7519, section 5.3).


def signer(header: Claims) -> str:
    """``signer``: the ARN of the load balancer that says so."""
    value = header.get("signer")
    return value if type(value) is str and value else _text(header, "signer")


def client(header: Claims) -> str:
    """``client``: whom the load balancer signs users in for."""
    value = header.get("client")
    return value if type(value) is str and value else _text(header, "client")
