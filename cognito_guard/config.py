"""One vocabulary of settings, for the environment, Flask's config, Django's settings and others.

Names are given without their prefix here; ``COGNITO_`` is the prefix in the environment and in
Flask's config. An unknown name, a wrong type or an empty value is a ``ConfigurationError``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

from ._support.arguments import alone
from ._support.setting_errors import blamed_on, elsewhere, listed, told_value
from ._support.setting_names import (
    ALB_SETTINGS,
    COOKIE_SETTINGS,
    DEFAULT_PREFIX,
    FAMILIAR_NAMES,
    GUARD_SETTINGS,
    LOGIN_SETTING_NAMES,
    POOL_SETTINGS,
    SETTING_NAMES,
)
from ._support.setting_texts import as_bool, as_integer, as_json, as_list, as_number, as_text
from .errors import ConfigurationError
from .http.carriers import AuthorizationHeader, Carrier, Cookie, Header
from .tokens.user_pool import ANY_CLIENT, DYNAMIC_CLIENTS, UserPool

if TYPE_CHECKING:
    from .load_balancers.load_balancer import LoadBalancer

__all__ = [
    "DEFAULT_PREFIX",
    "FAMILIAR_NAMES",
    "LOGIN_SETTING_NAMES",
    "SETTING_NAMES",
    "blamed_on_guard",
    "guard_arguments",
    "login_values",
    "values_from_text",
]

_OF_ITS_POOL = ("jwks", "resources", "regions")
# What is said of a pool's tokens and looks as if it were said of every caller.
_SAID_OF_TOKENS = ("ROLE_CLAIM", "SPLIT_ROLES", "CHECKS", "RESOURCES")
# The words that stand for a list of clients.
_CLIENT_WORDS: dict[object, object] = {
    "ANY_CLIENT": ANY_CLIENT,
    "DYNAMIC_CLIENTS": DYNAMIC_CLIENTS,
}
# Those that are lists, wherever texts are not turned into lists.
_LISTS = ("CLIENT_IDS", "RESOURCES", "REGIONS", "ALB_ARNS", "ALB_RESOURCES", "ALB_REGIONS")


def guard_arguments(
    settings: Mapping[str, Any], prefix: str = DEFAULT_PREFIX
) -> tuple[list[UserPool | LoadBalancer], dict[str, Any]]:
    """The positional and the keyword arguments of a ``Guard``, from settings with typed values.
    Only names that start with ``prefix`` are read. One pool is described by the pool's settings
    themselves, several by ``USER_POOLS``, a list of mappings with names without a prefix; load
    balancers by the settings that start with ``ALB_``. With those, no pool is needed.
    """
    values = _own(settings, prefix, (*SETTING_NAMES, *LOGIN_SETTING_NAMES))
    for name in LOGIN_SETTING_NAMES:
        values.pop(name, None)
    region = values.pop("REGION", None)
    said, several = "USER_POOLS" in values, values.pop("USER_POOLS", None)
    balanced = {name: values.pop(name) for name in ALB_SETTINGS if name in values}
    carriers = _carriers(values, prefix)
    keywords: dict[str, Any] = {
        argument: values.pop(name) for name, argument in GUARD_SETTINGS.items() if name in values
    }
    if carriers:
        keywords["carriers"] = carriers
    trusted: list[UserPool | LoadBalancer] = []
    if said:
        trusted += _pools(several, values, prefix)
    elif values or not balanced:
        trusted.append(_pool(values, prefix))
    if balanced:
        for one in several or [values]:
            _refuse_half(one, balanced, prefix)
        trusted.append(_load_balancer(balanced, prefix))
    if f"{prefix}REGION" in settings:
        _check_region(region, trusted, prefix)
    return trusted, keywords


def blamed_on_guard(settings: Mapping[str, Any], prefix: str) -> AbstractContextManager[None]:
    """Make an error of a guard that was built from settings name the setting that is wrong."""
    names = {
        argument: f"{prefix}{name}"
        for name, argument in {**GUARD_SETTINGS, **POOL_SETTINGS}.items()
        if argument != "carriers"
    }
    for argument in ("jwks", "issuer"):
        name, of_alb = f"{prefix}{argument.upper()}", f"{prefix}ALB_{argument.upper()}"
        # Keys are looked for only then, and not which pool they are of is said.
        if name not in settings and of_alb in settings:
            names[argument] = of_alb
        elif name not in settings and f"{prefix}USER_POOLS" in settings:
            names[argument] = argument
    return blamed_on(names, settings)


def _check_region(region: object, trusted: Iterable[UserPool | LoadBalancer], prefix: str) -> None:
    """``REGION`` changes nothing. What contradicts the pools is a mistake in one of the two."""
    pools = [one if isinstance(one, UserPool) else one.user_pool for one in trusted]
    ids = [pool.user_pool_id for pool in pools if pool is not None]
    if not ids or any(each.partition("_")[0] != region for each in ids):
        told = told_value("REGION", region)
        raise ConfigurationError(
            f"{prefix}REGION is not the region that the id of each user pool begins with; leave "
            f"it out, or correct one of them{told}"
        )


def login_values(settings: Mapping[str, Any], prefix: str = DEFAULT_PREFIX) -> dict[str, Any]:
    """The settings of sign-in, without the prefix. It reads them as :func:`guard_arguments`
    does."""
    start = f"{prefix}LOGIN_"
    return {
        f"LOGIN_{name}": value
        for name, value in _own(
            settings, start, tuple(each.removeprefix("LOGIN_") for each in LOGIN_SETTING_NAMES)
        ).items()
    }


def _carriers(values: dict[str, Any], prefix: str) -> tuple[Carrier, ...]:
    """Where tokens are looked for, taken out of the settings; empty where nothing was said."""
    carriers: list[Carrier] = []
    if "TOKEN_HEADER" in values:
        with _blamed_on(f"{prefix}TOKEN_HEADER"):
            carriers.append(Header(values.pop("TOKEN_HEADER")))
    cookie = {name: values.pop(name) for name in COOKIE_SETTINGS if name in values}
    if cookie and "COOKIE" not in values:
        raise ConfigurationError(f"{prefix}{min(cookie)} needs {prefix}COOKIE, the cookie's name")
    if "COOKIE" in values:
        carriers.append(_cookie(values.pop("COOKIE"), cookie, prefix))
        if len(carriers) == 1:
            carriers.insert(0, AuthorizationHeader())
    return tuple(carriers)


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
        pools.append(_pool(_own(described, where, tuple(POOL_SETTINGS)), where))
    return pools


def values_from_text(environ: Mapping[str, str], prefix: str = DEFAULT_PREFIX) -> dict[str, Any]:
    """The settings in an environment, with their texts converted to the right types. Lists are
    separated by commas or spaces, booleans are ``true`` or ``false``, ``USER_POOLS`` is JSON.
    """
    values: dict[str, Any] = {}
    for name, text in environ.items():
        if name.startswith(prefix):
            convert = _FROM_TEXT.get(name.removeprefix(prefix), as_text)
            try:
                values[name] = convert(text)
            except ValueError as problem:
                told = _meant(name, text, convert) + told_value(name, text)
                raise ConfigurationError(f"{name} {problem}{told}") from None
    return values


def _meant(name: str, text: str, convert: Callable[[str], Any]) -> str:
    """What to write instead, where that can be told from what is there."""
    if name.endswith("CLIENT_IDS") and (hint := alone(listed(text))):
        return hint
    meant = ",".join(listed(text)) if convert is as_list else text.strip(" \t\r\n'\"`")
    try:
        convert(meant)
    except ValueError:
        return ""
    # A secret is shown neither as it is nor as it is meant.
    return f"; write {meant}" if meant and told_value(name, text) else ""


def _own(settings: Mapping[str, Any], prefix: str, known: tuple[str, ...]) -> dict[str, Any]:
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

    if name.upper() in FAMILIAR_NAMES and "USER_POOLS" in known:
        return (
            f"unknown setting {full_name}: {FAMILIAR_NAMES[name.upper()].format(prefix=prefix)}; "
            f"if other code reads {full_name}, give these settings their own prefix (prefix=)"
        )
    close = get_close_matches(name.upper(), known, n=1)
    if close:
        return f"unknown setting {full_name}; did you mean {prefix}{close[0]}?"
    text = f"unknown setting {full_name}; known are {', '.join(prefix + each for each in known)}"
    if prefix == DEFAULT_PREFIX:
        text += (
            "; if other code uses that prefix too, give these settings their own prefix (prefix=)"
        )
    return text


def _pool(values: Mapping[str, Any], prefix: str) -> UserPool:
    _require(values, ("USER_POOL_ID", "CLIENT_IDS"), prefix)
    arguments = {POOL_SETTINGS[name]: value for name, value in values.items()}
    clients = arguments["client_ids"]
    # As a list, too: that is how a word comes out of an environment.
    word = clients[0] if isinstance(clients, list | tuple) and len(clients) == 1 else clients
    if isinstance(word, str):
        arguments["client_ids"] = _CLIENT_WORDS.get(word, clients)
    _refuse_none({name: value for name, value in values.items() if name != "ROLE_CLAIM"}, prefix)
    if not isinstance(word, str) or word not in _CLIENT_WORDS:
        _refuse_text(values, prefix)
    with _blamed_on_arguments(POOL_SETTINGS, values, prefix, f"{prefix}*"):
        return UserPool(**arguments)


def _load_balancer(values: Mapping[str, Any], prefix: str) -> LoadBalancer:
    from .load_balancers.load_balancer import LoadBalancer

    _require(values, ("ALB_ARNS", "ALB_CLIENT_ID"), prefix)
    _refuse_none(
        {name: value for name, value in values.items() if name != "ALB_ROLE_CLAIM"}, prefix
    )
    arguments = {ALB_SETTINGS[name]: value for name, value in values.items()}
    user_pool_id = arguments.pop("user_pool_id", None)
    of_its_pool = {name: arguments.pop(name) for name in _OF_ITS_POOL if name in arguments}
    if of_its_pool and user_pool_id is None:
        name = f"{prefix}ALB_{min(of_its_pool).upper()}"
        raise ConfigurationError(f"{name} needs {prefix}ALB_USER_POOL_ID")
    _refuse_text(values, prefix)
    with _blamed_on_arguments(ALB_SETTINGS, values, prefix, f"{prefix}ALB_*"):
        if user_pool_id is not None:
            arguments["user_pool"] = UserPool(
                user_pool_id,
                client_ids=[arguments["client_id"]],
                issuer=arguments.get("issuer"),
                leeway=arguments.get("leeway", 0),
                **of_its_pool,
            )
        return LoadBalancer(**arguments)


def _require(values: Mapping[str, Any], names: Iterable[str], prefix: str) -> None:
    for name in names:
        if name not in values:
            hint = elsewhere(f"{prefix}{name}")
            raise ConfigurationError(f"the setting {prefix}{name} is missing{hint}")


def _refuse_text(values: Mapping[str, Any], prefix: str) -> None:
    for name in _LISTS:
        value = values.get(name)
        if isinstance(value, str):
            found = listed(value)
            meant = f"; write {json.dumps(found)}" if found else ""
            if name == "CLIENT_IDS":
                meant = alone(found) or meant
            told = told_value(name, value)
            raise ConfigurationError(f"{prefix}{name} must be a list of texts{meant}{told}")


def _blamed_on_arguments(
    arguments: Mapping[str, str], values: Mapping[str, Any], prefix: str, otherwise: str
) -> AbstractContextManager[None]:
    names = {argument: f"{prefix}{name}" for name, argument in arguments.items()}
    return blamed_on(names, {f"{prefix}{name}": values[name] for name in values}, otherwise)


def _cookie(name: str, values: Mapping[str, Any], prefix: str) -> Cookie:
    _refuse_none(values, prefix)
    arguments: dict[str, Any] = {}
    # One more each time, so that the one at fault is known.
    with _blamed_on(f"{prefix}COOKIE"):
        cookie = Cookie(name)
    for setting, value in values.items():
        arguments[COOKIE_SETTINGS[setting]] = value
        with _blamed_on(f"{prefix}{setting}"):
            cookie = Cookie(name, **arguments)
    return cookie


@contextmanager
def _blamed_on(setting: str) -> Iterator[None]:
    try:
        yield
    except ConfigurationError as error:
        raise ConfigurationError(f"{setting}: {error}") from None


def _refuse_half(values: Mapping[str, Any], balanced: Mapping[str, Any], prefix: str) -> None:
    for name in _SAID_OF_TOKENS:
        if name in values and f"ALB_{name}" not in balanced:
            raise ConfigurationError(
                f"{prefix}{name} applies to tokens of the user pool only; set {prefix}ALB_{name} "
                "as well, for callers that come through the load balancers"
            )


def _refuse_none(values: Mapping[str, Any], prefix: str) -> None:
    # `None` is no value of a setting; in Python it would waive a check without saying so.
    for name, value in values.items():
        if value is None:
            raise ConfigurationError(f"{prefix}{name} must not be None; leave the setting out")


_FROM_TEXT: dict[str, Callable[[str], Any]] = {
    "LOGIN_SCOPES": as_list,
    "LOGIN_SECRETS": as_list,
    "LOGIN_IDLE_SECONDS": as_number,
    "LOGIN_ABSOLUTE_SECONDS": as_number,
    "CLIENT_IDS": as_list,
    "RESOURCES": as_list,
    "RESOURCE_SCOPES": as_list,
    "REGIONS": as_list,
    "ALB_ARNS": as_list,
    "ALB_RESOURCES": as_list,
    "ALB_REGIONS": as_list,
    "ALB_SPLIT_ROLES": as_bool,
    "ALB_LEEWAY": as_number,
    "SPLIT_ROLES": as_bool,
    "LEEWAY": as_number,
    "MAX_TOKEN_BYTES": as_integer,
    "CACHE_ENTRIES": as_integer,
    "CACHE_BYTES": as_integer,
    "UNSAFE_ALLOW_MIXED_IDENTITIES": as_bool,
    "USER_POOLS": as_json,
    "COOKIE_SAMESITE": str,  # "none" is one of its values
}
