"""The attributes of views that say what a caller must have, and names that only look like theirs.

A requirement that nobody reads is an open view. So what reads like one and is none is an error.
"""

from __future__ import annotations

import re
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from types import FunctionType
from typing import Any
from weakref import WeakKeyDictionary

from cognito_guard import ConfigurationError, Policy, build_policy

__all__ = [
    "REQUIREMENTS",
    "attributes",
    "is_known_mark",
    "is_of_a_library",
    "is_required",
    "misnames",
    "policy_of",
    "refuse_misnamed",
    "values_of",
]

_OF_NAMES = ("required_groups", "required_scopes", "required_roles", "required_policy")
_OF_SIGN_IN = ("required_acr", "required_mfa", "required_max_age")
REQUIREMENTS = (*_OF_NAMES, *_OF_SIGN_IN)

_FRAMEWORKS = {"builtins", "typing", "django", "rest_framework", "cognito_guard_django"}

_SUBJECTS = ("group", "groups", "scope", "scopes", "role", "roles", "policy", "policies")
_ASKING = (
    *("requir", "need", "must", "allow", "permi", "restrict", "authori", "authent", "protect"),
    *("cognito", "access", "accept", "valid", "enforc", "secur"),
)
_SHORT = {"auth", "only", "has", "in", "min", "for"}
# What counts only after a word such as "required".
_RARE = {"claim", "claims", "identity", "identities"}
# A name that ends so is about something else.
_NOUNS = {
    *("field", "fields", "id", "ids", "choice", "choices", "type", "types", "prefix", "label"),
    *("labels", "edit", "map", "serializer", "class", "classes", "url", "urls", "template", "path"),
    *("message", "text", "title", "form", "model", "queryset", "page"),
}
_REQUIRE = ("require", "required", "requires", "requirement", "requirements")
_REQUIRED = {"require", "required", "requires"}
_LIKE_SIGN_IN = {
    like
    for subject in ("acr", "acrs", "mfa", "maxage", "recentlogin")
    for word in (*_REQUIRE, "needs", "needed")
    for like in (word + subject, subject + word)
}
_FILLING = {"any", "all", "of", "one", "the"}
# English words that are but a letter or two away from a subject.
_OTHERS = {
    *("score", "scores", "slope", "slopes", "rule", "rules", "roll", "rolls", "pole", "hole"),
    *("code", "codes", "mode", "modes", "note", "notes", "node", "nodes", "rate", "rates", "row"),
    *("rows", "root", "roots", "file", "files", "store", "stores", "shape", "shapes", "props"),
}


def attributes(cls: type) -> Iterator[tuple[str, object]]:
    """What a class of views has from the project and not from a framework: names, and values as
    they stand in the class."""
    for holder in _classes(cls):
        for name, value in vars(holder).items():
            if not name.startswith("_"):
                yield name, value


def policy_of(view: object, *, running: bool = True) -> Policy:
    """What the attributes of a view, or of a class, require now. Raises ``ConfigurationError`` for
    a requirement that is empty or wrong. What a property gives counts while a view is running."""
    values = {
        name.removeprefix("required_"): value
        for name, value in values_of(view, running=running).items()
    }
    # None says that a class asks for less than the one before it.
    values["mfa"] = False if values["mfa"] is None else values["mfa"]
    return build_policy(**values)


def values_of(view: object, *, running: bool) -> dict[str, Any]:
    """What each of the attributes requires; ``None`` for a property of a view that is not
    running."""
    holders = [*([] if isinstance(view, type) else [view]), *_class(view).__mro__]
    members = [vars(one) for one in holders]
    return {name: _value_of(view, members, name, running=running) for name in REQUIREMENTS}


def _value_of(
    view: object, members: Iterable[Mapping[str, Any]], name: str, *, running: bool
) -> Any:
    stands = None
    for each in members:
        if name in each:
            stands = each[name]
            break
    if hasattr(type(stands), "__get__") and not callable(stands):
        # An error in it is one, and no requirement that is not there.
        return getattr(view, name) if running and not isinstance(view, type) else None
    # A plain function must not become a method of the view.
    return stands if name == "required_policy" else getattr(view, name, None)


def refuse_misnamed(view: object) -> None:
    """Raise ``ConfigurationError`` for an attribute of a view, or of a class, that reads like a
    requirement and is none."""
    cls = _class(view)
    for holder in _classes(cls) if isinstance(view, type) else (view, *_classes(cls)):
        own = not isinstance(holder, type)
        for name, value in vars(holder).items():
            if name in _harmless:  # most are: the call would cost more
                continue
            if misnames(name, value, own=own) and not is_of_a_library(name, cls):
                raise ConfigurationError(
                    f"{name} of {cls.__name__} reads like a requirement, and nobody reads it; "
                    f"known are {', '.join(REQUIREMENTS)}"
                )


_harmless: set[str] = set(REQUIREMENTS)


def is_known_mark(name: str, value: object) -> bool:
    """Whether this is a plain yes or no under a name that was found to say nothing of requirements,
    such as Django's ``csrf_exempt``."""
    return type(value) is bool and name in _harmless and name not in REQUIREMENTS


def misnames(name: str, value: object, *, own: bool = False) -> bool:
    """Whether an attribute reads like a requirement; of an instance's ``own`` only a misspelt one
    does, since a view may keep anything while it runs."""
    # Asked at each request: most names are known from the one before.
    if name in _harmless:
        return False
    kind = None if name.startswith("_") else _kind(name)
    if kind is None and len(_harmless) < 10_000:
        _harmless.add(name)
    if kind == "of sign-in":
        return value is not None and value is not False
    if kind == "misspelt":
        return not (value is None or isinstance(value, bool | int | type))
    if kind is None or own:
        return False
    if kind == "policy" and _is_policy(value):
        return True
    if kind != "bare" and isinstance(value, dict):
        return bool(value) and all(map(_names_rights, value.values()))
    return _names_rights(value)


# What a caller has besides: these are required under a longer name as well.
_OF_CALLERS = ("client", "permission", "right", "privilege", "claim", "authorit", "access")


def is_required(name: str, value: object) -> bool:
    """Whether an attribute says that something is required, with a text or texts for what: it does
    nothing unless somebody reads it."""
    words = _words(name)
    if len(words) < 2 or _REQUIRED.isdisjoint((words[0], words[-1])) or name in REQUIREMENTS:
        return False
    longer = any(word.startswith(_OF_CALLERS) for word in words)
    if isinstance(value, dict):
        longer = longer or any(word in _SUBJECTS for word in words)
    if not longer and (words[-1] in _NOUNS or not _OTHERS.isdisjoint(words)):
        return False
    return _names_something(value)


def _names_something(value: object) -> bool:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple | set | frozenset):
        return bool(value) and all(map(_names_something, value))
    return isinstance(value, str) and value != ""


def _names_rights(value: object) -> bool:
    return isinstance(value, str | Policy) or (
        isinstance(value, list | tuple | set | frozenset)
        and all(isinstance(member, str) for member in value)
    )


def _is_policy(value: object) -> bool:
    """Whether this is a function about an identity, and not a method of the view."""
    if isinstance(value, staticmethod):
        value = value.__func__
    if not isinstance(value, FunctionType) or hasattr(value, "mapping"):  # an action
        return False
    return value.__code__.co_varnames[:1] not in ((), ("self",), ("cls",))


@lru_cache(1024)
def _kind(name: str) -> str | None:
    """How a name reads: ``misspelt`` for one of ours that is not written well, ``policy`` or
    ``more`` for a subject among words that ask for it, ``bare`` for a subject alone."""
    words = _words(name)
    if not words or words[-1] in _NOUNS or not _OTHERS.isdisjoint(words):
        return None
    joined = "".join(words).removeprefix("get")
    if any(_distance(joined, known.replace("_", "")) <= 2 for known in _OF_NAMES):
        return "misspelt"
    # Short names have more neighbours, such as "required_age".
    if joined in _LIKE_SIGN_IN:
        return "of sign-in"
    if words[0] in _REQUIRE and set(words[1:]) <= _RARE:
        return "more"
    subjects = [word for word in words if any(_distance(word, one) <= 1 for one in _SUBJECTS)]
    rest = [word for word in words if word not in subjects and word not in _FILLING]
    # Short words ask for a subject where there is nothing else.
    asks = any(map(_asks, rest)) or (bool(rest) and set(rest) <= _SHORT)
    if not subjects or not (asks or not rest):
        return None
    if not asks:
        return "bare"
    return "policy" if any(word.startswith("polic") for word in subjects) else "more"


@lru_cache(1024)  # asked of each attribute of a view at each request
def _words(name: str) -> tuple[str, ...]:
    return tuple(word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name))


def _asks(word: str) -> bool:
    return word.startswith(_ASKING) or any(_distance(word, one) <= 2 for one in _REQUIRE)


def _distance(one: str, other: str) -> int:
    """How many letters to add, leave out, change, or swap with their neighbour."""
    if abs(len(one) - len(other)) > 2:
        return 3
    last: list[int] = []
    line = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        before, last, line = last, line, [i]
        for j, b in enumerate(other, 1):
            best = min(last[j] + 1, line[j - 1] + 1, last[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and b == one[i - 2]:
                best = min(best, before[j - 2] + 1)
            line.append(best)
    return line[-1]


_known: WeakKeyDictionary[type, tuple[type, ...]] = WeakKeyDictionary()


def _classes(cls: type) -> tuple[type, ...]:
    """Those of a class and its bases that belong to no framework."""
    found = _known.get(cls)
    if found is None:
        found = tuple(one for one in cls.__mro__ if _home(one) not in _FRAMEWORKS)
        _known[cls] = found
    return found


def is_of_a_library(name: str, cls: type) -> bool:
    """Whether an installed package that is not the view's own brought the name; then it reads it,
    too. Another app of the project is none."""
    origin = [one for one in cls.__mro__ if name in vars(one)]
    if not origin or _home(origin[-1]) == _home(cls):
        return False
    file = getattr(sys.modules.get(origin[-1].__module__), "__file__", None)
    return file is not None and _is_installed(file)


@lru_cache(1024)
def _is_installed(file: str) -> bool:
    path = Path(file).resolve()
    if not {"site-packages", "dist-packages"}.isdisjoint(path.parts):
        return True
    return any(
        path.is_relative_to(Path(sysconfig.get_path(name)).resolve())
        for name in ("purelib", "platlib", "stdlib", "platstdlib")
    )


def _home(cls: type) -> str:
    # `None` for a class that code without a `__name__` makes, such as `exec`.
    return (cls.__module__ or "").partition(".")[0]


def _class(view: object) -> type:
    return view if isinstance(view, type) else type(view)
