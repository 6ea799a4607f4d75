"""The one logger, ``cognito_guard``, and how much of the same it may say.

Records hold reason codes and addresses, nothing secret. Who can cause a record at will could fill a
disk with them, so each reason is said a few times a minute, and the rest is counted and summed up.
"""

from collections.abc import Callable
from itertools import count
from math import inf
from typing import TYPE_CHECKING, Any, final

from .clock import steady_clock
from .request_line import told_method, told_path

if TYPE_CHECKING:
    from logging import Logger

__all__ = [
    "INFO",
    "KEYS_FETCHED_AGAIN",
    "KEYS_NOT_FETCHED",
    "KEY_LEFT_OUT",
    "LIMIT",
    "LISTENER_FAILED",
    "REVOCATIONS_LOST",
    "REVOCATIONS_NOT_READ",
    "REVOCATIONS_READ_AGAIN",
    "SIGN_IN_REVOKED",
    "TOKEN_REVOKED",
    "USER_REVOKED",
    "WARNING",
    "WINDOW_SECONDS",
    "Log",
    "refusal_listeners",
]

LIMIT, WINDOW_SECONDS = 10, 60.0
"""So many records of one reason are written in so many seconds."""

INFO, WARNING = 20, 30
"""The levels of ``logging``, without its import."""

# The reasons of what no request is refused for. As permanent as those of `Reason`.
KEYS_NOT_FETCHED = "keys_not_fetched"
KEYS_FETCHED_AGAIN = "keys_fetched_again"
KEY_LEFT_OUT = "key_left_out"
REVOCATIONS_NOT_READ = "revocations_not_read"
REVOCATIONS_READ_AGAIN = "revocations_read_again"
REVOCATIONS_LOST = "revocations_lost"
TOKEN_REVOKED = "token_revoked"
SIGN_IN_REVOKED = "sign_in_revoked"
USER_REVOKED = "user_revoked"
LISTENER_FAILED = "listener_failed"

refusal_listeners: list[Callable[[int, str, str | None, str | None], None]] = []
"""Called with the arguments of every :meth:`Log.refused`, whatever is written. For the test kit."""

_REFUSED = "refused with %d: %s"
# What clients run into every day, and mend by themselves.
_EVERYDAY = frozenset({"missing_credentials", "token_expired"})
# How often it is looked whether there is anything to sum up.
_LOOK_SECONDS = 1.0
# Details are few: sentences of ours, with an error's name in them. What makes one up says the rest.
_MAX_WINDOWS = 100


@final
class _Window:
    """What is said for one reason in one minute. Times are monotonic seconds. ``message`` and
    ``values`` are what the sum says was said."""

    __slots__ = ("counter", "extra", "level", "message", "opened_at", "values")

    def __init__(
        self,
        opened_at: float,
        level: int,
        message: str,
        values: tuple[object, ...],
        extra: dict[str, Any],
    ) -> None:
        self.opened_at = opened_at
        self.counter = count(1)  # its steps are atomic, so nobody waits for anybody to be counted
        self.level = level
        self.message = message
        self.values = values
        self.extra = extra


@final
class Log:
    """A voice on the logger, with a budget for each reason.

    The sum of a window is written by whoever speaks first after its end, for whatever reason: there
    is no timer and no thread. No lock either, so that a flood does not make its callers queue here,
    and a child of ``fork`` cannot inherit a lock that nobody will release. Two threads that meet at
    the end of a window may lose a count or write a few records more; neither matters.
    """

    def __init__(self, clock: Callable[[], float] = steady_clock) -> None:
        self._clock = clock
        self._windows: dict[tuple[str, int | None, str | None, str | None], _Window] = {}
        self._look_at = -inf

    def refused(
        self, status: int, reason: str, method: str | None = None, path: str | None = None
    ) -> None:
        """Say that a request was refused, with ``method`` and ``path`` as they came: what they hold
        is made readable, and safe to write, only for the few records that are written."""
        for listener in tuple(refusal_listeners):
            listener(status, reason, method, path)
        self.say(
            INFO if reason in _EVERYDAY else WARNING,
            reason,
            _REFUSED,
            *(status, reason),
            status=status,
            request=(method, path),
        )

    def say(
        self,
        level: int,
        reason: str,
        message: str,
        *values: object,
        status: int | None = None,
        source: str | None = None,
        detail: str | None = None,
        request: tuple[str | None, str | None] = (None, None),
    ) -> None:
        """Write a record with ``reason``, ``status``, ``source``, ``count``, ``method`` and
        ``path`` as attributes. ``request``: the last two, as a request brought them.

        The counts of a reason's records add up to how often it was said. Reasons and sources must
        be of a bounded number: there is a budget for each of them. So there is for each ``detail``,
        a cause among the values, as long as they are few.
        """
        logger = _logger()
        if not logger.isEnabledFor(level):
            return
        now = self._clock()
        if now >= self._look_at:
            self._look_at = now + _LOOK_SECONDS
            self._sum_up(now, logger)
        key = (reason, status, source, detail)
        window = self._windows.get(key)
        if window is None:
            told = message, values
            if detail is not None and len(self._windows) >= _MAX_WINDOWS:
                key, told = (reason, status, source, None), ("%s", (str(reason),))
            extra = {"reason": str(reason), "status": status, "source": source}
            window = _Window(now, level, *told, extra)
            window = self._windows.setdefault(key, window)
        if next(window.counter) <= LIMIT:
            method, path = told_method(request[0]), told_path(request[1])
            if path is not None:
                message, values = f"{message} (%s)", (*values, f"{method or ''} {path}".strip())
            extra = {**window.extra, "count": 1, "method": method, "path": path}
            logger.log(level, message, *values, extra=extra)

    def _sum_up(self, now: float, logger: "Logger") -> None:
        for key in list(self._windows):
            window = self._windows.get(key)
            if (
                window is None
                or now - window.opened_at < WINDOW_SECONDS
                or self._windows.pop(key, None) is not window  # somebody else took it out
            ):
                continue
            more = next(window.counter) - 1 - LIMIT
            if more > 0:
                logger.log(
                    window.level,
                    f"{window.message}, %d more times in %d s",
                    *_without_stop(window.values),
                    more,
                    now - window.opened_at,
                    extra={**window.extra, "count": more, "method": None, "path": None},
                )


def _without_stop(values: tuple[object, ...]) -> tuple[object, ...]:
    """Values of a message, the last of which may be a sentence that goes on."""
    *others, last = values or ("",)
    return values and (*others, last.removesuffix(".") if isinstance(last, str) else last)


_found: list["Logger"] = []


def _logger() -> "Logger":
    if not _found:
        # Imported when there is something to say: it takes as long as verifying 200 tokens. And
        # kept, because `getLogger` takes a lock.
        import logging

        _found.append(logging.getLogger("cognito_guard"))
    return _found[0]
