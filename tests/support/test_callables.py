"""callables.py: which callables may decide, and which answers mean yes."""

from __future__ import annotations

import inspect
import sys
from collections.abc import AsyncIterator, Iterator
from functools import partial, wraps
from typing import Any

import pytest

from cognito_guard import ConfigurationError, InvalidToken, MissingCredentials, Reason
from cognito_guard._support.callables import SUSPENDS, passes, require_callable


def plain(identity: object) -> None:
    """A function that decides."""


async def later(identity: object) -> None:
    """A function whose answer would never be awaited."""


class Plain:
    """An object that decides, with a method that does as well."""

    def __call__(self, identity: object) -> None: ...

    def method(self, identity: object) -> None: ...


class Later:
    """An object whose answer would never be awaited, with a method of that kind."""

    async def __call__(self, identity: object) -> None: ...

    async def method(self, identity: object) -> None: ...


def test_what_suspends_is_what_inspect_says() -> None:
    """The flags are those of ``inspect``, which is not loaded for a plain function."""
    assert SUSPENDS == (
        inspect.CO_GENERATOR
        | inspect.CO_COROUTINE
        | inspect.CO_ITERABLE_COROUTINE
        | inspect.CO_ASYNC_GENERATOR
    )


@pytest.mark.parametrize(
    "value",
    [
        plain,
        lambda _: None,
        partial(plain),
        partial(max, "a"),
        Plain(),
        Plain().method,
        {"somebody"}.__contains__,
        max,
        wraps(later)(lambda *values: plain(*values)),
    ],
    ids=["def", "lambda", "partial", "of C", "object", "method", "set", "built in", "wrapped"],
)
def test_what_may_decide(value: Any) -> None:
    """Functions, methods and callable objects are taken as they are, and judged by themselves,
    not by what they wrap."""
    assert require_callable("it", value) is value


@pytest.mark.parametrize(
    "value", [None, "plain", 1, [plain], later, partial(later), Later(), Later().method]
)
def test_what_may_not_decide(value: Any) -> None:
    """What cannot be called, or would have to be awaited, is a configuration error by name."""
    with pytest.raises(ConfigurationError, match=r"^it must be a plain \(not async\) callable$"):
        require_callable("it", value)


class Makes:
    """An object that yields what it would answer."""

    def __call__(self, identity: object) -> Iterator[bool]:
        yield True


def makes(identity: object) -> Iterator[bool]:
    """A generator: nobody would ever ask it for a value."""
    yield True


async def makes_later(identity: object) -> AsyncIterator[bool]:
    """As above."""
    yield True


@pytest.mark.parametrize("value", [makes, partial(makes), Makes(), makes_later])
def test_a_generator_decides_nothing(value: Any) -> None:
    """A generator function runs only when it is asked for values, which nobody does."""
    with pytest.raises(ConfigurationError, match=r"^it must not be a generator"):
        require_callable("it", value)


@pytest.mark.parametrize("value", [Plain, bool, partial(Plain), partial(bool), int])
def test_a_class_decides_nothing(value: Any) -> None:
    """A class makes objects: ``bool`` would let everybody pass, a policy's class nobody."""
    with pytest.raises(ConfigurationError, match=r"^it must not be a class"):
        require_callable("it", value)


@pytest.mark.parametrize(
    "value",
    [
        lambda: True,
        lambda one, two: True,
        lambda *, identity: True,
        partial(plain, "somebody"),
        Plain.method,
    ],
    ids=["none", "two", "by name", "partial", "unbound"],
)
def test_what_takes_other_arguments(value: Any) -> None:
    """What an identity alone cannot be handed to fails where it is written, not at a request."""
    with pytest.raises(ConfigurationError, match=r"^it must be callable with an identity alone"):
        require_callable("it", value)


@pytest.mark.parametrize("result", [None, True])
def test_yes(result: object) -> None:
    """Only ``None`` and ``True`` mean yes."""
    assert passes(lambda _: result, "somebody") is True


@pytest.mark.parametrize(
    "result",
    [False, 0, 1, "", "yes", [], ["admins"], object()],
    ids=["False", "0", "1", "empty text", "text", "empty list", "list", "object"],
)
def test_no(result: object) -> None:
    """Everything else means no, be it truthy or not: a list of groups is no decision."""
    assert passes(lambda _: result, "somebody") is False


def test_who_showed_a_credential_is_never_taken_for_anonymous() -> None:
    """A check that raises ``MissingCredentials`` refuses: it cannot make a caller anonymous."""

    def forget(_: object) -> None:
        raise MissingCredentials(Reason.MISSING_CREDENTIALS, "The session has ended.")

    assert passes(forget, "somebody") is False


def test_an_auth_error_of_its_own_goes_through() -> None:
    """Any other ``AuthError`` of a check reaches the caller as it is."""

    def revoke(_: object) -> None:
        raise InvalidToken(Reason.REVOKED, "The session has ended.")

    with pytest.raises(InvalidToken, match="revoked"):
        passes(revoke, "somebody")


@pytest.mark.skipif(sys.version_info < (3, 12), reason="Python 3.12 has markcoroutinefunction")
def test_a_function_that_is_marked_as_async() -> None:
    """It counts as one, although its code is none."""
    marked = inspect.markcoroutinefunction(lambda identity: None)
    with pytest.raises(ConfigurationError, match="not async"):
        require_callable("check", marked)
