"""The guard that the options describe, or the settings of the app: its environment, or a file."""

from __future__ import annotations

import re
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from .._support.clock import calendar
from ..config import blamed_on_guard, guard_arguments, values_from_text
from ..errors import ConfigurationError
from ..guard import Guard
from ..load_balancers.load_balancer import LoadBalancer
from ..policy import Policy, build_policy
from ..tokens.user_pool import ANY_CLIENT, AnyClient, UserPool
from .app_settings import environment, prefix_of
from .arguments import in_options, load_balancer_arguments, pool_arguments

__all__ = ["guard_of", "named", "policy_of"]

# The options that win over a setting.
_SETTINGS = {
    "client_id": "CLIENT_IDS",
    "token_use": "TOKEN_USE",
    "issuer": "ISSUER",
    "jwks": "JWKS",
    "leeway": "LEEWAY",
    "alb_client_id": "ALB_CLIENT_ID",
    "alb_keys": "ALB_KEYS",
}


def _clock_of(options: Namespace) -> Callable[[], float]:
    """The time to verify as of."""
    at: float | None = options.at
    return calendar if at is None else lambda: at


def guard_of(options: Namespace) -> Guard:
    """What tokens are held against. ``--user-pool-id`` and ``--alb-arn`` describe it all;
    without them, the settings do, and the other options win over those.

    Raises :class:`ConfigurationError`.
    """
    clock = _clock_of(options)
    if options.alb_arn:
        try:
            balancer = LoadBalancer(**load_balancer_arguments(options))
        except ConfigurationError as error:
            raise ConfigurationError(in_options(str(error), about_load_balancers=True)) from None
        return Guard(balancer, clock=clock)
    if options.user_pool_id is not None:
        pool = UserPool(
            **pool_arguments(options),
            client_ids=_client_ids(options.client_id),
            token_use=options.token_use or "access",
            leeway=options.leeway or 0,
        )
        return Guard(pool, clock=clock)
    prefix = prefix_of(options)
    values = {**values_from_text(environment(options), prefix)}
    for name, setting in _SETTINGS.items():
        if (given := getattr(options, name)) is not None:
            values[prefix + setting] = given
    with named(options, values, prefix):
        trusted, keywords = guard_arguments(values, prefix)
        return Guard(*trusted, **keywords, clock=clock)


@contextmanager
def named(options: Namespace, values: Mapping[str, Any], prefix: str) -> Iterator[None]:
    """Let an error name the setting that is wrong, or the option that was given in its place."""
    try:
        with blamed_on_guard(values, prefix):
            yield
    except ConfigurationError as error:
        text = str(error)
        for name, setting in _SETTINGS.items():
            if getattr(options, name, None) is not None:
                option = f"--{name.replace('_', '-')}"
                text = re.sub(rf"\b{re.escape(prefix + setting)}\b", option, text)
        raise ConfigurationError(text) from None


def policy_of(options: Namespace) -> Policy | None:
    """What the caller must have."""
    if options.require_group is None and options.require_scope is None:
        return None  # even an empty one would load modules that nothing else needs
    return build_policy(groups=options.require_group, scopes=options.require_scope)


def _client_ids(given: list[str]) -> list[str] | AnyClient:
    if "ANY_CLIENT" not in given:
        return given
    if given != ["ANY_CLIENT"]:
        # As an id it would be a strange one, and as the waiver it would make the others idle.
        raise ConfigurationError("--client-id ANY_CLIENT takes no other --client-id")
    return ANY_CLIENT
