"""``COGNITO_GUARD`` in Django's settings: read once, checked as a whole, read again by tests.

It holds the settings of a guard, under the names of :attr:`cognito_guard.Guard.setting_names`, and
next to them those that only Django has.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from inspect import iscoroutinefunction
from typing import Any, NamedTuple

from django.apps import apps
from django.conf import settings as django_settings
from django.core.signals import setting_changed
from django.utils.module_loading import import_string

from cognito_guard import (
    AuthorizationHeader,
    ConfigurationError,
    ExemptPaths,
    Guard,
    Identity,
    enforce,
)

from .chain import refuse_earlier, require
from .silence import Bound

__all__ = ["NAME", "GroupPolicy", "Problem", "Settings", "current", "read", "suggestion"]

_PREFIX = "COGNITO_"

NAME = "COGNITO_GUARD"

GroupPolicy = Mapping[str, tuple[str, ...]] | None
"""Which Django groups a Cognito group stands for; ``None`` where all of them are mirrored."""


class Problem(NamedTuple):
    """What is wrong with a setting. ``id`` is permanent: it can be silenced by it."""

    id: str
    setting: str
    text: str

    def __str__(self) -> str:
        return f"{self.setting}: {self.text}"

    @property
    def sentence(self) -> str:
        """All of it, with a mark at its end."""
        return str(self) if self.text.endswith("?") else f"{self}."


@dataclass(frozen=True, slots=True, repr=False)  # reports of errors show it, with names of groups
class Settings:
    """What ``COGNITO_GUARD`` says: each setting by its name, and ``USERS`` as ``stateless``."""

    guard: Guard
    required: bool
    exempt: ExemptPaths
    stateless: bool
    groups: GroupPolicy
    staff_groups: frozenset[str] | None
    superuser_groups: frozenset[str] | None
    permissions: Mapping[str, tuple[str, ...]]
    usernames: bool
    """Whether new users are called by the ``username`` claim."""
    user_hook: Callable[[Any, Identity], object] | None
    signs_in: bool
    """Whether there are settings of sign-in, which ``login.configured`` reads."""
    bearer: AuthorizationHeader | None
    """The carrier, where a token can come in the ``Authorization`` header alone."""

    @property
    def vary(self) -> tuple[str, ...]:
        """The headers that a caller may come from."""
        return (*self.guard.vary, "Cookie") if self.signs_in else self.guard.vary

    def consent(self, user: Any, identity: Identity) -> None:
        """Ask the hook. Raises ``AccessDenied`` (``check_failed``), or the hook's own error."""
        if self.user_hook is not None:
            asked = Bound(self.user_hook, user)
            del user
            enforce(asked, identity)


def current() -> Settings:
    """The settings. Raises ``ConfigurationError`` that names everything that is wrong, and where
    a server ignores ``REQUIRED``."""
    global _current
    found = _current
    if found is None:
        with _lock:
            found = _current
            if found is None:
                found, problems = read(getattr(django_settings, NAME, None))
                if found is None:
                    raise ConfigurationError("; ".join(map(str, problems)))
                _current = found
    if found.required:
        refuse_earlier()
    return found


_current: Settings | None = None
_lock = threading.Lock()  # one guard and one set of keys, also where threads ask at once


def _forget(*, setting: str, **_: Any) -> None:
    global _current
    if setting == NAME:
        _current = None


setting_changed.connect(_forget, dispatch_uid=f"{__name__}._forget")


def read(raw: object) -> tuple[Settings | None, list[Problem]]:
    """The settings and what is wrong with them; no settings if anything is."""
    if not isinstance(raw, Mapping):
        text = "must be a dictionary, such as {'USER_POOL_ID': '...', 'CLIENT_IDS': ['...']}"
        return None, [Problem("E001", NAME, text)]
    problems: list[Problem] = []
    values: dict[str, Any] = {}
    for name, (code, parse, default) in _OWN.items():
        try:
            values[name.lower()] = parse(raw[name]) if name in raw else default
        except ConfigurationError as error:
            problems.append(Problem(code, _where(name), str(error)))
    guard, more = _guard(raw)
    problems = more + problems
    if values.get("permissions") and values.get("users") is False:
        text = "is for USERS = 'stateless'; give permissions to Django's groups instead"
        problems.append(Problem("E010", _where("PERMISSIONS"), text))
    if values.get("groups", {}) != {} and values.get("users"):
        text = "needs Django's groups, and USERS = 'stateless' has none; see PERMISSIONS"
        problems.append(Problem("E008", _where("GROUPS"), text))
    if values.get("users") is False and not apps.is_installed("cognito_guard_django"):
        text = "is 'model', which needs 'cognito_guard_django' in INSTALLED_APPS"
        problems.append(Problem("E007", _where("USERS"), text))
    if guard is None or problems:
        return None, problems
    values["stateless"] = values.pop("users")
    values["signs_in"] = any(_is_of_login(name) for name in raw)
    first, *others = guard.carriers
    values["bearer"] = first if type(first) is AuthorizationHeader and not others else None
    return Settings(guard=guard, **values), []


def _guard(raw: Mapping[Any, Any]) -> tuple[Guard | None, list[Problem]]:
    own = (*_OWN, "GUARD")
    engine = {
        name: value for name, value in raw.items() if name not in own and not _is_of_login(name)
    }
    known = (*Guard.setting_names, *own)
    problems = [
        Problem("E002", _where(name), f"is unknown; {suggestion(name, known, _login_names())}")
        for name in engine
        if name not in known
    ]
    engine = {name: value for name, value in engine.items() if name in known}
    if "GUARD" in raw:
        if engine:
            text = f"is a guard already; {', '.join(sorted(engine))} would not be looked at"
            return None, [*problems, Problem("E004", _where("GUARD"), text)]
        try:
            return _ready_guard(raw["GUARD"]), problems
        except ConfigurationError as error:
            return None, [*problems, Problem("E004", _where("GUARD"), str(error))]
    if "REVOCATIONS" in engine:
        try:
            engine["REVOCATIONS"] = _ready_list(engine["REVOCATIONS"])
        except ConfigurationError as error:
            return None, [*problems, Problem("E003", _where("REVOCATIONS"), str(error))]
    try:
        return Guard.from_mapping(engine, prefix=""), problems
    except ConfigurationError as error:
        return None, [*problems, *_engine_problems(engine, error)]


def _is_of_login(name: object) -> bool:
    return name == "LOGIN" or str(name).startswith("LOGIN_")


# What stands in for the settings that are not being looked at.
_GOOD = {"USER_POOL_ID": "eu-west-1_Example", "CLIENT_IDS": ["example"]}
_GOOD_ALB: dict[str, Any] = {
    "ALB_ARNS": [
        "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/example/0123456789abcdef"
    ],
    "ALB_CLIENT_ID": "example",
}


# What makes others good that are not by themselves: regions that are no AWS ones, for example.
_NEXT_TO = {
    "USER_POOL_ID": ("ISSUER",),
    "ALB_ARNS": ("ALB_KEYS",),
    "ALB_JWKS": ("ALB_USER_POOL_ID", "ALB_ISSUER"),
    "ALB_USER_POOL_ID": ("ALB_ISSUER",),
    "REGION": ("USER_POOL_ID", "ISSUER"),
    "COOKIE_PATH": ("COOKIE",),
    "RESOURCE_SCOPES": ("RESOURCE",),
    "COOKIE_DOMAIN": ("COOKIE",),
    "COOKIE_SAMESITE": ("COOKIE",),
}


def _engine_problems(engine: Mapping[str, Any], error: ConfigurationError) -> list[Problem]:
    """Each wrong setting of the guard by itself, where they can be told apart."""
    problems: list[Problem] = []
    if "USER_POOLS" not in engine:
        balanced = {name for name in engine if name.startswith("ALB_")}
        required = set(_GOOD_ALB if balanced else ())
        if not balanced or not _GOOD.keys().isdisjoint(engine):
            required |= _GOOD.keys()
        missing = required - engine.keys()
        problems += [Problem("E003", _where(name), "is missing") for name in missing]
        for name, value in engine.items():
            others = {each: engine[each] for each in _NEXT_TO.get(name, ()) if each in engine}
            good = {**_GOOD, **(_GOOD_ALB if name in balanced else {})}
            alone = {**good, **others, name: value}
            try:
                Guard.from_mapping(alone, prefix="")
            except ConfigurationError as own:
                # The setting is named in front of it.
                text = str(own).removeprefix("*: ").removeprefix("ALB_*: ").removeprefix(f"{name} ")
                problems.append(Problem("E003", _where(name), text))
    return sorted(problems) or [Problem("E003", NAME, str(error))]


def suggestion(name: object, known: tuple[str, ...], more: tuple[str, ...] = ()) -> str:
    """What may be meant by a name that is unknown. ``more``: names that are not listed for that.
    The prefix that the environment has is no part of any of them."""
    meant = str(name).upper().removeprefix(_PREFIX)
    if (advice := Guard.familiar_names.get(meant)) is not None:
        return advice.format(prefix="")
    close = get_close_matches(meant, (*known, *more), n=1)
    return f"did you mean {close[0]}?" if close else f"known are {', '.join(sorted(known))}"


def _login_names() -> tuple[str, ...]:
    from cognito_guard.login import LoginSessions

    return ("LOGIN_STORE", *LoginSessions.setting_names)


def _where(name: object) -> str:
    return f"{NAME}[{name!r}]"


def _ready_guard(value: object) -> Guard:
    found = _imported(value)
    if callable(found):
        found = found()
    if not isinstance(found, Guard):
        raise ConfigurationError(
            "must be a Guard, a function that makes one, or the dotted path of either"
        )
    return found


def _ready_list(value: object) -> object:
    """A list of what was revoked, or what the guard will say is none."""
    found = _imported(value)
    return found() if callable(found) else found


def _imported(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return import_string(value)
    except ImportError as error:
        raise ConfigurationError(f"cannot be imported: {error}") from None


def _bool(value: object) -> bool:
    if not isinstance(value, bool):
        raise ConfigurationError("must be True or False")
    return value


def _stateless(value: object) -> bool:
    if value not in ("model", "stateless"):
        raise ConfigurationError("must be 'model' or 'stateless'")
    return value == "stateless"


def _usernames(value: object) -> bool:
    if value not in ("subject", "username"):
        raise ConfigurationError("must be 'subject' or 'username'")
    return value == "username"


def _names(value: object) -> frozenset[str]:
    return frozenset(_texts(value))


def _texts(value: object) -> tuple[str, ...]:
    if (
        not isinstance(value, list | tuple | set | frozenset)
        or not value
        or not all(isinstance(name, str) and name for name in value)
    ):
        raise ConfigurationError("must be a list of at least one name")
    return tuple(value)


def _mapping(value: object) -> Mapping[str, tuple[str, ...]]:
    if not isinstance(value, Mapping) or not value:
        raise ConfigurationError("must be a dictionary from Cognito groups to names")
    _texts(tuple(value))
    return {
        name: (mapped,) if isinstance(mapped, str) and mapped else _texts(mapped)
        for name, mapped in value.items()
    }


def _groups(value: object) -> GroupPolicy:
    if value == "mirror":
        return None
    if value == "ignore":
        return {}
    try:
        return _mapping(value)
    except ConfigurationError:
        raise ConfigurationError(
            "must be 'ignore', 'mirror', or a dictionary from Cognito groups to Django groups"
        ) from None


def _hook(value: object) -> Callable[[Any, Identity], object]:
    found = _imported(value)
    if not callable(found) or iscoroutinefunction(found):
        raise ConfigurationError(
            "must be a plain (not async) function of a user and an identity, or its dotted path"
        )
    return found


_OWN: dict[str, tuple[str, Callable[[Any], Any], Any]] = {
    "REQUIRED": ("E005", _bool, False),
    "EXEMPT": ("E006", ExemptPaths, ExemptPaths(())),
    "USERS": ("E007", _stateless, False),
    "GROUPS": ("E008", _groups, {}),
    "STAFF_GROUPS": ("E009", _names, None),
    "SUPERUSER_GROUPS": ("E009", _names, None),
    "PERMISSIONS": ("E010", _mapping, {}),
    "USERNAMES": ("E015", _usernames, False),
    "USER_HOOK": ("E011", _hook, None),
}

# Every room of ours reads the settings: from here on, no server starts that ignores REQUIRED.
require()
