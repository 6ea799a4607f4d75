"""What the steps of a session ask for: each is written once, and run by threads and by tasks.

A step is a generator. It yields what is to be done, and is sent what came of it, or is thrown what
went wrong. So it opens no socket, and waits for nothing by itself.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, TypeAlias, TypeVar, final

from ..guard import Guard
from ..identity import Identity
from ..network.post import Answer
from .answers import Post
from .secrecy import Secretive

__all__ = [
    "Effect",
    "Revoke",
    "Send",
    "Steps",
    "Stored",
    "Verify",
    "Wait",
    "Whole",
    "add",
    "read",
    "refuse",
    "remove",
    "replace",
    "send",
    "verify",
    "wait",
    "whole",
]

T = TypeVar("T")


@final
class Stored(Secretive):
    """An operation of the store."""

    __slots__ = ("arguments", "name")

    def __init__(self, name: str, *arguments: Any) -> None:
        self.name = name
        self.arguments = arguments


@final
class Send(Secretive):
    """A form to post. ``of_anybody``: whether it takes no session to have it sent."""

    __slots__ = ("of_anybody", "post")

    def __init__(self, post: Post, *, of_anybody: bool) -> None:
        self.post = post
        self.of_anybody = of_anybody


@final
class Verify(Secretive):
    """A token for a verifier, which may have to wait for a key."""

    __slots__ = ("token", "verifier")

    def __init__(self, verifier: Any, token: str) -> None:
        self.verifier = verifier
        self.token = token


@final
class Revoke(Secretive):
    """A caller whose tokens a guard is to refuse from now on."""

    __slots__ = ("guard", "identity")

    def __init__(self, guard: Guard, identity: Identity) -> None:
        self.guard = guard
        self.identity = identity


@final
class Wait(Secretive):
    """A pause, in seconds."""

    __slots__ = ("seconds",)

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds


@final
class Whole(Secretive):
    """Steps that go to their end once they have begun, even if who asked for them leaves."""

    __slots__ = ("steps",)

    def __init__(self, steps: Steps[Any]) -> None:
        self.steps = steps


Effect: TypeAlias = Stored | Send | Verify | Revoke | Wait | Whole
Steps: TypeAlias = Generator[Effect, Any, T]


def read(key: str) -> Steps[bytes | None]:
    """See ``SessionStore.read``; raises ``SessionsUnavailable``, as all of the store do."""
    result: bytes | None = yield Stored("read", key)
    return result


def add(key: str, value: bytes, seconds: float) -> Steps[bool]:
    """See ``SessionStore.add``."""
    result: bool = yield Stored("add", key, value, seconds)
    return result


def replace(key: str, old: bytes, new: bytes, seconds: float) -> Steps[bool]:
    """See ``SessionStore.replace``."""
    result: bool = yield Stored("replace", key, old, new, seconds)
    return result


def remove(key: str, value: bytes | None = None) -> Steps[bool]:
    """See ``SessionStore.remove``."""
    result: bool = yield Stored("remove", key, value)
    return result


def send(post: Post, *, of_anybody: bool = False) -> Steps[Answer]:
    """The answer to a form. Raises ``FetchFailed``."""
    result: Answer = yield Send(post, of_anybody=of_anybody)
    return result


def verify(verifier: Any, token: str) -> Steps[Identity]:
    """Who a token speaks for. Raises ``InvalidToken``, ``KeysUnavailable``, and what a check of the
    user's raises."""
    result: Identity = yield Verify(verifier, token)
    return result


def refuse(guard: Guard, identity: Identity) -> Steps[None]:
    """Have a guard write its list. Raises as ``Guard.sign_out``."""
    yield Revoke(guard, identity)


def wait(seconds: float) -> Steps[None]:
    """A pause."""
    yield Wait(seconds)


def whole(steps: Steps[T]) -> Steps[T]:
    """What ``steps`` end with, which they do in any case."""
    result: T = yield Whole(steps)
    return result
