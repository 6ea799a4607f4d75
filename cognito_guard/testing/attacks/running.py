"""All attacks against one app, by one call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from ..pool import LocalUserPool
from .attack import Attack
from .attempt import Attempt, status_and_body
from .corpus import attempts
from .forge import Forge

__all__ = ["arun", "run"]

_GOOD = Attack(
    "control: a good token",
    "Is what the app lets in.",
    (),
    needs_key=True,
)


def run(send: Callable[[Attempt], Any], pool: LocalUserPool, **app: Any) -> list[Attempt]:
    """Make every attack on an app, and return them.

    ``send`` makes a request with ``attempt.headers`` to a protected path, and returns the response
    (see :meth:`Attempt.check`). ``pool`` is the local pool that the app trusts; ``app`` describes
    the app further, with the arguments of :class:`Forge`.

    A valid token is sent before and after, because refusing everybody proves nothing.
    Raises ``AssertionError`` that names each attack that was not refused correctly.
    """
    forge = Forge(pool, **app)
    made = attempts(forge)
    _let_in(send(_control(forge)))
    faults = [(attempt, attempt.fault(send(attempt))) for attempt in made]
    _let_in(send(_control(forge)))
    return _withstood(faults)


async def arun(
    send: Callable[[Attempt], Awaitable[Any]], pool: LocalUserPool, **app: Any
) -> list[Attempt]:
    """As :func:`run`, for an async ``send``."""
    forge = Forge(pool, **app)
    made = attempts(forge)
    _let_in(await send(_control(forge)))
    faults = [(attempt, attempt.fault(await send(attempt))) for attempt in made]
    _let_in(await send(_control(forge)))
    return _withstood(faults)


def _control(forge: Forge) -> Attempt:
    return Attempt(_GOOD, forge, [("Authorization", f"Bearer {forge.token()}")])


def _let_in(answer: Any) -> None:
    status = None if answer is None else status_and_body(answer)[0]
    if status is None or status >= 400:
        raise AssertionError(f"a good token was answered with {status}: the app lets nobody in")


def _withstood(faults: list[tuple[Attempt, str | None]]) -> list[Attempt]:
    lines = [f"{attempt.name}: {fault}. {attempt.tries}" for attempt, fault in faults if fault]
    if lines:
        raise AssertionError("\n  ".join([f"{len(lines)} of {len(faults)} attacks:", *lines]))
    return [attempt for attempt, _ in faults]
