"""Which stronger sign-ins a page has asked for, so that it asks for none twice."""

from __future__ import annotations

from typing import Self, final

from ..errors import Reason

__all__ = ["StepUp"]

_REASONS = (Reason.LOGIN_TOO_OLD, Reason.LOGIN_TOO_WEAK)


@final
class StepUp:
    """Sign-ins one after the other that ``page`` has asked for, and the ``reasons`` why."""

    __slots__ = ("page", "reasons")

    def __init__(self, reasons: frozenset[str], page: str) -> None:
        self.reasons = reasons
        self.page = page

    @classmethod
    def of(cls, text: str) -> Self:
        """From what :meth:`__str__` gives. Words that are no reasons are left out."""
        reasons, _, page = text.partition(" ")
        return cls(frozenset(reasons.split(".")).intersection(_REASONS), page)

    @property
    def why(self) -> str:
        """The reasons, for an address."""
        return ".".join(sorted(self.reasons))

    def __str__(self) -> str:
        """As one text; the path of a page has no spaces."""
        return f"{self.why} {self.page}"

    def and_then(self, reason: str, page: str) -> StepUp | None:
        """With a refusal by a page that comes right after; ``None`` where that page has refused so
        before. There are two reasons, so a page asks twice at most."""
        if page != self.page:
            return StepUp(frozenset({reason}), page)
        return None if reason in self.reasons else StepUp(self.reasons | {reason}, page)
