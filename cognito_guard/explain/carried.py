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


def found(guard: Guard, headers: HeaderValues) -> str:
    """What the request carries, without the values."""
    own = [carrier.name for carrier in guard.carriers if isinstance(carrier, Header)]
    names = ("authorization", *own, "cookie", LoadBalancerHeaders.data)
    said = [one for name in names if (one := _said_of(name, headers)) is not None]
    return ", ".join(said) or ", ".join(f"no {name}" for name in names)


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
    """Why there is no credential, or no usable one; ``None`` for no idea."""
    name = LoadBalancerHeaders.data
    if _looks_for(guard, LoadBalancerHeaders) and len(_values(headers, name)) > 1:
        return f"Something adds a second {name} header: a proxy, or the client itself."
    carrying = [carrier for carrier in guard.carriers if any(_sent(carrier, headers))]
    if len(carrying) > 1:
        places = " and in ".join(map(_place, carrying))
        return f"There is a token in {places}. Send it in one of them."
    carrying = carrying or [carrier for carrier in guard.carriers if _sent(carrier, headers)]
    if carrying:
        return _of_one(carrying[0], _sent(carrying[0], headers))
    return _elsewhere(guard, headers) or _absent(guard)


def _sent(carrier: Carrier, headers: HeaderValues) -> list[str]:
    """All that a request carries where a carrier looks; nothing for other schemes."""
    if isinstance(carrier, AuthorizationHeader):
        values = _values(headers, "authorization")
        return values if any(one.strip().lower().startswith("bearer") for one in values) else []
    if isinstance(carrier, Header):
        return _values(headers, carrier.name)
    if isinstance(carrier, Cookie):
        pairs = [pair for line in _values(headers, "cookie") for pair in line.split(";")]
        named = [pair.strip(" \t").partition("=") for pair in pairs]
        return [value for name, _, value in named if name == carrier.name]
    return []


def _of_one(carrier: Carrier, sent: list[str]) -> str | None:
    """What is wrong with what was sent to one carrier."""
    value = sent[0]
    if isinstance(carrier, Cookie):
        if len(sent) > 1:
            return "The browser has this cookie twice, with two paths or domains. Delete one."
        return pasted.mistake(value) if value else "The cookie is empty, as after a sign-out."
    name = carrier.name if isinstance(carrier, Header) else "Authorization"
    if len(sent) > 1:
        return f"Something adds a second {name} header: a proxy, or the client itself."
    if "," in value:
        return (
            f"There is a comma in the header. Two {name} headers look like this when a server "
            "joins them: a proxy, or the client itself, adds a second one."
        )
    return pasted.mistake(value) if isinstance(carrier, Header) else _of_the_header(value)


def _elsewhere(guard: Guard, headers: HeaderValues) -> str | None:
    """What the request carries in place of what the guard looks for."""
    values = _values(headers, "authorization")
    if values and _looks_for(guard, AuthorizationHeader):
        return _of_the_header(values[0]) if len(values) == 1 else None
    if values:
        return "There is an Authorization header, but this guard does not look there."
    if _values(headers, LoadBalancerHeaders.data) and not _looks_for(guard, LoadBalancerHeaders):
        return (
            "A load balancer has signed somebody in. Trust it with LoadBalancer or "
            "COGNITO_ALB_ARNS."
        )
    if _values(headers, "cookie") and guard.user_pools:
        names = [carrier.name for carrier in guard.carriers if isinstance(carrier, Cookie)]
        if names:
            return f"There are cookies, but none with the name {' or '.join(names)}."
        return "There are cookies, but no carrier reads them: name yours with Cookie(...)."
    return None


def _absent(guard: Guard) -> str | None:
    """Why nothing may have arrived."""
    if _looks_for(guard, AuthorizationHeader):
        return (
            "The header did not arrive. Does the client send it? A proxy may drop it: mod_wsgi "
            "needs WSGIPassAuthorization On, and redirects to another host lose it."
        )
    if _looks_for(guard, Header):
        return "The header did not arrive. Does the client send it, and does a proxy drop it?"
    if _looks_for(guard, Cookie):
        return "The cookie did not arrive. Was it set for this host and this path?"
    if _looks_for(guard, LoadBalancerHeaders):
        return (
            "The header did not arrive. Does the request come through the load balancer, and does "
            "the rule that it matches sign users in?"
        )
    return None


def _of_the_header(value: str) -> str | None:
    scheme, _, token = value.strip().partition(" ")
    if not scheme:
        return "The header is empty. Is the variable that should hold the token set?"
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
        return [
            one.decode("latin-1") if isinstance(one, bytes) else one
            for one in values
            if isinstance(one, str | bytes)
        ]
    return []
