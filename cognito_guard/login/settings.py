"""The settings of sign-in, ``LOGIN_DOMAIN`` and others, as arguments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from .._support.setting_errors import blamed_on
from ..config import LOGIN_SETTING_NAMES, login_values
from ..errors import ConfigurationError
from ..tokens.user_pool import UserPool
from .sealing import MAKE_SECRET

__all__ = ["blamed_on_settings", "login_arguments"]

_OF_SESSIONS = {
    "LOGIN_SECRETS": "secrets",
    "LOGIN_IDLE_SECONDS": "idle_seconds",
    "LOGIN_ABSOLUTE_SECONDS": "absolute_seconds",
    "LOGIN_COOKIE": "cookie_name",
}
_OF_LOGIN = {
    name: name.removeprefix("LOGIN_").lower()
    for name in LOGIN_SETTING_NAMES
    if name not in _OF_SESSIONS
}
_SETTINGS = {argument: name for name, argument in {**_OF_LOGIN, **_OF_SESSIONS}.items()}
_REQUIRED = ("DOMAIN", "CLIENT_ID", "REDIRECT_URI", "LOGOUT_URI", "SECRETS")


def login_arguments(
    settings: Mapping[str, Any], prefix: str, pools: Sequence[UserPool]
) -> tuple[UserPool, dict[str, Any], dict[str, Any]]:
    """The pool, and the keyword arguments of a ``ManagedLogin`` and of ``LoginSessions``.

    Raises :class:`ConfigurationError`.
    """
    values = login_values(settings, prefix)
    for name in _REQUIRED:
        if f"LOGIN_{name}" not in values:
            advice = f"; make one with {MAKE_SECRET}" if name == "SECRETS" else ""
            raise ConfigurationError(f"the setting {prefix}LOGIN_{name} is missing{advice}")
    for name, value in values.items():
        if value is None:
            raise ConfigurationError(f"{prefix}{name} must not be None; leave the setting out")
    client_id = values["LOGIN_CLIENT_ID"]
    accepting = [one for one in pools if one.client_ids is None or client_id in one.client_ids]
    if len(accepting) != 1:
        found = "several user pools" if accepting else "no user pool"
        raise ConfigurationError(
            f"{prefix}LOGIN_CLIENT_ID: the guard trusts {found} for this app client; name it in "
            "the client_ids of the one that users sign in to"
        )
    of_login = {_OF_LOGIN[name]: values[name] for name in values if name in _OF_LOGIN}
    of_sessions = {_OF_SESSIONS[name]: values[name] for name in values if name in _OF_SESSIONS}
    return accepting[0], of_login, of_sessions


def blamed_on_settings(settings: Mapping[str, Any], prefix: str) -> AbstractContextManager[None]:
    """An error that begins with the name of an argument names the setting, if that has a prefix,
    and shows what it says."""
    names = {argument: f"{prefix}{name}" for argument, name in _SETTINGS.items()}
    return blamed_on(names, settings) if prefix else nullcontext()
