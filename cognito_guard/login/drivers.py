"""Runs steps: blocking, or as a task of asyncio or trio. Nothing else knows the difference."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from typing import Any, TypeVar, final

from .._support.log import WARNING, Log
from .._support.silence import forget_locals
from ..errors import ConfigurationError
from ..network.aside import Crew, NotDone, run_whole
from ..network.post import FetchFailed, post_form
from ..network.waiting import Pending
from .answers import Post
from .effects import Effect, Revoke, Send, Steps, Stored, Verify, Wait
from .errors import SessionsUnavailable
from .notes import SESSIONS_AVAILABLE_AGAIN
from .reasons import LoginReason
from .secrecy import Secretive
from .store import AnyStore

__all__ = ["Driver"]

T = TypeVar("T")

_OPERATIONS = ("read", "add", "replace", "remove")
# Threads of this process for what tasks wait for. Whoever has not signed in and comes back with
# junk has forms sent, too; those are not in the way of the refreshes of others.
_THREAD = "cognito_guard.login"
_STORE, _EXCHANGES, _SIGN_INS = (Crew(_THREAD, most) for most in (40, 40, 20))


@final
class Driver(Secretive):
    """Does what steps ask for. ``pause`` gives, for a number of seconds, what to wait for."""

    __slots__ = ("_blocking", "_failures", "_is_async", "_log", "_store", "pause")

    def __init__(self, store: AnyStore, pause: Callable[[float], Pending], log: Log) -> None:
        operations = [getattr(store, name, None) for name in _OPERATIONS]
        if isinstance(store, type) or not all(map(callable, operations)):
            raise ConfigurationError(
                f"store must be a SessionStore: an object with {', '.join(_OPERATIONS)}"
            )
        waits = [inspect.iscoroutinefunction(one) for one in operations]
        if any(waits) and not all(waits):
            raise ConfigurationError("store must have all its operations async, or none")
        self._store = store
        self._is_async = all(waits)
        self._blocking = bool(getattr(store, "blocking", True))
        self.pause = pause
        self._log = log
        # By operation: one that is full, or may only be read, goes on reading.
        self._failures: dict[str, Iterator[int]] = {}

    def require_blocking(self) -> None:
        """Require a store that need not be awaited. Raises :class:`ConfigurationError`."""
        if self._is_async:
            raise ConfigurationError(
                "login has an AsyncSessionStore, which nobody can await here: give it a "
                "SessionStore"
            )

    def run(self, steps: Steps[T]) -> T:
        """What ``steps`` return or raise. Blocks."""
        if self._is_async:
            steps.close()
            raise ConfigurationError("store is an AsyncSessionStore; await the method with an a")
        try:
            return self._run(steps)
        except BaseException as error:
            forget_locals(error)
            raise

    async def arun(self, steps: Steps[T]) -> T:
        """What ``steps`` return or raise. Suspends the task, under asyncio or trio."""
        try:
            return await self._arun(steps)
        except BaseException as error:
            forget_locals(error)
            raise

    def _run(self, steps: Steps[T]) -> T:
        # While it runs a user's code, this frame has nothing in it but what says nothing of itself.
        result: Any = None
        error: Exception | None = None
        try:
            while True:
                try:
                    effect = steps.send(result) if error is None else steps.throw(error)
                except StopIteration as stop:
                    end: T = stop.value
                    return end
                result = error = None
                try:
                    result = self._do(effect)
                except Exception as problem:  # noqa: BLE001  # for the steps
                    error = problem
        finally:
            steps.close()

    async def _arun(self, steps: Steps[T]) -> T:
        result: Any = None
        error: Exception | None = None
        try:
            while True:
                try:
                    effect = steps.send(result) if error is None else steps.throw(error)
                except StopIteration as stop:
                    end: T = stop.value
                    return end
                result = error = None
                try:
                    result = await self._ado(effect)
                except Exception as problem:  # noqa: BLE001
                    error = problem
        finally:
            steps.close()

    def _do(self, effect: Effect) -> Any:
        match effect:
            case Stored():
                return self._operate(effect)
            case Send():
                return _post(effect.post)
            case Verify():
                return effect.verifier.verify(effect.token)
            case Revoke():
                return effect.guard.sign_out(effect.identity)
            case Wait():
                return self.pause(effect.seconds).wait(effect.seconds)
            case _:
                return self._run(effect.steps)

    async def _ado(self, effect: Effect) -> Any:
        match effect:
            case Stored():
                return await self._aoperate(effect)
            case Send():
                return await _apost(effect)
            case Verify():
                return await effect.verifier.averify(effect.token)
            case Revoke():
                return await effect.guard.asign_out(effect.identity)
            case Wait():
                return await self.pause(effect.seconds).wait_async(effect.seconds)
            case _:
                return await run_whole(self._arun(effect.steps))

    def _operate(self, effect: Stored) -> Any:
        problem: Exception
        try:
            result = _checked(effect.name, getattr(self._store, effect.name)(*effect.arguments))
        except Exception as error:  # noqa: BLE001  # of whatever the store is made of
            problem = error
        else:
            self._worked(effect.name)
            return result
        raise self._failed(effect.name, problem)

    async def _aoperate(self, effect: Stored) -> Any:
        problem: Exception
        if not self._is_async:
            if not self._blocking:
                return self._operate(effect)
            try:
                return await _STORE.run(partial(self._operate, effect))
            except NotDone as error:
                said = f"The session store was not asked: {error}."
            problem = SessionsUnavailable(LoginReason.SESSIONS_UNAVAILABLE, said)
            raise self._failed(effect.name, problem)
        try:
            result = await getattr(self._store, effect.name)(*effect.arguments)
            result = _checked(effect.name, result)
        except Exception as error:  # noqa: BLE001
            problem = error
        else:
            self._worked(effect.name)
            return result
        raise self._failed(effect.name, problem)

    def _failed(self, operation: str, problem: Exception) -> SessionsUnavailable:
        """What is raised, once it is in the log. Here alone, so that no failure is left out."""
        next(self._failures.setdefault(operation, count(1)))
        error = _unavailable(problem)
        text, said = f"{error.reason}: sessions are unavailable: %s", error.detail
        self._log.say(WARNING, error.reason, text, said, detail=said)
        return error

    def _worked(self, operation: str) -> None:
        if operation not in self._failures:
            return
        failures = self._failures.pop(operation, None)
        if failures is not None:  # pragma: no branch  # another thread was faster
            reason, so_many = SESSIONS_AVAILABLE_AGAIN, next(failures) - 1
            text = f"{reason}: the session store works again (%s), after %d failed attempts"
            self._log.say(WARNING, reason, text, operation, so_many)


def _post(post: Post) -> Any:
    return post_form(post.url, post.fields, authorization=post.authorization)


async def _apost(effect: Send) -> Any:
    crew = _SIGN_INS if effect.of_anybody else _EXCHANGES
    try:
        return await crew.run(partial(_post, effect.post))
    except NotDone as error:
        said = str(error)
    raise FetchFailed(said)


def _checked(name: str, result: object) -> object:
    """What an operation returned, if it can have: something else could be taken for a yes."""
    good = (result is None or type(result) is bytes) if name == "read" else type(result) is bool
    if not good:
        raise TypeError
    return result


def _unavailable(problem: Exception) -> SessionsUnavailable:
    if isinstance(problem, SessionsUnavailable):
        return SessionsUnavailable(problem.reason, problem.detail, retry_after=problem.retry_after)
    kind = type(problem).__name__
    return SessionsUnavailable(
        LoginReason.SESSIONS_UNAVAILABLE, f"The session store failed ({kind})."
    )
