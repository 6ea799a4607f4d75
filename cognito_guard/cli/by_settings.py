"""What an app's settings would say of a token that somebody inspects. Nothing is fetched."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from copy import copy

from ..errors import KeysUnavailable
from ..guard import Guard
from ..tokens.user_pool import UserPool
from .app_settings import has_settings
from .output import harmless

__all__ = ["refusals_by_settings"]

# What the settings decide, and no key.
_CHECKS = ("issuer", "token_use", "client", "resource")
_NOT_GIVEN = (
    *("user_pool_id", "client_id", "token_use", "issuer", "jwks", "leeway", "at"),
    *("alb_arn", "alb_client_id", "alb_keys"),
)


class _NoKeys:
    """A key set for whoever asks about no signature."""

    def key(self, kid: str, /) -> object:
        """See ``KeySet.key``."""
        raise KeysUnavailable


def _without_keys(pool: UserPool) -> UserPool:
    same = copy(pool)
    same._set({"jwks": _NoKeys()})
    return same


def refusals_by_settings(options: Namespace) -> Callable[[str], list[str]]:
    """What gives the refusals of a token, a sentence each; none where there are no settings.

    Raises :class:`ConfigurationError`.
    """
    if not has_settings(options):
        return lambda token: []
    from .settings import guard_of

    pools = guard_of(Namespace(**{**dict.fromkeys(_NOT_GIVEN), **vars(options)})).user_pools
    if not pools:
        return lambda token: []
    guard = Guard(*map(_without_keys, pools))

    def refusals(token: str) -> list[str]:
        return [
            f"By the settings: {check.reason}: expected {harmless(check.expected or '')}, "
            f"found {harmless(check.actual or '')}."
            for check in guard.explain(token).checks
            if check.verdict == "failed" and check.name in _CHECKS
        ]

    return refusals
