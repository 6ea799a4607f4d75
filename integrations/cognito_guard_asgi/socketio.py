"""Refusals in the ``connect`` handler of a Socket.IO server (python-socketio)."""

from __future__ import annotations

import functools
import importlib
import inspect
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar, cast, overload

from cognito_guard import AuthError, ConfigurationError, Guard, KeysUnavailable

from .held import Call

__all__ = ["refuses"]

H = TypeVar("H", bound=Callable[..., Any])


@overload
def refuses(handler: H) -> H: ...


@overload
def refuses(*, guard: Guard) -> Callable[[H], H]: ...


def refuses(handler: Any = None, *, guard: Guard | None = None) -> Any:
    """Refuse a Socket.IO connection if its ``connect`` handler raises ``AuthError`` or
    ``KeysUnavailable``. Put it below ``@sio.event``. Without it, the error only goes to the log.

    ``guard``: the guard that writes the refusal to its log and tells its listeners. Write
    ``@refuses(guard=guard)``. A plain ``@refuses`` does neither.

    The client's ``connect_error`` gets
    ``{"message": reason, "data": {"detail": ..., "reason": ...}}``, and ``retry_after`` in seconds
    while no keys are available. Works for functions and methods, ``async`` or not. Raises
    ``ConfigurationError`` for anything else.
    """
    if guard is None:
        return _refusing(handler, None)
    if handler is not None or not isinstance(guard, Guard):
        raise ConfigurationError("write @refuses(guard=guard), with a cognito_guard.Guard")
    return functools.partial(_refusing, guard=guard)


def _refusing(handler: Any, guard: Guard | None) -> Any:
    if inspect.iscoroutinefunction(handler):

        @functools.wraps(handler)
        async def refusing(*args: Any, **kwargs: Any) -> Any:
            call = Call(handler, args, kwargs)
            del args, kwargs
            try:
                return await call()
            except (AuthError, KeysUnavailable) as error:
                raise _refusal(error, call, guard) from None

        return refusing
    if not inspect.isroutine(handler):
        raise ConfigurationError(
            "@refuses goes on the connect handler, a function, below @sio.event"
        )

    @functools.wraps(handler)
    def refusing_sync(*args: Any, **kwargs: Any) -> Any:
        call = Call(handler, args, kwargs)
        del args, kwargs
        try:
            answer = call()
        except (AuthError, KeysUnavailable) as error:
            raise _refusal(error, call, guard) from None
        return _refusing_later(answer, call, guard) if inspect.iscoroutine(answer) else answer

    return refusing_sync


async def _refusing_later(answer: Coroutine[Any, Any, Any], call: Call, guard: Guard | None) -> Any:
    """What a function has made that calls an ``async`` handler without being one."""
    try:
        return await answer
    except (AuthError, KeysUnavailable) as error:
        raise _refusal(error, call, guard) from None


def _refusal(error: AuthError | KeysUnavailable, call: Call, guard: Guard | None) -> Exception:
    if guard is not None:
        method, path = call.request_line()
        guard.challenge(error, method=method, path=path)  # for its line in the log, and the event
    # Only a server of python-socketio's calls the handler, so the package is there.
    refused: Any = importlib.import_module("socketio.exceptions").ConnectionRefusedError
    data: dict[str, Any] = {"detail": error.detail, "reason": str(error.reason)}
    if isinstance(error, KeysUnavailable):
        data["retry_after"] = error.retry_after
    return cast("Exception", refused(str(error.reason), data))
