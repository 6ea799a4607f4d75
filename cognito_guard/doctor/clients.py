"""What to look at in the settings of an app client."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from .callbacks import callbacks
from .commands import change_client, literal
from .findings import Finding
from .reading import UserPoolRead, named, signs_in_users

__all__ = ["check_clients"]

# AWS documents these as what a client without a list of its own may write, and as no more.
_STANDARD = {
    *("address", "birthdate", "email", "family_name", "gender", "given_name", "locale"),
    *("middle_name", "name", "nickname", "phone_number", "picture", "preferred_username"),
    *("profile", "updated_at", "website", "zoneinfo"),
}
# An empty list would stand for the default. This one tells nobody anything.
_HARMLESS = "updated_at"

# "If you don't specify a value for ExplicitAuthFlows, your app client supports" these, and refresh.
_DEFAULT_FLOWS = ("ALLOW_USER_SRP_AUTH", "ALLOW_CUSTOM_AUTH")

_SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400}
_HOUR, _DAY = 3600, 86400
_LONGEST_TOKEN = _HOUR  # the defaults of AWS
_LONGEST_REFRESH = 30 * _DAY
_LONGEST_GRACE = 30


def check_clients(read: UserPoolRead) -> Iterator[Finding]:
    """All that is to be said of the clients, client by client."""
    for client in read.clients:
        yield from _writable(read, client)
        for check in _CHECKS:
            yield from check(client)


def _writable(read: UserPoolRead, client: Mapping[str, Any]) -> Iterator[Finding]:
    """WriteAttributes: an attribute that apps trust, and that users write themselves."""
    schema = {one["Name"] for one in read.pool.get("SchemaAttributes", ())}
    if not signs_in_users(client):
        return
    listed = client.get("WriteAttributes")
    for name in read.trusted_attributes:
        if name not in schema or (listed is not None and name not in listed):
            continue
        unsure = listed is None and name not in _STANDARD
        if listed is None:
            kept = sorted((_STANDARD & schema) - {name}) or [_HARMLESS]
        else:
            kept = [one for one in listed if one != name] or [_HARMLESS]
        yield Finding(
            "role-attribute-writable",
            "warning" if unsure else "error",
            f"Users {'may be able to ' if unsure else ''}write {name} through {named(client)}.",
            (
                "The client has no list of attributes that it may write. AWS documents that it "
                "may then write only standard attributes; others report that it may write all. "
                if unsure
                else "Every signed-in user can call UpdateUserAttributes with their access token. "
            )
            + "If an app takes roles from this attribute, every user can choose their own role.",
            change_client(client, f".WriteAttributes = {literal(kept)}"),
        )


def _implicit(client: Mapping[str, Any]) -> Iterator[Finding]:
    """AllowedOAuthFlows: tokens in the address of a page."""
    flows = client.get("AllowedOAuthFlows") or ()
    if not client.get("AllowedOAuthFlowsUserPoolClient") or "implicit" not in flows:
        return
    kept = [flow for flow in flows if flow != "implicit"] or ["code"]
    yield Finding(
        "implicit-flow",
        "warning",
        f"{_start(client)} may use the implicit flow.",
        "Tokens come back in the address of a page: in the browser's history, in logs, and "
        "readable by scripts of others. RFC 9700, section 2.1.2, advises against it. The code "
        "flow with PKCE avoids it.",
        change_client(client, f".AllowedOAuthFlows = {literal(kept)}"),
    )


def _revocation(client: Mapping[str, Any]) -> Iterator[Finding]:
    """EnableTokenRevocation: a sign-out that ends nothing."""
    if not signs_in_users(client) or client.get("EnableTokenRevocation") is True:
        return
    yield Finding(
        "revocation-off",
        "warning",
        f"Tokens of {named(client)} cannot be revoked.",
        "A stolen refresh token works until it expires. RevokeToken refuses to revoke it, and "
        "tokens have no origin_jti by which a revocation list could name a sign-in.",
        change_client(client, ".EnableTokenRevocation = true"),
    )


def _rotation(client: Mapping[str, Any]) -> Iterator[Finding]:
    """RefreshTokenRotation: whether it is on, and its grace."""
    if not signs_in_users(client):
        return
    settings = client.get("RefreshTokenRotation") or {}
    if settings.get("Feature") != "ENABLED":
        if "ClientSecret" not in client:  # a secret binds refresh tokens to the client
            yield _rotation_off(client)
        return
    grace = settings.get("RetryGracePeriodSeconds", 0)
    if 0 < grace <= _LONGEST_GRACE:
        return
    yield Finding(
        "rotation-grace",
        "info",
        f"Refresh tokens of {named(client)} rotate with a grace period of {grace} seconds.",
        (
            "Without a grace period, a response that is lost on its way signs the user out."
            if not grace
            else "The old refresh token still works for that time, for a thief as well."
        ),
        change_client(client, ".RefreshTokenRotation.RetryGracePeriodSeconds = 10"),
    )


def _rotation_off(client: Mapping[str, Any]) -> Finding:
    change = '.RefreshTokenRotation = {Feature: "ENABLED", RetryGracePeriodSeconds: 10}'
    refresh = "ALLOW_REFRESH_TOKEN_AUTH"
    flows = client.get("ExplicitAuthFlows")
    if flows is None or refresh in flows:
        # With rotation, refreshes go through GetTokensFromRefreshToken or the token endpoint. An
        # empty list would stand for the default, which has it.
        kept = [flow for flow in flows or _DEFAULT_FLOWS if flow != refresh]
        kept = kept or ["ALLOW_USER_SRP_AUTH"]
        change += f" | .ExplicitAuthFlows = {literal(kept)}"
    return Finding(
        "rotation-off",
        "warning",
        f"{_start(client)} has no secret, and its refresh tokens do not rotate.",
        "A copied refresh token works unnoticed next to the user's until it expires "
        "(RFC 9700, section 2.2.2). With rotation, apps that refresh with InitiateAuth have to "
        "call GetTokensFromRefreshToken instead.",
        change_client(client, change),
    )


def _lifetimes(client: Mapping[str, Any]) -> Iterator[Finding]:
    """AccessTokenValidity and its like."""
    units = client.get("TokenValidityUnits") or {}
    for name, default in (("Access", "hours"), ("Id", "hours")):
        seconds = (
            client.get(f"{name}TokenValidity", 0) * _SECONDS[units.get(f"{name}Token", default)]
        )
        if seconds > _LONGEST_TOKEN:
            yield Finding(
                "token-lifetime",
                "warning",
                f"{'ID' if name == 'Id' else name} tokens of {named(client)} live for "
                f"{_shown(seconds)}.",
                "APIs that verify tokens locally accept a stolen token until it expires. The "
                "groups and roles in a token also stay valid that long after they were taken "
                "away.",
                change_client(
                    client,
                    f".{name}TokenValidity = 60 | .TokenValidityUnits.{name}Token = "
                    f"{literal('minutes')}",
                ),
            )
    if not signs_in_users(client):
        return
    seconds = client.get("RefreshTokenValidity", 0) * _SECONDS[units.get("RefreshToken", "days")]
    if seconds > _LONGEST_REFRESH:
        yield Finding(
            "refresh-lifetime",
            "info",
            f"Refresh tokens of {named(client)} live for {_shown(seconds)}.",
            "A stolen one can be used for that long if nobody revokes it, and entries in a "
            "revocation list have to last as long.",
            change_client(
                client,
                ".RefreshTokenValidity = 30 | .TokenValidityUnits.RefreshToken = "
                f"{literal('days')}",
            ),
        )


def _existence(client: Mapping[str, Any]) -> Iterator[Finding]:
    """PreventUserExistenceErrors: who has an account."""
    # The service model: "Defaults to LEGACY."
    if not signs_in_users(client) or client.get("PreventUserExistenceErrors") == "ENABLED":
        return
    yield Finding(
        "user-existence-errors",
        "warning",
        f"{_start(client)} tells strangers who has an account.",
        "Sign-in and password recovery answer UserNotFoundException if there is no account. An "
        "attacker learns for which names to try passwords.",
        change_client(client, f".PreventUserExistenceErrors = {literal('ENABLED')}"),
    )


def _start(client: Mapping[str, Any]) -> str:
    return f"T{named(client)[1:]}"


def _shown(seconds: int) -> str:
    size, unit = (_DAY, "days") if seconds % _DAY == 0 else (60, "minutes")
    count = seconds // size
    return f"{count} {unit if count != 1 else unit[:-1]}"


_CHECKS: tuple[Callable[[Mapping[str, Any]], Iterator[Finding]], ...] = (
    _implicit,
    callbacks,
    _revocation,
    _rotation,
    _lifetimes,
    _existence,
)
