"""Dependencies of FastAPI that somebody takes for decorators."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast, final

from cognito_guard import ConfigurationError

__all__ = ["no_decorator"]

F = TypeVar("F", bound=Callable[..., Any])


def no_decorator(function: F) -> F:
    """Goes on an async ``__call__``.

    ``@auth.require(groups="admins")`` above a route would call it with the route's function, and
    get a coroutine that nobody awaits. The route would be open.
    """
    return cast("F", _Method(function))


@final
class _Method:
    def __init__(self, function: Callable[..., Any]) -> None:
        # The name that `staticmethod` has: `unittest.mock` asks what is behind it, and awaits that.
        self.__func__ = function

    def __get__(self, instance: Any, owner: type) -> Callable[..., Any]:
        return self.__func__ if instance is None else _Call(self.__func__, instance)


@final
class _Call(functools.partial[Any]):
    """A partial, as FastAPI looks for what is to be awaited in those too."""

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        # A test may have a connection of its own. No route has a scope.
        if args and not isinstance(getattr(args[0], "scope", None), Mapping):
            raise ConfigurationError(
                "a CognitoAuth is no decorator: write dependencies=[Depends(auth)], or "
                "Depends(auth.require(...)), in the decorator of the route"
            )
        return super().__call__(*args, **kwargs)
