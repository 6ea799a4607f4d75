"""The names of all settings, without their prefix, and the arguments that they become; and of those
that other code for Cognito has and this library has not, with what there is to say.
"""

from __future__ import annotations

__all__ = [
    "ALB_SETTINGS",
    "COOKIE_SETTINGS",
    "DEFAULT_PREFIX",
    "FAMILIAR_NAMES",
    "GUARD_SETTINGS",
    "LOGIN_SETTING_NAMES",
    "POOL_SETTINGS",
    "SETTING_NAMES",
]

DEFAULT_PREFIX = "COGNITO_"

# The setting and the argument of `UserPool` that it becomes.
POOL_SETTINGS = {
    "USER_POOL_ID": "user_pool_id",
    "CLIENT_IDS": "client_ids",
    "CLIENT_CHECK": "client_check",
    "TOKEN_USE": "token_use",
    "RESOURCES": "resources",
    "REGIONS": "regions",
    "ISSUER": "issuer",
    "JWKS": "jwks",
    "ROLE_CLAIM": "role_claim",
    "SPLIT_ROLES": "split_roles",
    "LEEWAY": "leeway",
    "CHECKS": "checks",
}
# The setting and the argument of `LoadBalancer`.
ALB_SETTINGS = {
    "ALB_ARNS": "arns",
    "ALB_CLIENT_ID": "client_id",
    "ALB_ISSUER": "issuer",
    "ALB_KEYS": "keys",
    "ALB_ROLE_CLAIM": "role_claim",
    "ALB_SPLIT_ROLES": "split_roles",
    "ALB_LEEWAY": "leeway",
    "ALB_CHECKS": "checks",
    # These become the argument `user_pool`.
    "ALB_USER_POOL_ID": "user_pool_id",
    "ALB_JWKS": "jwks",
    "ALB_RESOURCES": "resources",
    "ALB_REGIONS": "regions",
}
# The setting and the argument of `Guard`.
GUARD_SETTINGS = {
    "REALM": "realm",
    "DOCS_URL": "docs_url",
    "MAX_TOKEN_BYTES": "max_token_bytes",
    "CACHE_ENTRIES": "cache_entries",
    "CACHE_BYTES": "cache_bytes",
    "UNSAFE_ALLOW_MIXED_IDENTITIES": "unsafe_allow_mixed_identities",
    "REVOCATIONS": "revocations",
    "RESOURCE": "resource",
    "RESOURCE_SCOPES": "resource_scopes",
    "COOKIE": "carriers",
    "TOKEN_HEADER": "carriers",
}
# The setting and the argument of `Cookie`.
COOKIE_SETTINGS = {
    "COOKIE_PATH": "path",
    "COOKIE_DOMAIN": "domain",
    "COOKIE_SAMESITE": "samesite",
}
# Those of sign-in, which the guard leaves to `cognito_guard.login`.
LOGIN_SETTING_NAMES = (
    "LOGIN_DOMAIN",
    "LOGIN_CLIENT_ID",
    "LOGIN_CLIENT_SECRET",
    "LOGIN_REDIRECT_URI",
    "LOGIN_LOGOUT_URI",
    "LOGIN_SCOPES",
    "LOGIN_IDENTITY_PROVIDER",
    "LOGIN_LANG",
    "LOGIN_SECRETS",
    "LOGIN_IDLE_SECONDS",
    "LOGIN_ABSOLUTE_SECONDS",
    "LOGIN_COOKIE",
)
SETTING_NAMES = (
    "USER_POOLS",
    *POOL_SETTINGS,
    "REGION",
    *ALB_SETTINGS,
    *GUARD_SETTINGS,
    *COOKIE_SETTINGS,
)

_SIGN_IN = "it is not used to verify tokens; for sign-in, the setting is {prefix}LOGIN_"
_REGION = "the pool's id names the region already; the setting for it is {prefix}REGION"
_CLIENTS = "app clients are in {prefix}CLIENT_IDS"
_POOL = "the setting is {prefix}USER_POOL_ID"

FAMILIAR_NAMES = {
    "POOL": _POOL,
    "USER_POOL": _POOL,
    "USERPOOL": _POOL,
    "APP_CLIENT_ID": _CLIENTS,
    "WEB_CLIENT_ID": _CLIENTS,
    "USER_POOL_CLIENT_ID": _CLIENTS,
    "USERPOOL_CLIENT_ID": _CLIENTS,
    "USER_POOL_WEB_CLIENT_ID": _CLIENTS,
    "CLIENT_SECRET": f"{_SIGN_IN}CLIENT_SECRET",
    "APP_CLIENT_SECRET": f"{_SIGN_IN}CLIENT_SECRET",
    "DOMAIN": f"{_SIGN_IN}DOMAIN",
    "USER_POOL_DOMAIN": f"{_SIGN_IN}DOMAIN",
    "REDIRECT_URI": f"{_SIGN_IN}REDIRECT_URI",
    "REDIRECT_URL": f"{_SIGN_IN}REDIRECT_URI",
    "CALLBACK_URI": f"{_SIGN_IN}REDIRECT_URI",
    "CALLBACK_URL": f"{_SIGN_IN}REDIRECT_URI",
    "LOGOUT_URI": f"{_SIGN_IN}LOGOUT_URI",
    "LOGOUT_URL": f"{_SIGN_IN}LOGOUT_URI",
    "SCOPE": f"{_SIGN_IN}SCOPES",
    "SCOPES": f"{_SIGN_IN}SCOPES",
    "AWS_REGION": _REGION,
    "REGION_NAME": _REGION,
    "USER_POOL_REGION": _REGION,
    "USERPOOL_REGION": _REGION,
    "JWKS_URI": "the setting is {prefix}JWKS",
    "JWKS_URL": "the setting is {prefix}JWKS",
    "KEYS_URL": "the setting is {prefix}JWKS",
    "AUDIENCE": "app clients are in {prefix}CLIENT_IDS, resources in {prefix}RESOURCES",
    "IDENTITY_POOL_ID": "an identity pool issues AWS credentials, not tokens to verify",
}
"""The advice for each name, in which ``{prefix}`` stands for the prefix of the settings."""
