"""One vocabulary of settings, for the environment, Flask's config, Django's settings and others.

Names are given without their prefix here; ``COGNITO_`` is the prefix in the environment and in
Flask's config. An unknown name, a wrong type or an empty value is a ``ConfigurationError``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from .alb import LoadBalancer
from .carriers import AuthorizationHeader, Cookie
from .errors import ConfigurationError
from .pool import ANY_CLIENT, UserPool

__all__ = ["DEFAULT_PREFIX", "SETTING_NAMES", "guard_arguments", "values_from_text"]

DEFAULT_PREFIX = "COGNITO_"

# The setting and the argument of `UserPool` that it becomes.
_POOL_SETTINGS = {
    "USER_POOL_ID": "user_pool_id",
    "CLIENT_IDS": "client_ids",
    "TOKEN_USE": "token_use",
    "RESOURCES": "resources",
    "ISSUER": "issuer",
    "JWKS": "jwks",
    "ROLE_CLAIM": "role_claim",
    "SPLIT_ROLES": "split_roles",
    "LEEWAY": "leeway",
    "CHECKS": "checks",
}
# The setting and the argument of `LoadBalancer`.
_ALB_SETTINGS = {
    "ALB_ARNS": "arns",
    "ALB_CLIENT_ID": "client_id",
    "ALB_ISSUER": "issuer",
    "ALB_KEYS": "keys",
    "ALB_ROLE_CLAIM": "role_claim",
    "ALB_SPLIT_ROLES": "split_roles",
    "ALB_LEEWAY": "leeway",
    "ALB_CHECKS": "checks",
    # These two become the argument `user_pool`.
    "ALB_USER_POOL_ID": "user_pool_id",
    "ALB_JWKS": "jwks",
}
# The setting and the argument of `Guard`.
_GUARD_SETTINGS = {
    "REALM": "realm",
    "MAX_TOKEN_BYTES": "max_token_bytes",
    "CACHE_ENTRIES": "cache_entries",
    "CACHE_BYTES": "cache_bytes",
    "COOKIE": "carriers",
}
# What is said of a pool's tokens and looks as if it were said of every caller.
_SAID_OF_TOKENS = ("ROLE_CLAIM", "CHECKS")
SETTING_NAMES = ("USER_POOLS", *_POOL_SETTINGS, *_ALB_SETTINGS, *_GUARD_SETTINGS)


def guard_arguments(
    settings: Mapping[str, Any], prefix: str = DEFAULT_PREFIX
) -> tuple[list[UserPool | LoadBalancer], dict[str, Any]]:
    """The positional and the keyword arguments of a ``Guard``, from settings with typed values.

    Only names that start with ``prefix`` are looked at. One pool is described by the pool's
    settings themselves, several by ``USER_POOLS``, a list of mappings with names without a prefix;
    load balancers by the settings that start with ``ALB_``. With those, no pool is needed.
    """
    values = _own(settings, prefix)
    several = values.pop("USER_POOLS", None)
    balanced = {name: values.pop(name) for name in _ALB_SETTINGS if name in values}
    keywords: dict[str, Any] = {
        argument: values.pop(name) for name, argument in _GUARD_SETTINGS.items() if name in values
    }
    if "carriers" in keywords:
        keywords["carriers"] = (AuthorizationHeader(), Cookie(keywords["carriers"]))
    trusted: list[UserPool | LoadBalancer] = []
    if several is not None:
        trusted += _pools(several, values, prefix)
    elif values or not balanced:
        trusted.append(_pool(values, prefix))
    if balanced:
        _refuse_half(values, balanced, prefix)
        trusted.append(_load_balancer(balanced, prefix))
    return trusted, keywords


def _pools(several: object, values: Mapping[str, Any], prefix: str) -> list[UserPool]:
    if values:
        raise ConfigurationError(
            f"{prefix}USER_POOLS describes every pool; move {prefix}{min(values)} into it"
        )
    if not isinstance(several, list | tuple) or not several:
        raise ConfigurationError(f"{prefix}USER_POOLS must be a list with a mapping for each pool")
    pools = []
    for number, one in enumerate(several):
        where = f"{prefix}USER_POOLS[{number}]."
        if not isinstance(one, Mapping):
            raise ConfigurationError(f"{where[:-1]} must be a mapping of settings")
        described = {f"{where}{name}": value for name, value in one.items()}
        pools.append(_pool(_own(described, where, tuple(_POOL_SETTINGS)), where))
    return pools


def values_from_text(environ: Mapping[str, str], prefix: str = DEFAULT_PREFIX) -> dict[str, Any]:
    """The settings in an environment, their texts turned into the types that they stand for.

    Lists are separated by commas or spaces, truth is ``true`` or ``false``, ``USER_POOLS`` is JSON.
    """
    values: dict[str, Any] = {}
    for name, text in environ.items():
        if name.startswith(prefix):
            convert = _FROM_TEXT.get(name.removeprefix(prefix), str)
            try:
                values[name] = convert(text)
            except ValueError as problem:
                raise ConfigurationError(f"{name} {problem}") from None
    return values


def _own(
    settings: Mapping[str, Any], prefix: str, known: tuple[str, ...] = SETTING_NAMES
) -> dict[str, Any]:
    """The settings under a prefix, without it. Raises ``ConfigurationError`` for an unknown one."""
    values: dict[str, Any] = {}
    for full_name, value in settings.items():
        if not isinstance(full_name, str) or not full_name.startswith(prefix):
            continue
        name = full_name.removeprefix(prefix)
        if name not in known:
            raise ConfigurationError(_unknown(full_name, name, prefix, known))
        values[name] = value
    return values


def _unknown(full_name: str, name: str, prefix: str, known: tuple[str, ...]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name.upper(), known, n=1)
    if close:
        return f"unknown setting {full_name}; did you mean {prefix}{close[0]}?"
    text = f"unknown setting {full_name}; known are {', '.join(prefix + each for each in known)}"
    if prefix == DEFAULT_PREFIX:
        text += "; where others use that prefix too, give these settings one of their own (prefix=)"
    return text


def _pool(values: Mapping[str, Any], prefix: str) -> UserPool:
    for required in ("USER_POOL_ID", "CLIENT_IDS"):
        if required not in values:
            raise ConfigurationError(f"the setting {prefix}{required} is missing")
    arguments = {_POOL_SETTINGS[name]: value for name, value in values.items()}
    if arguments["client_ids"] in ("ANY_CLIENT", ["ANY_CLIENT"], ("ANY_CLIENT",)):
        arguments["client_ids"] = ANY_CLIENT
    _refuse_none({name: value for name, value in values.items() if name != "ROLE_CLAIM"}, prefix)
    try:
        return UserPool(**arguments)
    except ConfigurationError as error:
        # The message names the argument; where the settings come from, the setting says more.
        raise ConfigurationError(f"{prefix}*: {error}") from None


def _load_balancer(values: Mapping[str, Any], prefix: str) -> LoadBalancer:
    for required in ("ALB_ARNS", "ALB_CLIENT_ID"):
        if required not in values:
            raise ConfigurationError(f"the setting {prefix}{required} is missing")
    _refuse_none(
        {name: value for name, value in values.items() if name != "ALB_ROLE_CLAIM"}, prefix
    )
    arguments = {_ALB_SETTINGS[name]: value for name, value in values.items()}
    user_pool_id, jwks = arguments.pop("user_pool_id", None), arguments.pop("jwks", None)
    if jwks is not None and user_pool_id is None:
        raise ConfigurationError(f"{prefix}ALB_JWKS needs {prefix}ALB_USER_POOL_ID")
    try:
        if user_pool_id is not None:
            arguments["user_pool"] = UserPool(
                user_pool_id,
                client_ids=[arguments["client_id"]],
                issuer=arguments.get("issuer"),
                jwks=jwks,
                leeway=arguments.get("leeway", 0),
            )
        return LoadBalancer(**arguments)
    except ConfigurationError as error:
        raise ConfigurationError(f"{prefix}ALB_*: {error}") from None


def _refuse_half(values: Mapping[str, Any], balanced: Mapping[str, Any], prefix: str) -> None:
    for name in _SAID_OF_TOKENS:
        if name in values and f"ALB_{name}" not in balanced:
            raise ConfigurationError(
                f"{prefix}{name} is about tokens of the user pool only; set {prefix}ALB_{name} as "
                "well, for those who come through the load balancers"
            )


def _refuse_none(values: Mapping[str, Any], prefix: str) -> None:
    # `None` is no value of a setting; in Python it would waive a check without saying so.
    for name, value in values.items():
        if value is None:
            raise ConfigurationError(f"{prefix}{name} must not be None; leave the setting out")


def _list(text: str) -> list[str]:
    return text.replace(",", " ").split()


def _bool(text: str) -> bool:
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    raise ValueError("must be true or false")


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError("must be a number of seconds") from None


def _integer(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError("must be a whole number") from None


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise ValueError("must be JSON") from None


_FROM_TEXT: dict[str, Callable[[str], Any]] = {
    "CLIENT_IDS": _list,
    "RESOURCES": _list,
    "ALB_ARNS": _list,
    "ALB_SPLIT_ROLES": _bool,
    "ALB_LEEWAY": _number,
    "SPLIT_ROLES": _bool,
    "LEEWAY": _number,
    "MAX_TOKEN_BYTES": _integer,
    "CACHE_ENTRIES": _integer,
    "CACHE_BYTES": _integer,
    "USER_POOLS": _json,
}
