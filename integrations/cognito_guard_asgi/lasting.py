"""Connections that stay open, and end when their caller would not be let in any more."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from types import TracebackType
from typing import Any, Generic, Self, TypeVar, final

import anyio
from starlette.websockets import WebSocket, WebSocketState

from cognito_guard import ConfigurationError, Identity, Recheck

from .held import Call

__all__ = ["LastingStream", "LastingWebSocket"]

T = TypeVar("T")


@final
class LastingWebSocket:
    """``async with``: the block is cancelled when its caller is refused, the WebSocket is closed,
    and what comes after the block goes on."""

    def __init__(
        self, websocket: WebSocket, ask: Callable[[], Awaitable[Identity]], every: float
    ) -> None:
        if not isinstance(websocket, WebSocket):
            raise ConfigurationError("until_refused() takes the WebSocket of an endpoint")
        self._call = Call(connection=websocket)
        self._watch = _Watch(ask, every)

    async def __aenter__(self) -> Self:
        self._group = anyio.create_task_group()
        await self._group.__aenter__()
        self._group.start_soon(self._watch, self._group.cancel_scope)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        own = error is None or isinstance(error, Exception)
        if own:
            # The group would put it into an ExceptionGroup, which nobody expects here.
            self._group.cancel_scope.cancel()
            await self._group.__aexit__(None, None, None)
            ended = False
        else:
            ended = bool(await self._group.__aexit__(kind, error, traceback))
        self._watch.raise_fault()
        if self._watch.recheck.refusal is not None:
            await self._close()
        return ended

    async def _close(self) -> None:
        websocket: WebSocket = self._call.connection
        gone = WebSocketState.DISCONNECTED
        if gone not in (websocket.application_state, websocket.client_state):
            recheck = self._watch.recheck
            await websocket.close(recheck.close_code, str(getattr(recheck.refusal, "reason", "")))


@final
class LastingStream(Generic[T]):
    """An iterator that ends when its caller is refused, whatever there would be to come."""

    def __init__(
        self, items: AsyncIterable[T], ask: Callable[[], Awaitable[Identity]], every: float
    ) -> None:
        if not isinstance(items, AsyncIterable):
            raise ConfigurationError("stream_until_refused() takes an async iterable")
        self._items: AsyncIterator[T] = aiter(items)
        self._watch = _Watch(ask, every)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        watch = self._watch
        if watch.recheck.wait == 0:
            await watch.recheck.again()
        await self._end_if_refused()
        found: list[T] = []
        error: Exception | None = None
        # A group for each item: none may be open while somebody else has the next one to give.
        async with anyio.create_task_group() as group:
            group.start_soon(watch, group.cancel_scope)
            try:
                found.append(await anext(self._items))
            except Exception as problem:  # noqa: BLE001 - raised below, out of the group
                error = problem
            group.cancel_scope.cancel()
        watch.raise_fault()
        await self._end_if_refused()
        if error is not None:
            raise error
        return found[0]

    async def _end_if_refused(self) -> None:
        if self._watch.recheck.refusal is not None:
            await self.aclose()
            raise StopAsyncIteration

    async def aclose(self) -> None:
        """Close the iterator within."""
        close: Any = getattr(self._items, "aclose", None)
        if close is not None:
            await close()


@final
class _Watch:
    """The task that asks, and ends the scope beside it."""

    def __init__(self, ask: Callable[[], Awaitable[Identity]], every: float) -> None:
        self.recheck = Recheck(ask, every=every)
        self._fault: Exception | None = None

    async def __call__(self, scope: anyio.CancelScope) -> None:
        try:
            await self.recheck.until_refused(anyio.sleep)
        except Exception as fault:  # noqa: BLE001 - raised where the connection is served
            self._fault = fault
        scope.cancel()

    def raise_fault(self) -> None:
        """Raise what asking has failed with, such as a policy's own mistake."""
        if self._fault is not None:
            fault, self._fault = self._fault, None
            raise fault
