"""_callables.py: which callables may decide, and which answers mean yes."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from cognito_guard import ConfigurationError, InvalidToken, MissingCredentials, Reason
from cognito_guard._callables import passes, require_callable


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


@pytest.mark.parametrize(
    "value", [plain, lambda _: None, partial(plain), Plain(), Plain().method, Plain, bool]
)
def test_what_may_decide(value: Any) -> None:
    """Functions, methods, classes and callable objects are taken as they are."""
    assert require_callable("it", value) is value


@pytest.mark.parametrize(
    "value", [None, "plain", 1, [plain], later, partial(later), Later(), Later().method]
)
def test_what_may_not_decide(value: Any) -> None:
    """What cannot be called, or would have to be awaited, is a configuration error by name."""
    with pytest.raises(ConfigurationError, match=r"^it must be a plain \(not async\) callable$"):
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
