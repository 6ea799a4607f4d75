"""Listeners: those who are told what a guard does. Free while there are none."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial
from types import BuiltinMethodType, MethodType
from typing import TYPE_CHECKING, Any, TypeAlias, final
from weakref import ref

from ..errors import ConfigurationError
from .fork import forget_after_fork
from .log import LISTENER_FAILED, WARNING, Log

if TYPE_CHECKING:
    from ..identity import Identity

__all__ = ["Listener", "Listeners", "Observers"]

Listener: TypeAlias = Callable[[Any], object]


@final
class Listeners:
    """The listeners of one guard. Whoever has something to tell looks at ``all`` first, so that no
    event is made, and no clock is read, for nobody."""

    __slots__ = ("__weakref__", "_lock", "_log", "all")

    def __init__(self, log: Log | None = None) -> None:
        self._log = Log() if log is None else log
        self.all: tuple[Listener, ...] = ()
        """Replaced as one, so that nobody who goes through it needs a lock."""
        self._lock = threading.Lock()  # for those who replace it, each with what it has replaced
        forget_after_fork(self)

    def add(self, listener: Listener) -> Callable[[], None]:
        """Have ``listener`` called with each event. What is returned removes it again.

        Raises :class:`ConfigurationError` for what is not a plain callable.
        """
        import inspect  # costs more than a start may; seldom needed

        by_class: object = getattr(type(listener), "__call__", None)  # noqa: B004  # a look
        if not callable(listener) or any(map(inspect.iscoroutinefunction, (listener, by_class))):
            raise ConfigurationError("a listener must be a plain (not async) callable")
        with self._lock:
            if not any(_is(one, listener) for one in self.all):
                self.all = (*self.all, listener)

        def remove() -> None:
            with self._lock:
                self.all = tuple(one for one in self.all if not _is(one, listener))

        return remove

    def _forget_parent(self) -> None:
        self._lock = threading.Lock()

    def tell_verified(self, identity: Identity, *, remembered: bool) -> None:
        """Tell of a caller."""
        from ..events import CallerVerified

        self.tell(CallerVerified(identity, remembered))

    def tell(self, event: object) -> None:
        """Call each listener. One that fails changes no verdict: the log says so."""
        for listener in self.all:
            try:
                listener(event)
            except Exception as error:  # noqa: BLE001  # a user's code, which decides nothing
                kind = type(error).__name__
                self._log.say(WARNING, LISTENER_FAILED, "a listener failed: %s", kind, detail=kind)


@final
class Observers:
    """The listeners of every guard that shares something, such as a key set.

    They are not kept alive: a key set may outlive many guards.
    """

    __slots__ = ("_refs",)

    def __init__(self) -> None:
        self._refs: dict[int, ref[Listeners]] = {}

    def add(self, listeners: Listeners) -> None:
        """Have these told as well. Each guard is told once, however often it is added."""
        key, refs = id(listeners), self._refs
        refs.setdefault(key, ref(listeners, partial(_forget, refs, key)))  # one step for threads

    def __iter__(self) -> Iterator[Listeners]:
        """Those that have somebody to tell."""
        for one in self._refs.copy().values():  # other threads may add meanwhile
            if (listeners := one()) is not None and listeners.all:
                yield listeners


def _is(one: Listener, other: Listener) -> bool:
    """Whether it is the same listener. A method is another object whenever it is named; two objects
    that are equal, such as dataclasses, are two listeners."""
    methods = isinstance(one, MethodType | BuiltinMethodType)
    return one is other or (methods and type(one) is type(other) and one == other)


def _forget(refs: dict[int, ref[Listeners]], key: int, _: ref[Listeners]) -> None:
    del refs[key]
