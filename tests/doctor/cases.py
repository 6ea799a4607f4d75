"""A user pool and an app client that nothing is wrong with, and what makes each finding.

The names are those of UpdateUserPool and CreateUserPoolClient, which are those of the answers too:
so a case is given to the pure functions as it is, and to moto through its API.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

POOL_ID = "eu-west-1_AbC123xyz"
CLIENT_ID = "1example23456789"
ARN = f"arn:aws:cognito-idp:eu-west-1:123456789012:userpool/{POOL_ID}"

POOL: dict[str, Any] = {
    "AdminCreateUserConfig": {"AllowAdminCreateUserOnly": True},
    "MfaConfiguration": "OPTIONAL",
    "UserPoolTier": "ESSENTIALS",
    "UserPoolTags": {"team": "it's"},
}
CLIENT: dict[str, Any] = {
    "ClientName": "web",
    "WriteAttributes": ["email", "name"],
    "ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH"],
    "AllowedOAuthFlowsUserPoolClient": True,
    "AllowedOAuthFlows": ["code"],
    "AllowedOAuthScopes": ["openid"],
    "CallbackURLs": ["https://app.example/auth/callback"],
    "LogoutURLs": ["https://app.example/"],
    "PreventUserExistenceErrors": "ENABLED",
    "EnableTokenRevocation": True,
    "RefreshTokenRotation": {"Feature": "ENABLED", "RetryGracePeriodSeconds": 10},
    "AccessTokenValidity": 60,
    "IdTokenValidity": 1,
    "RefreshTokenValidity": 30,
    "TokenValidityUnits": {"AccessToken": "minutes", "IdToken": "hours"},
}
SCHEMA = [
    {"Name": "email", "AttributeDataType": "String", "Mutable": True},
    {"Name": "custom:role", "AttributeDataType": "String", "Mutable": True},
]


class Case(NamedTuple):
    """What makes one finding. A member that is ``None`` is left out."""

    id: str
    level: str
    pool: Mapping[str, Any] = {}
    client: Mapping[str, Any] = {}
    name: str = ""
    groups: tuple[str, ...] = ()


def with_changes(settings: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a case."""
    changed = {**settings, **changes}
    return {name: value for name, value in changed.items() if value is not None}


_TRIGGER = {
    "PreTokenGenerationConfig": {
        "LambdaVersion": "V2_0",
        "LambdaArn": "arn:aws:lambda:eu-west-1:123456789012:function:claims",
    }
}
_REGISTRATION = {"EnableStatus": "Enabled", "OpenDcrEnabled": True}
_LITE = {"UserPoolTier": "LITE"}
_OFF = {"Feature": "DISABLED"}

CASES = [
    Case(
        "self-sign-up",
        "warning",
        pool={"AdminCreateUserConfig": {"AllowAdminCreateUserOnly": False}},
        groups=("admins",),
    ),
    Case("open-registration", "warning", pool={"DcrConfiguration": _REGISTRATION}),
    Case(
        "open-registration",
        "error",
        pool={"DcrConfiguration": {**_REGISTRATION, "OpenDcrGrantTypes": ["client_credentials"]}},
        name="of machines",
    ),
    Case("mfa-off", "warning", pool={"MfaConfiguration": "OFF"}),
    Case("tier-ignores", "warning", pool={**_LITE, "LambdaConfig": _TRIGGER}, name="trigger"),
    Case(
        "tier-ignores",
        "warning",
        pool={**_LITE, "DcrConfiguration": {"EnableStatus": "Enabled"}},
        name="registration",
    ),
    Case(
        "tier-ignores",
        "warning",
        pool={
            **_LITE,
            "Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "WEB_AUTHN"]}},
        },
        name="passkeys",
    ),
    Case(
        "tier-ignores",
        "warning",
        pool={**_LITE, "AcrConfiguration": {"LOA1": {"AcrValue": "password"}}},
        name="levels",
    ),
    Case(
        "tier-ignores",
        "warning",
        pool=_LITE,
        client={"ExplicitAuthFlows": ["ALLOW_USER_AUTH"]},
        name="choice",
    ),
    Case("role-attribute-writable", "error", client={"WriteAttributes": ["email", "custom:role"]}),
    Case(
        "role-attribute-writable",
        "error",
        client={"WriteAttributes": ["custom:role"]},
        name="nothing else",
    ),
    Case("role-attribute-writable", "warning", client={"WriteAttributes": None}, name="no list"),
    Case("implicit-flow", "warning", client={"AllowedOAuthFlows": ["code", "implicit"]}),
    Case("implicit-flow", "warning", client={"AllowedOAuthFlows": ["implicit"]}, name="alone"),
    Case(
        "callback-wildcard",
        "error",
        client={"CallbackURLs": ["https://*.app.example/", "https://app.example/"]},
    ),
    Case(
        "callback-wildcard", "error", client={"LogoutURLs": ["https://app.example/*"]}, name="out"
    ),
    Case("callback-http", "error", client={"CallbackURLs": ["http://app.example/callback"]}),
    Case(
        "callback-http",
        "error",
        client={
            "CallbackURLs": ["HTTP://app.example/", "https://app.example/"],
            "DefaultRedirectURI": "HTTP://app.example/",
        },
        name="default",
    ),
    Case("callback-http", "error", client={"LogoutURLs": ["http://app.example/"]}, name="out"),
    Case(
        "callback-localhost",
        "info",
        client={
            "CallbackURLs": ["https://app.example/", "http://localhost:8000/"],
            "DefaultRedirectURI": "http://localhost:8000/",
        },
    ),
    Case(
        "callback-localhost", "info", client={"CallbackURLs": ["http://[::1]:8000/"]}, name="alone"
    ),
    Case("revocation-off", "warning", client={"EnableTokenRevocation": False}),
    Case(
        "rotation-off",
        "warning",
        client={
            "RefreshTokenRotation": _OFF,
            "ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        },
    ),
    Case(
        "rotation-off",
        "warning",
        client={
            "RefreshTokenRotation": None,
            "ExplicitAuthFlows": ["ALLOW_REFRESH_TOKEN_AUTH"],
        },
        name="refresh alone",
    ),
    Case(
        "rotation-off",
        "warning",
        client={"RefreshTokenRotation": _OFF, "ExplicitAuthFlows": None},
        name="no flows",
    ),
    Case(
        "rotation-off",
        "warning",
        client={"RefreshTokenRotation": _OFF},
        name="flows without refresh",
    ),
    Case(
        "rotation-grace",
        "info",
        client={"RefreshTokenRotation": {"Feature": "ENABLED", "RetryGracePeriodSeconds": 0}},
    ),
    Case(
        "rotation-grace",
        "info",
        client={"RefreshTokenRotation": {"Feature": "ENABLED", "RetryGracePeriodSeconds": 60}},
        name="long",
    ),
    Case("token-lifetime", "warning", client={"AccessTokenValidity": 61}),
    Case("token-lifetime", "warning", client={"IdTokenValidity": 24}, name="ID"),
    Case("refresh-lifetime", "info", client={"RefreshTokenValidity": 31}),
    Case("user-existence-errors", "warning", client={"PreventUserExistenceErrors": None}),
    Case(
        "user-existence-errors",
        "warning",
        client={"PreventUserExistenceErrors": "LEGACY"},
        name="legacy",
    ),
]

NOTHING = [
    Case("", "", name="as it is"),
    Case(
        "",
        "",
        pool={"DcrConfiguration": {**_REGISTRATION, "OpenDcrGrantTypes": []}},
        name="registration of nothing",
    ),
    Case(
        "",
        "",
        pool={"DcrConfiguration": {"EnableStatus": "Enabled", "OpenDcrEnabled": False}},
        name="registration with a token",
    ),
    Case("", "", pool={"AdminCreateUserConfig": {"AllowAdminCreateUserOnly": False}}, name="open"),
    Case("", "", groups=("admins",), name="groups, and closed"),
    Case("", "", pool=_LITE, name="lite"),
    Case(
        "",
        "",
        pool={
            **_LITE,
            "LambdaConfig": {
                "PreTokenGenerationConfig": {
                    **_TRIGGER["PreTokenGenerationConfig"],
                    "LambdaVersion": "V1_0",
                }
            },
            "AcrConfiguration": {"LOA1": {"AcrValue": "urn:cognito:loa:1"}},
        },
        name="lite, and what it has",
    ),
    Case(
        "",
        "",
        pool={**POOL, "LambdaConfig": _TRIGGER},
        name="trigger, and the tier for it",
    ),
    Case(
        "",
        "",
        client={
            "AllowedOAuthFlowsUserPoolClient": False,
            "AllowedOAuthFlows": ["implicit"],
            "CallbackURLs": ["http://app.example/*"],
        },
        name="no pages",
    ),
    Case(
        "",
        "",
        client={
            "AllowedOAuthFlows": ["client_credentials"],
            "ExplicitAuthFlows": ["ALLOW_REFRESH_TOKEN_AUTH"],
            "CallbackURLs": None,
            "WriteAttributes": ["custom:role"],
            "EnableTokenRevocation": False,
            "RefreshTokenRotation": None,
            "RefreshTokenValidity": 3650,
            "PreventUserExistenceErrors": None,
        },
        name="a machine",
    ),
    Case("", "", client={"CallbackURLs": ["myapp://callback"]}, name="an app's own scheme"),
]
"""What nothing is to be said of."""


def title(case: Case) -> str:
    """For the name of a test."""
    return " ".join(filter(None, (case.id, case.name)))
