"""Looks at all that the library says while the whole suite runs: log records, errors and reprs.

What must not be said has a shape: a token or a part of one, a key, a user's id. Tests that know the
very values, and say so, are those of `engine/silence.py`; this is for what nobody thought of.
"""

from __future__ import annotations

import functools
import inspect
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from pkgutil import walk_packages
from typing import Any
from unittest.mock import patch

import cognito_guard
from cognito_guard import CognitoGuardError

# The start of any JSON object in base64url; a signature, a payload or a modulus; a subject or the
# `kid` of a load balancer, but not what `open_routes` makes up for a UUID in a path; PEM.
_SECRET = re.compile(
    r"eyJ[\w-]{4}|[A-Za-z0-9_-]{43}|-----BEGIN|"
    r"(?!0{8}-)[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
)

# A header and more. The three letters alone are found in random text too, now and then.
_TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]*\.?[\w-]+")

# The test kit makes tokens, and the command line prints what is inside one.
_ELSEWHERE = ("cognito_guard.testing", "cognito_guard.cli")


def gives_away(said: str) -> bool:
    """Whether a text holds what looks like a token, a key or a user's id."""
    return _SECRET.search(said) is not None


def holds_token(text: str) -> bool:
    """Whether a text that may hold random letters, such as a ``state``, holds a token."""
    return _TOKEN.search(text) is not None


class Listener(logging.Filter):
    """Remembers where something was said that gives a secret away; not what."""

    def __init__(self) -> None:
        super().__init__()
        self.leaks: set[str] = set()
        self.heard = 0

    def hear(self, said: str, where: str) -> None:
        """Look at one text."""
        self.heard += 1
        if gives_away(said):
            self.leaks.add(where)

    def filter(self, record: logging.LogRecord) -> bool:
        """Look at a log record, with all its attributes but those of the place in the code."""
        attributes = {k: v for k, v in vars(record).items() if k not in ("pathname", "taskName")}
        self.hear(f"{record.getMessage()} {attributes}", f"a record of {record.filename}")
        return True


@contextmanager
def listening() -> Iterator[Listener]:
    """Hear all that the engine says in this process."""
    listener = Listener()
    logger = logging.getLogger("cognito_guard")
    logger.addFilter(listener)
    with ExitStack() as stack:
        stack.callback(logger.removeFilter, listener)
        stack.enter_context(patch.object(CognitoGuardError, "__new__", _making(listener)))
        for own in _classes_with_a_repr():
            stack.enter_context(patch.object(own, "__repr__", _showing(own, listener)))
        yield listener


def _making(listener: Listener) -> Callable[..., Any]:
    def make(cls: type[CognitoGuardError], *said: Any, **more: Any) -> CognitoGuardError:
        listener.hear(f"{said} {more}", f"a {cls.__name__}")
        return Exception.__new__(cls, *said)

    return make


def _showing(own: type, listener: Listener) -> Callable[[Any], str]:
    show: Callable[[Any], str] = vars(own)["__repr__"]

    @functools.wraps(show)
    def shown(instance: Any) -> str:
        text = show(instance)
        listener.hear(text, f"the repr of a {own.__name__}")
        return text

    return shown


def _classes_with_a_repr() -> list[type]:
    names = [one.name for one in walk_packages(cognito_guard.__path__, "cognito_guard.")]
    found: set[type] = set()
    for name in names:
        if not name.startswith(_ELSEWHERE):
            classes = filter(inspect.isclass, vars(import_module(name)).values())
            found |= {one for one in classes if one.__module__ == name and "__repr__" in vars(one)}
    return list(found)
