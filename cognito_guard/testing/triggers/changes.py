"""What pre token generation changes in tokens, and what it cannot.

"Pre token generation Lambda trigger" in the Amazon Cognito guide. A claim that the function may not
change stays as it is, without a word; an answer of another shape ends the request.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .configured import EventVersion
from .running import unrecognizable

__all__ = ["Changes", "changes_of"]

_KEPT = frozenset(
    [
        *("acr", "amr", "at_hash", "auth_time", "azp", "exp", "iat", "iss", "jti", "nbf", "nonce"),
        *("origin_jti", "sub", "token_use"),
    ]
)
_KEPT_IN_ID = _KEPT | {"aud", "cognito:username", "identities"}
_KEPT_IN_ACCESS = _KEPT | {
    *("aud", "client_id", "device_key", "event_id", "scope", "username", "version")
}
# Developer attributes, which only an administrator's call changes.
_KEPT_PREFIX = "dev:"
# Groups and roles are changed with `groupOverrideDetails`.
_COGNITO = "cognito:"
# Scopes of Cognito's own, such as aws.cognito.signin.user.admin, can be taken away but not added.
_COGNITO_SCOPE = "aws.cognito"
_PLAIN_IN_ID = ("address", "email_verified", "phone_number_verified", "updated_at")


@dataclass(frozen=True, repr=False)
class Changes:
    """What is to be different in the tokens of one sign-in. A claim that is ``None`` is left
    out."""

    id_claims: Mapping[str, Any] = field(default_factory=dict)
    access_claims: Mapping[str, Any] = field(default_factory=dict)
    scopes_added: tuple[str, ...] = ()
    scopes_suppressed: tuple[str, ...] = ()
    groups: tuple[str, ...] | None = None
    """Those in place of the user's own; ``None`` is for no change."""

    def scopes(self, of: Sequence[str]) -> tuple[str, ...]:
        """The scopes of the access token. What is added and suppressed is suppressed."""
        wanted = dict.fromkeys((*of, *self.scopes_added))
        return tuple(scope for scope in wanted if scope not in self.scopes_suppressed)


def changes_of(version: EventVersion, response: Mapping[str, Any], client_id: str) -> Changes:
    """What a function's response asks for. Raises :class:`TriggerFailed`."""
    if version == "V1_0":
        details = _part(response, "claimsOverrideDetails")
        groups, roles = _groups(details)
        claims = _claims(details, _KEPT_IN_ID, lambda _, value: isinstance(value, str))
        return Changes(id_claims={**roles, **claims}, groups=groups)
    details = _part(response, "claimsAndScopeOverrideDetails")
    groups, roles = _groups(details)
    access = _part(details, "accessTokenGeneration")
    return Changes(
        id_claims={**roles, **_claims(_part(details, "idTokenGeneration"), _KEPT_IN_ID, _fits_id)},
        access_claims={
            **_audience(access, client_id),
            **_claims(access, _KEPT_IN_ACCESS, lambda _, value: value is not None),
        },
        scopes_added=tuple(
            scope
            for scope in _scopes(access, "scopesToAdd")
            if not scope.startswith(_COGNITO_SCOPE)
        ),
        scopes_suppressed=_scopes(access, "scopesToSuppress"),
        groups=groups,
    )


def _part(of: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = of.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise unrecognizable()
    return value


def _claims(
    part: Mapping[str, Any], kept: frozenset[str], fits: Callable[[str, object], bool]
) -> dict[str, Any]:
    """Claims to add, and those to suppress as ``None``; what is both is suppressed."""
    added = _part(part, "claimsToAddOrOverride")
    if not all(fits(name, value) for name, value in added.items()):
        raise unrecognizable()
    suppressed = dict.fromkeys(_texts(part, "claimsToSuppress"))
    own = {name: value for name, value in added.items() if not name.startswith(_COGNITO)}
    return {
        name: value
        for name, value in {**own, **suppressed}.items()
        if name not in kept and not name.startswith(_KEPT_PREFIX)
    }


def _fits_id(name: str, value: object) -> bool:
    plain = not isinstance(value, dict | list)
    return value is not None and (plain or name not in _PLAIN_IN_ID)


def _audience(access: Mapping[str, Any], client_id: str) -> dict[str, Any]:
    """An access token may be given an audience: its own client, and no other."""
    given = _part(access, "claimsToAddOrOverride").get("aud")
    return {"aud": client_id} if given == client_id else {}


def _groups(details: Mapping[str, Any]) -> tuple[tuple[str, ...] | None, dict[str, Any]]:
    """The groups, and the claims of IAM roles, which are in ID tokens. An object that is empty or
    null suppresses the groups."""
    if "groupOverrideDetails" not in details:
        return None, {}
    given = _part(details, "groupOverrideDetails")
    claims: dict[str, Any] = {}
    if roles := _texts(given, "iamRolesToOverride"):
        claims["cognito:roles"] = list(roles)
    if (preferred := given.get("preferredRole")) is not None:
        claims["cognito:preferred_role"] = _text(preferred)
    return _texts(given, "groupsToOverride"), claims


def _scopes(part: Mapping[str, Any], name: str) -> tuple[str, ...]:
    scopes = _texts(part, name)
    # One with a space in it would be two.
    if not all(scope.split() == [scope] for scope in scopes):
        raise unrecognizable()
    return scopes


def _texts(part: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = part.get(name)
    if value is None:
        return ()
    if not isinstance(value, list):
        raise unrecognizable()
    return tuple(_text(one) for one in value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise unrecognizable()
    return value
