"""Says whether an error, a log or a repr gives away what it must not: tokens, claims, keys."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterable, Iterator
from typing import Any

# Shorter texts turn up in sentences by accident.
_TELLING = 8
# Values that our own sentences may name, because they are no secret and no attacker's.
_HARMLESS = frozenset({"access", "id"})


def secrets_of(token: str) -> set[str]:
    """What nobody may repeat of a token: its parts, and the values and names inside them."""
    parts = token.split(".")
    found = {token, *parts}
    for part in parts[:2]:
        try:
            # Of both alphabets, which `urlsafe_b64decode` is about to stop reading (Python 3.15).
            letters = part.encode("ascii").translate(bytes.maketrans(b"-_", b"+/"))
            raw = b64decode(letters + b"=" * (-len(part) % 4))
            found.add(raw.decode("latin-1"))
            found.update(map(str, _leaves(json.loads(raw))))
        except (ValueError, RecursionError):
            pass
    return {text for text in found if len(text) >= _TELLING and text not in _HARMLESS}


def assert_silent(error: BaseException, secrets: Iterable[str]) -> None:
    """No text of the error, nor of any error that it hangs together with, holds a secret."""
    for one in _chain(error):
        said = " ".join([str(one), repr(one), repr(one.args), repr(vars(one))])
        assert_unsaid(said, secrets, type(one).__name__)


def assert_unsaid(said: str, secrets: Iterable[str], where: str) -> None:
    """A text holds no secret. On failure says where, and not which one."""
    if any(secret in said for secret in secrets):
        raise AssertionError(f"{where} gives away a part of the token")


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    todo = [error]
    while todo:
        one = todo.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        todo += [one.__cause__, one.__context__]
        todo += getattr(one, "exceptions", ())


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for member in value.values():
            yield from _leaves(member)
    elif isinstance(value, list):
        for member in value:
            yield from _leaves(member)
    else:
        yield value
