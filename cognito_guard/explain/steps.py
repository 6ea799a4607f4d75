"""Steps: makes checks one after the other, goes on after the first that fails, and notes each.

A check is a function that raises what the engine raises. While code of a user's runs, frames of
this package hold nothing but objects that say nothing of what they hold (``_support.silence``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias, TypeVar, final

from .._support.silence import forget_locals
from ..errors import AuthError, KeysUnavailable, MissingCredentials, Reason
from .outcome import Check, Explanation

__all__ = ["Steps", "hint_of", "reason_of"]

T = TypeVar("T")
Said: TypeAlias = "str | Callable[[], str | None] | None"
"""A text, or what makes one once the check was made."""


@final
class Steps:
    """The checks so far. ``prefix`` stands before their names; ``to_the_end``: whether to go on
    after the first that fails."""

    __slots__ = ("_checks", "_prefix", "_to_the_end")

    def __init__(
        self, prefix: str = "", checks: list[Check] | None = None, *, to_the_end: bool = True
    ) -> None:
        self._prefix = prefix
        self._checks: list[Check] = [] if checks is None else checks
        self._to_the_end = to_the_end

    def under(self, prefix: str) -> Steps:
        """The same steps, to go on with other names."""
        return Steps(prefix, self._checks, to_the_end=self._to_the_end)

    @property
    def good(self) -> bool:
        """Whether no check has failed so far, so that the engine would have gone on as well."""
        return all(check.verdict == "passed" for check in self._checks)

    def explanation(self) -> Explanation:
        """All of them."""
        return Explanation(tuple(self._checks))

    def named(self, name: str) -> str:
        """The whole name of a check."""
        return self._prefix + name

    def add(self, check: Check) -> None:
        """Note a check that was made elsewhere."""
        self._checks.append(check)

    def check(
        self,
        name: str,
        test: Callable[[], T],
        *,
        expected: Said = None,
        actual: Said = None,
        hint: Said = None,
        note: Said = None,
        when: bool = True,
        absent: bool = False,
    ) -> T | None:
        """Make a check, and return what it gives; ``None`` if it fails, or if ``when`` says that
        what it needs is not there. ``hint`` is for one that fails, in place of the engine's own
        sentence; ``note`` for one that passes. ``absent``: whether there may be no credential."""
        name = self.named(name)
        if not when or not (self._to_the_end or self.good):
            self.add(Check(name, "not_reached", expected=_text(expected)))
            return None
        try:
            value = test()
        except Exception as error:  # noqa: BLE001 - a user's own code may raise anything
            forget_locals(error)
            reason, detail = reason_of(error, absent=absent), hint_of(error)
        else:
            told, found = _text(expected), _text(actual)
            self.add(Check(name, "passed", expected=told, actual=found, hint=_text(note)))
            return value
        self.add(
            Check(
                name,
                "failed",
                expected=_text(expected),
                actual=_text(actual),
                reason=reason,
                hint=(reason and _text(hint)) or detail,
            )
        )
        return None


def reason_of(error: Exception, *, absent: bool = False) -> Reason | None:
    """What a request would be refused for that met this error."""
    if isinstance(error, MissingCredentials) and not absent:
        # There was a credential: see `guard`.
        return Reason.CHECK_FAILED
    return error.reason if isinstance(error, AuthError | KeysUnavailable) else None


def hint_of(error: Exception) -> str:
    """What the error itself has to say."""
    if isinstance(error, AuthError | KeysUnavailable):
        return error.detail
    return (
        f"This code raised {type(error).__name__}, which is not a refusal: a request would get 500."
    )


def _text(said: Said) -> str | None:
    return said() if callable(said) else said
