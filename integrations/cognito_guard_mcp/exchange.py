"""What a request hands over, in an object that says nothing of it.

Reports of errors show the local variables of every frame that an error comes through, and a scope
has the token.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from typing import Any, final

from cognito_guard import Credential, HeaderValues

__all__ = ["Exchange", "full_path", "header_values", "relative_path", "with_token"]


@final
class Exchange:
    """The three things that an ASGI app is called with."""

    __slots__ = ("receive", "scope", "send")

    def __init__(self, scope: Any, receive: Any, send: Any) -> None:
        self.scope = scope
        self.receive = receive
        self.send = send

    def to(self, app: Callable[[Any, Any, Any], Awaitable[None]]) -> Awaitable[None]:
        """Call an app. No frame of ours stays below the one that awaits this."""
        return app(self.scope, self.receive, self.send)


def relative_path(scope: Mapping[str, Any]) -> str:
    """The path below ``root_path``, whether or not the server has that inside the path."""
    path: str = scope["path"]
    root: str = scope.get("root_path") or ""
    return path[len(root) :] if root and f"{path}/".startswith(f"{root}/") else path


def full_path(scope: Mapping[str, Any]) -> str:
    """The path as a client has it, whether or not the server has ``root_path`` inside."""
    root: str = scope.get("root_path") or ""
    return root + relative_path(scope)


def with_token(scope: Mapping[str, Any], credential: Credential) -> dict[str, Any]:
    """A copy of a scope in which the SDK finds the very token that was verified: it reads the
    header in a way of its own."""
    others = [pair for pair in scope["headers"] if pair[0].lower() != b"authorization"]
    value = b"Bearer " + str(credential.value).encode("ascii")
    return {**scope, "headers": [*others, (b"authorization", value)]}


def header_values(scope: MutableMapping[str, Any]) -> HeaderValues:
    """All raw values of a header in an ASGI scope, by its lower-case name."""
    # ASGI has an iterable there. What somebody's `filter` makes can be read once only, and then a
    # second credential, and the app behind, would find none.
    if not isinstance(scope["headers"], (list, tuple)):
        scope["headers"] = list(scope["headers"])
    return _Values(scope)


@final
class _Values:
    """No closure, whose variables a report of an error would show."""

    __slots__ = ("_scope",)

    def __init__(self, scope: Mapping[str, Any]) -> None:
        self._scope = scope

    def __call__(self, name: str) -> Sequence[bytes]:
        raw = name.encode("latin-1")
        return [value for key, value in self._scope["headers"] if key.lower() == raw]
