"""Where a request carries its credential, and where it should."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from ..http.carriers import (
    AuthorizationHeader,
    Carrier,
    Cookie,
    Header,
    HeaderValues,
    LoadBalancerHeaders,
)
from . import pasted, words

if TYPE_CHECKING:
    from ..guard import Guard

__all__ = ["found", "hint", "wanted"]


def wanted(guard: Guard) -> str:
    """Where the guard looks."""
    return "one credential: " + " or ".join(map(_place, guard.carriers))


def _place(carrier: Carrier) -> str:
    if isinstance(carrier, AuthorizationHeader):
        return "Authorization: Bearer TOKEN"
    if isinstance(carrier, Header):
        return f"the header {carrier.name}"
    if isinstance(carrier, Cookie):
        return f"the cookie {carrier.name}"
    if isinstance(carrier, LoadBalancerHeaders):
        return f"the header {carrier.data}"
    return f"what {type(carrier).__qualname__} finds"


def found(headers: HeaderValues) -> str:
    """What the request carries, without the values."""
    names = ("authorization", "cookie", LoadBalancerHeaders.data)
    said = [one for name in names if (one := _said_of(name, headers)) is not None]
    return ", ".join(said) or "no authorization, no cookie, no x-amzn-oidc-data"


def _said_of(name: str, headers: HeaderValues) -> str | None:
    # In a function of its own: no values in a variable while the next ones are asked for.
    values = _values(headers, name)
    if not values:
        return None
    if len(values) > 1:
        return f"{len(values)} times {name}"
    return f"authorization: {_scheme(values[0])}" if name == "authorization" else name


def _scheme(value: str) -> str:
    scheme, space, rest = value.strip().partition(" ")
    # What is long is no scheme but a credential.
    if len(scheme) > len("negotiate"):
        return f"{len(value)} letters, no scheme"
    return f"{words.value(scheme)} and {len(rest)} letters" if space else words.value(scheme)


def hint(guard: Guard, headers: HeaderValues) -> str | None:
    """Why there is no credential, or no usable one."""
    values = _values(headers, "authorization")
    if len(values) > 1:
        return "Something adds a second Authorization header: a proxy, or the client itself."
    if values:
        return _of_the_header(values[0])
    if _values(headers, LoadBalancerHeaders.data) and not _looks_for(guard, LoadBalancerHeaders):
        return (
            "A load balancer has signed somebody in. Trust it with LoadBalancer or "
            "COGNITO_ALB_ARNS."
        )
    if _values(headers, "cookie") and not _looks_for(guard, Cookie):
        return "There are cookies, but no carrier reads them: name yours with Cookie(...)."
    return (
        "The header did not arrive. Does the client send it? A proxy may drop it: mod_wsgi needs "
        "WSGIPassAuthorization On, and redirects to another host lose it."
    )


def _of_the_header(value: str) -> str | None:
    scheme, _, token = value.strip().partition(" ")
    if scheme.lower() == "bearer":
        return pasted.mistake(token)
    if scheme.startswith("eyJ"):
        return 'The word "Bearer" and a space are missing in front of the token.'
    if scheme.lower().rstrip(":") == "bearer":
        return 'There is a colon after "Bearer". Remove it.'
    if len(scheme) <= len("negotiate"):
        return f"The scheme is {words.value(scheme)}, and this guard takes Bearer."
    return 'It must be the word "Bearer", a space and the token.'


def _looks_for(guard: Guard, kind: type) -> bool:
    return any(isinstance(carrier, kind) for carrier in guard.carriers)


def _values(headers: HeaderValues, name: str) -> list[str]:
    with suppress(Exception):  # a user's own function, which failed before
        values = headers(name)
        return [one.decode("latin-1") if isinstance(one, bytes) else one for one in values]
    return []
