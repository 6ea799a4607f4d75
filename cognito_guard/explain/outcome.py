"""Explanation: the result of each check. It holds claims, and shows them only on request."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal, TypeAlias, final

from .._support.arguments import Frozen
from .._support.visible import harmless
from ..errors import Reason

__all__ = ["Check", "Explanation", "Verdict"]

Verdict: TypeAlias = Literal["passed", "failed", "not_reached"]

_MARKS: dict[Verdict, str] = {"passed": "ok", "failed": "FAILED", "not_reached": "-"}
_COLOURS: dict[Verdict, str] = {"passed": "good", "failed": "bad", "not_reached": "careful"}
_WIDEST_NAME = 28

Paint: TypeAlias = Callable[[str, str], str]
"""Returns a text in a color: ``good``, ``bad`` or ``careful``."""


def _plain(text: str, _: str) -> str:
    return text


@final
class Check(Frozen):
    """One check. Its ``repr`` shows no values.

    ``name`` is stable: scripts may use it. ``expected`` and ``actual`` are for people, and so is
    ``hint``, which says what to do; each may be ``None``. ``reason``: the reason of the refusal, if
    the check failed. It is ``None`` if your own check raised an error that is not a refusal: a
    request would get 500. ``parts``: the requirements that a policy is made of.
    """

    __slots__ = ("actual", "expected", "hint", "name", "parts", "reason", "verdict")

    name: str
    verdict: Verdict
    expected: str | None
    actual: str | None
    reason: Reason | None
    hint: str | None
    parts: tuple[Check, ...]

    def __init__(
        self,
        name: str,
        verdict: Verdict,
        *,
        expected: str | None = None,
        actual: str | None = None,
        reason: Reason | None = None,
        hint: str | None = None,
        parts: tuple[Check, ...] = (),
    ) -> None:
        self._set(
            {
                "name": name,
                "verdict": verdict,
                "expected": expected,
                "actual": actual,
                "reason": reason,
                "hint": hint,
                "parts": parts,
            }
        )

    def __repr__(self) -> str:
        return f"<Check {self.verdict}>"

    def as_dict(self) -> dict[str, Any]:
        """All of it as a plain ``dict`` for ``json.dumps``."""
        said: dict[str, Any] = {
            "name": self.name,
            "verdict": self.verdict,
            "expected": self.expected,
            "actual": self.actual,
            "reason": None if self.reason is None else self.reason.value,
            "hint": self.hint,
        }
        if self.parts:
            said["parts"] = [part.as_dict() for part in self.parts]
        return said


@final
class Explanation(Frozen):
    """Every check in the order in which the engine makes it, and the engine's verdict.

    ``valid``: whether all checks passed. ``checks``: the checks in order. It holds claims: do not
    put it into a response or a log. ``repr`` and ``str`` contain no claims.
    """

    __slots__ = ("checks",)

    checks: tuple[Check, ...]

    def __init__(self, checks: tuple[Check, ...]) -> None:
        self._set({"checks": checks})

    def __repr__(self) -> str:
        return f"<Explanation: {'valid' if self.valid else 'refused'}, {len(self.checks)} checks>"

    @property
    def valid(self) -> bool:
        """Whether the caller would be accepted."""
        return all(check.verdict == "passed" for check in self.checks)

    @property
    def first_failure(self) -> Check | None:
        """The check for which a request would be refused."""
        return next((check for check in self.checks if check.verdict == "failed"), None)

    @property
    def reason(self) -> Reason | None:
        """The reason of the refusal; ``None`` if a request would be accepted, or if your own check
        raised an error that is not a refusal."""
        failure = self.first_failure
        return None if failure is None else failure.reason

    def as_dict(self) -> dict[str, Any]:
        """All of it as a plain ``dict`` for ``json.dumps``. **It shows claims.**"""
        return {
            "valid": self.valid,
            "reason": None if self.reason is None else self.reason.value,
            "checks": [check.as_dict() for check in self.checks],
        }

    def as_text(self, *, paint: Paint = _plain) -> str:
        """A table for a terminal. **It shows claims.** It contains no invisible characters and no
        terminal sequences from a token. ``paint`` returns a text in a color."""
        return "\n".join(self._lines(paint))

    def _lines(self, paint: Paint) -> Iterator[str]:
        failure = self.first_failure
        if failure is None:
            yield paint("valid", "good")
        else:
            why = failure.reason or "an error that is no refusal"
            yield f"{paint('refused', 'bad')}: {why} (check: {harmless(failure.name)})"
        rows = [(check, 0) for check in self.checks]
        width = min(_WIDEST_NAME, max(len(harmless(check.name)) for check in self.checks))
        while rows:
            check, depth = rows.pop(0)
            rows[:0] = [(part, depth + 1) for part in check.parts]
            yield from _rows(check, width, "  " * depth, paint)


def _rows(check: Check, width: int, indent: str, paint: Paint) -> Iterator[str]:
    mark = paint(f"{_MARKS[check.verdict]:<6}", _COLOURS[check.verdict])
    name = f"{indent}{harmless(check.name)}"
    failed = check.verdict == "failed"
    # What was expected and what was found only says the same twice where all is well.
    said = check.expected if check.actual is None or failed else check.actual
    first = f"{name:<{width}}  {said if not failed and said is not None else ''}"
    yield f"  {mark} {harmless(first).rstrip()}"
    margin = " " * (9 + len(indent))
    if failed and check.expected is not None:
        yield f"{margin}  expected  {harmless(check.expected)}"
    if failed and check.actual is not None:
        yield f"{margin}  found     {harmless(check.actual)}"
    if check.hint is not None:
        yield f"{margin}  {paint('hint', 'careful')}      {harmless(check.hint)}"
