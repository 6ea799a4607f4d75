"""What to look at in the settings of a user pool itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .commands import aws, change_pool, literal
from .findings import Finding
from .reading import UserPoolRead, named

__all__ = ["CHECKS"]

_OPEN_GRANTS = ["code"]  # the default of OpenDcrGrantTypes


def self_sign_up(read: UserPoolRead) -> Iterator[Finding]:
    """AdminCreateUserConfig: anybody makes an account in a pool whose groups are trusted."""
    pool = read.pool
    if not read.groups or pool.get("AdminCreateUserConfig", {}).get("AllowAdminCreateUserOnly"):
        return
    groups = ", ".join(group["GroupName"] for group in read.groups[:5])
    more = f" and {len(read.groups) - 5} more" if len(read.groups) > 5 else ""
    yield Finding(
        "self-sign-up",
        "warning",
        f"Anybody can sign up to {pool['Id']}, which has groups ({groups}{more}).",
        "A stranger gets valid tokens. They pass a route that requires a token but no group, and "
        "also a route that requires a group, if a trigger puts new users into it.",
        change_pool(pool, ".AdminCreateUserConfig.AllowAdminCreateUserOnly = true"),
    )


def open_registration(read: UserPoolRead) -> Iterator[Finding]:
    """DcrConfiguration: anybody registers an app client, without a token."""
    settings = read.pool.get("DcrConfiguration") or {}
    grants = settings.get("OpenDcrGrantTypes", _OPEN_GRANTS)
    if settings.get("EnableStatus") != "Enabled" or not settings.get("OpenDcrEnabled"):
        return
    if not grants:  # then every registration is refused
        return
    machines = "client_credentials" in grants
    yield Finding(
        "open-registration",
        "error" if machines else "warning",
        f"Anybody can register an app client with {read.pool['Id']}, without a token.",
        (
            "Such a client gets machine tokens without a user, and you pay for them. "
            if machines
            else "Such a client may show your users a consent page that looks like yours. "
        )
        + "An API that accepts tokens of any client of the pool accepts its tokens too.",
        change_pool(read.pool, ".DcrConfiguration.OpenDcrEnabled = false"),
    )


def no_mfa(read: UserPoolRead) -> Iterator[Finding]:
    """MfaConfiguration: nobody can have a second factor."""
    if read.pool.get("MfaConfiguration", "OFF") != "OFF":
        return
    yield Finding(
        "mfa-off",
        "warning",
        f"No user can have a second factor in {read.pool['Id']}.",
        "A password that was guessed or used elsewhere is enough to sign in. Users of other "
        "identity providers have a second factor only there.",
        aws(
            "cognito-idp",
            "set-user-pool-mfa-config",
            *("--region", read.pool["Id"].partition("_")[0]),
            *("--user-pool-id", read.pool["Id"]),
            *("--mfa-configuration", "OPTIONAL"),
            *("--software-token-mfa-configuration", "Enabled=true"),
        ),
    )


def updated_issuer(read: UserPoolRead) -> Iterator[Finding]:
    """IssuerConfiguration: tokens name an issuer that AWS's own front doors do not take."""
    if not read.fronts or read.pool.get("IssuerConfiguration", {}).get("Type") != "UPDATED":
        return
    yield Finding(
        "updated-issuer",
        "error",
        f"{read.pool['Id']} issues the updated issuer, and is used by {', '.join(read.fronts)}.",
        "Sign-in by a load balancer, and the Cognito authorizers of API Gateway, work only with "
        "the original form of the issuer.",
        change_pool(read.pool, f".IssuerConfiguration.Type = {literal('ORIGINAL')}"),
    )


def idle_in_tier(read: UserPoolRead) -> Iterator[Finding]:
    """UserPoolTier: what is set and does nothing on the Lite tier."""
    if read.pool.get("UserPoolTier") != "LITE":
        return
    idle = [text for text, is_set in _ABOVE_LITE.items() if is_set(read)]
    idle += [
        f"choice-based sign-in (ALLOW_USER_AUTH) of {named(client)}"
        for client in read.clients
        if "ALLOW_USER_AUTH" in (client.get("ExplicitAuthFlows") or ())
    ]
    if not idle:
        return
    yield Finding(
        "tier-ignores",
        "warning",
        f"{read.pool['Id']} is on the Lite tier, which has no {'; no '.join(idle)}.",
        "It is configured, but has no effect: claims that apps expect are missing, and a "
        "stronger sign-in that apps request never takes place. Another tier costs more for each "
        "user.",
        change_pool(read.pool, f".UserPoolTier = {literal('ESSENTIALS')}"),
    )


def _trigger(read: UserPoolRead) -> bool:
    config = read.pool.get("LambdaConfig", {}).get("PreTokenGenerationConfig", {})
    return bool(config.get("LambdaVersion", "V1_0") != "V1_0")


def _factors(read: UserPoolRead) -> bool:
    policy: dict[str, Any] = read.pool.get("Policies", {}).get("SignInPolicy", {})
    return bool(set(policy.get("AllowedFirstAuthFactors", ())) - {"PASSWORD"})


def _levels(read: UserPoolRead) -> bool:
    """Whether a level of sign-in has another name than AWS's, which describes all four."""
    levels = (read.pool.get("AcrConfiguration") or {}).values()
    return any(not one.get("AcrValue", "").startswith("urn:cognito:loa:") for one in levels)


# The service model says of each: "your user pool must be in the Essentials tier or higher"; of the
# trigger, the developer guide ("Essentials plan features").
_ABOVE_LITE: dict[str, Callable[[UserPoolRead], bool]] = {
    "claims of a trigger in access tokens (pre token generation V2 and V3)": _trigger,
    "dynamic client registration": lambda read: (
        (read.pool.get("DcrConfiguration") or {}).get("EnableStatus") == "Enabled"
    ),
    "passkeys and one-time passwords as first factors": _factors,
    "your own names for levels of sign-in": _levels,
}

CHECKS: tuple[Callable[[UserPoolRead], Iterator[Finding]], ...] = (
    updated_issuer,
    open_registration,
    self_sign_up,
    no_mfa,
    idle_in_tier,
)
