"""Starlette's endpoint classes under a guard, and the subclasses that are made of them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Generator
from functools import partial, partialmethod
from types import CodeType, FunctionType
from typing import Any, TypeAlias

from cognito_guard import Challenge, ConfigurationError, Policy, reachable

from .refusal import Page, Scope, refuse

__all__ = ["check_class", "guard_class", "lost_method"]

Refusal: TypeAlias = Callable[[Scope, Policy], Challenge | Page | None]

_POLICIES = "_cognito_guard_policies"
_GOES_ON = "_cognito_guard_goes_on"

_LIKE_A_REQUIREMENT = re.compile(
    r"(required?|requires)_(group|scope|role|policy|policie|claim|permission)s?", re.IGNORECASE
)


def guard_class(endpoint: Any, policy: Policy, refusal: Refusal, verb: str) -> Any:
    """The class, whose instances ask the policy before they do anything.

    Starlette awaits an instance, which calls ``dispatch``. The guard is around ``__await__``, so
    that a subclass may override ``dispatch``. A class whose ``__await__`` goes past the guard has
    no instances.
    """
    if not inspect.iscoroutinefunction(getattr(endpoint, "dispatch", None)) or not hasattr(
        endpoint, "__await__"
    ):
        raise ConfigurationError(f"{verb}() takes HTTPEndpoint and WebSocketEndpoint classes")
    _check_attributes(endpoint)
    own_await = vars(endpoint).get("__await__")
    own_init = vars(endpoint).get("__init__")

    def guarded_await(self: Any) -> Generator[Any, Any, None]:
        answer = refusal(self.scope, policy)
        if answer is not None:
            yield from refuse(self.scope, self.send, answer).__await__()
        elif own_await is not None:
            yield from own_await(self)
        else:
            yield from super(endpoint, self).__await__()

    def guarded_init(self: Any, *args: Any, **kwargs: Any) -> None:
        _check_guarded(type(self), policy)
        _check_attributes(type(self))
        if own_init is not None:
            own_init(self, *args, **kwargs)
        else:
            super(endpoint, self).__init__(*args, **kwargs)

    setattr(guarded_await, _POLICIES, (policy, *getattr(own_await, _POLICIES, ())))
    setattr(guarded_await, _GOES_ON, own_await is None or getattr(own_await, _GOES_ON, False))
    endpoint.__await__ = guarded_await
    endpoint.__init__ = guarded_init
    return endpoint


def check_class(cls: type, is_guard: Callable[[object], bool]) -> str | None:
    """Why instances of a class may go past the guards that it has, or inherits, if they may."""
    policies = _policies_of(cls)
    methods = [any(map(is_guard, vars(base).values())) for base in cls.__mro__]
    if not policies and not any(methods):
        return None
    made_by: tuple[Any, Any] = (cls.__new__, type(cls).__call__)
    if made_by != (object.__new__, type.__call__):
        return f"{cls.__qualname__} is made by a __new__ or metaclass that may bypass its guard"
    try:
        for policy in policies:
            _check_guarded(cls, policy)
        if policies:
            _check_attributes(cls)
    except ConfigurationError as error:
        return str(error)
    # Those whose methods no guarded one can take the place of.
    before = cls.__mro__[: len(methods) - 1 - methods[::-1].index(True)] if any(methods) else ()
    for base in before:
        for name in ("dispatch", "__await__"):
            if _goes_elsewhere(base, name):
                return (
                    f"{base.__qualname__} overrides {name}() without the one of its base, so "
                    "the guard around a method of the base may guard nothing: guard the class"
                )
    return None


def lost_method(cls: type, is_guard: Callable[[object], bool]) -> tuple[str, Any] | None:
    """What is wrong with a method without a guard that runs instead of a guarded one of the same
    name, and does not go on to it; and the guarded one. It is nothing where the class is guarded.
    """
    if _policies_of(cls):
        return None
    for index, base in enumerate(cls.__mro__):
        for name, value in vars(base).items():
            if not _any_reached(value, is_guard):
                continue
            for nearer in cls.__mro__[:index]:
                own = vars(nearer).get(name)
                if own is None or _any_reached(own, partial(_goes_on, name, base)):
                    continue
                if not _any_reached(own, is_guard):
                    problem = (
                        f"{nearer.__qualname__}.{name} has no guard, and runs instead of the one "
                        f"of {base.__qualname__}, which has one: guard it too, or the class"
                    )
                    return problem, value
                break
    return None


def _any_reached(value: Any, is_it: Callable[[object], bool]) -> bool:
    value = getattr(value, "__func__", value)  # a static method, or one of the class
    value = value.func if isinstance(value, partialmethod) else value
    return callable(value) and any(map(is_it, reachable(value).values()))


def _goes_on(name: str, base: type, one: object) -> bool:
    """Whether this is a function that calls a method of the base, by ``super()`` or by its name."""
    names = _names_in(one.__code__) if type(one) is FunctionType else set()
    return name in names and not names.isdisjoint(("super", base.__name__))


def _names_in(code: CodeType) -> set[str]:
    """What a function speaks of, also in the functions that are defined in it, and in a text."""
    found = {*code.co_names, *code.co_freevars}
    for each in code.co_consts:
        if isinstance(each, CodeType):
            found |= _names_in(each)
        elif isinstance(each, str):
            found.add(each)
    return found


def _policies_of(cls: type) -> list[Policy]:
    return [
        policy
        for base in cls.__mro__
        for policy in getattr(vars(base).get("__await__"), _POLICIES, ())
    ]


def _goes_elsewhere(base: type, name: str) -> bool:
    own = vars(base).get(name)
    if own is None or base.__module__.startswith("starlette.") or hasattr(own, _POLICIES):
        return False
    code = getattr(own, "__code__", None)
    return code is None or not {"dispatch", name} & {*code.co_names}


def _check_guarded(cls: type, policy: Policy) -> None:
    """Whether awaiting an instance leads to the guard with this policy, and first of all."""
    awaits = [vars(base)["__await__"] for base in cls.__mro__ if "__await__" in vars(base)]
    # Those that are reached: all up to the first that does not go on to the next.
    ends = [index for index, one in enumerate(awaits) if not getattr(one, _GOES_ON, False)]
    reached = awaits[: min(ends, default=0) + 1]
    if any(one is policy for found in reached for one in getattr(found, _POLICIES, ())):
        return
    raise ConfigurationError(
        f"{cls.__qualname__} overrides __await__, so the guard of its base no longer guards it: "
        "override dispatch() or a handler instead"
    )


def _check_attributes(cls: type) -> None:
    for name in dir(cls):
        if _LIKE_A_REQUIREMENT.fullmatch(name):
            raise ConfigurationError(
                f"{cls.__qualname__}.{name} requires nothing: name it in the arguments of the guard"
            )
