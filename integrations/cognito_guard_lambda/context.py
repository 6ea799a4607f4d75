"""What an authorizer tells of a caller, and what is read of it again: claims as texts.

API Gateway takes texts, numbers and booleans alone, and AppSync nothing that is nested.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from cognito_guard import ConfigurationError, Identity, UserPool

__all__ = ["authorizer_context", "claims_of_context", "put_roles"]

_TEXTS = ("sub", "iss", "token_use", "aud", "jti", "origin_jti", "acr")
_TIMES = ("exp", "iat", "auth_time")
# What is told by a name of its own, or told of the token alone. Roles never stand in for it.
_TOLD = frozenset(
    {
        *_TEXTS,
        *_TIMES,
        *("act", "amr", "client_id", "cnf", "cognito:groups", "cognito:username", "nbf", "scope"),
        "username",
    }
)


def authorizer_context(identity: Identity) -> dict[str, str]:
    """Who is calling, in texts by the names of the claims. ``client_id`` and ``username`` are
    called so whatever the kind of the token. ``groups``, ``scopes`` and ``amr`` have a space
    between two names. ``roles`` is a list in JSON, as the name of a role may have a space.

    Raises :class:`ConfigurationError` for a group or scope with a space in it, which Cognito does
    not allow but a trigger may write.
    """
    # First, as it may raise: an error is reported with the variables that are there.
    groups, scopes = _joined("group", identity.groups), _joined("scope", identity.scopes)
    # No caller is refused for one with a space in it: it is left out, as `mfa` does not ask for it.
    methods = " ".join(method for method in identity.amr if method.split() == [method])
    claims = identity.claims
    said = {name: claims[name] for name in _TEXTS if isinstance(claims.get(name), str)}
    said |= {name: str(int(claims[name])) for name in _TIMES if name in claims}
    said["client_id"] = identity.client_id
    said["groups"], said["scopes"] = groups, scopes
    if methods:
        said["amr"] = methods
    if identity.roles:
        said["roles"] = json.dumps(identity.roles)
    if identity.username is not None:
        said["username"] = identity.username
    if identity.actor is not None:
        # Whoever refuses callers that others act for has to see it.
        said["act"] = json.dumps(identity.as_dict()["actor"])
    return said


def claims_of_context(context: Mapping[str, Any]) -> dict[str, Any]:
    """The claims in what :func:`authorizer_context` has told, and ``roles``, for
    :func:`put_roles`. What it has not told is left out."""
    claims: dict[str, Any] = {name: context[name] for name in _TEXTS if name in context}
    claims |= {name: whole_number(context[name]) for name in _TIMES if name in context}
    is_id = claims.get("token_use") == "id"
    if "client_id" in context:
        claims["aud" if is_id else "client_id"] = context["client_id"]
    if "username" in context:
        claims["cognito:username" if is_id else "username"] = context["username"]
    if "scopes" in context:
        claims["scope"] = context["scopes"]
    for name, claim in (("groups", "cognito:groups"), ("amr", "amr")):
        names = context.get(name)
        if names is not None:
            # What is no text stays as it is, and is refused.
            claims[claim] = names.split() if isinstance(names, str) else names
    for name in ("act", "roles"):
        if name in context:
            claims[name] = context[name]
            with suppress(TypeError, ValueError, RecursionError):
                claims[name] = json.loads(context[name])
    return claims


def put_roles(claims: dict[str, Any], pools: Iterable[UserPool]) -> None:
    """Put the ``roles`` of a context into the claim in which the pool of that issuer has roles:
    which one that is, only the guard knows that reads the claims."""
    roles = claims.pop("roles", None)
    names = [pool.role_claim for pool in pools if claims.get("iss") in pool.issuers]
    if roles is not None and names and names[0] is not None and names[0] not in _TOLD:
        # What is no list is refused, and no text is taken for the name of a role.
        claims[names[0]] = roles if isinstance(roles, list) else None


def whole_number(value: object) -> object:
    """The number that a text says; anything else stays as it is, and is refused as a time."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= 12:
        return int(value)
    return value


def _joined(what: str, names: Iterable[str]) -> str:
    listed = list(names)
    if any(name.split() != [name] for name in listed):
        del names, listed  # claims: variables are shown with what is raised
        raise ConfigurationError(
            f"a caller has a {what} whose name has a space in it, or is empty; an authorizer's "
            "context cannot tell it from others"
        )
    return " ".join(listed)
