"""What a request hands over, in objects that say nothing of it.

Reports of errors show the local variables of every frame that an error comes through. A scope has
the headers, and with them the token, and Starlette's ``Request`` shows its scope. So while somebody
else's code runs, a frame of ours has these in one of the objects here, and in no variable.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, final

from .caller import Caller, caller_of
from .refusal import Receive, Scope, Send

__all__ = ["Call", "Exchange"]


@final
class Exchange:
    """The three things that an ASGI app is called with."""

    __slots__ = ("receive", "scope", "send")

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope
        self.receive = receive
        self.send = send

    def to(self, app: Callable[[Any, Any, Any], Awaitable[None]]) -> Awaitable[None]:
        """Call an app. No frame of ours stays below the one that awaits this."""
        return app(self.scope, self.receive, self.send)


@final
class Call:
    """A connection, and a function with its arguments."""

    __slots__ = ("_args", "_function", "_kwargs", "connection")

    def __init__(
        self,
        function: Callable[..., Any] = bool,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] = {},
        *,
        connection: Any = None,
    ) -> None:
        self._function = function
        self._args = args
        self._kwargs = kwargs
        self.connection: Any = connection

    def __call__(self) -> Any:
        return self._function(*self._args, **self._kwargs)

    def request_line(self) -> tuple[str | None, str | None]:
        """The method and the path of a request whose environ (PEP 3333) is an argument."""
        for one in (*self._args, *self._kwargs.values()):
            if isinstance(one, dict) and "PATH_INFO" in one:
                return one.get("REQUEST_METHOD"), one["PATH_INFO"]
        return None, None

    def find_connection(self, *kinds: Any) -> list[Caller | None]:
        """Take the first argument of one of these kinds for the connection. Whose connections the
        arguments are, in their order."""
        found = [one for one in (*self._args, *self._kwargs.values()) if isinstance(one, kinds)]
        self.connection = found[0] if found else None
        return [caller_of(one.scope) for one in found]
