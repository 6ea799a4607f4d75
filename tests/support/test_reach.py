"""What a callable wraps, as adapters look for it."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import Any

import pytest

from cognito_guard import reachable, wrapped


def view() -> str:
    """What is looked for."""
    return "view"


def _closure(function: Any) -> Any:
    def inner(request: Any) -> Any:
        return function()

    return inner


def _in_list(function: Any) -> Any:
    functions = [{"view": function}]
    return lambda: functions[0]["view"]()


def _default(function: Any) -> Any:
    return lambda _function=function: _function()


def _keyword_default(function: Any) -> Any:
    return lambda *, _function=function: _function()


def _says_so(function: Any) -> Any:
    @functools.wraps(function)
    def inner() -> str:
        return "inner"

    return inner


class Holder:
    """An object that calls what it was made with."""

    def __init__(self, function: Any) -> None:
        self.function = function

    def call(self) -> Any:
        """Call it."""
        return self.function()

    __call__ = call


WRAPPERS: dict[str, Callable[[Any], Any]] = {
    "closure": _closure,
    "list": _in_list,
    "default": _default,
    "keyword default": _keyword_default,
    "wraps": _says_so,
    "partial": functools.partial,
    "argument of a partial": lambda function: functools.partial(_closure, function),
    "keyword of a partial": lambda function: functools.partial(_closure, function=function),
    "cache": functools.lru_cache,
    "object": Holder,
    "method": lambda function: Holder(function).call,
    "__call__": lambda function: function.__call__,
    "two": lambda function: _closure(functools.partial(function)),
}


@pytest.mark.parametrize("name", WRAPPERS)
def test_what_is_wrapped_is_found(name: str) -> None:
    """Whatever a wrapper keeps it in."""
    wrapper = WRAPPERS[name](view)
    found = list(reachable(wrapper).values())
    assert found[0] is wrapper
    assert view in found
    assert view not in reachable(wrapper, stop=lambda one: one is wrapper).values()


def test_functions_of_methods() -> None:
    """Other objects have the function of a bound method, too."""
    method = Holder(view).call
    assert Holder.call in reachable(method).values()
    assert Holder.call not in reachable(method, of_methods=False).values()


def test_classes() -> None:
    """Classes are found only where they are asked for."""
    method = Holder(view).call
    assert Holder not in reachable(method).values()
    assert Holder in reachable(method, classes=(Holder,)).values()


def test_opaque() -> None:
    """What an opaque object holds is not wrapped by it, nor what a module holds."""
    holder = Holder(view)
    for wrapper in (_closure(holder), holder.call):
        assert view not in reachable(wrapper, opaque=(Holder,)).values()
    assert logging.getLogger not in reachable(functools.partial(view, logging)).values()


def test_what_stands_beside() -> None:
    """A function that calls its neighbour by name does not wrap it."""

    def neighbour() -> str:
        return "neighbour"

    def other() -> str:
        return neighbour() + later()

    found = reachable(other).values()
    later = view
    assert neighbour not in found
    assert later not in found


def test_a_ring() -> None:
    """Functions that say that they wrap each other are looked at once."""

    def one() -> str:
        return two()

    @functools.wraps(one)
    def two() -> str:
        return "two"

    holder = _closure(two)
    one.__wrapped__ = two  # type: ignore[attr-defined]
    assert {one, two} <= set(reachable(holder).values())


def test_the_closure_of_a_method() -> None:
    """A method that was defined where the function was given leads to it."""

    def made(function: Any) -> Any:
        class Made:
            def call(self) -> Any:
                return function()

        return Made().call

    assert view in reachable(made(view), of_methods=False).values()


def said(start: Any, **how: Any) -> list[tuple[Any, bool]]:
    """What something wraps without doubt, and whether it says so."""
    return [(one, is_said) for _, one, is_said in wrapped(start, **how)]


def test_what_is_wrapped_without_doubt() -> None:
    """What a wrapper says, and after that the only callable that it holds."""
    says_so, holds = _says_so(view), _closure(view)
    assert said(says_so) == [(says_so, True), (view, True)]
    assert said(holds) == [(holds, True), (view, False)]
    outer = _says_so(holds)
    assert said(outer) == [(outer, True), (holds, True), (view, False)]
    partial = functools.partial(says_so)
    assert said(partial) == [(partial, True), (says_so, True), (view, True)]
    with_argument = functools.partial(_closure, view)
    assert said(with_argument) == [(with_argument, True)]
    assert said("no callable") == []
    [key, *_] = [key for key, _, _ in wrapped(view)]
    assert key in reachable(view)


class Noted:
    """An object that ``functools.update_wrapper`` has seen to, and that holds more."""

    def __init__(self, function: Any) -> None:
        functools.update_wrapper(self, function)
        self.report = _closure(print)
        self.function = function

    def __call__(self) -> Any:
        return self.function()


class Slot:
    """An object that could say what it wraps."""

    __slots__ = ("__wrapped__",)

    def __call__(self) -> str:
        return "nothing"


@pytest.mark.parametrize("wrap", [Noted, functools.cache, staticmethod])
def test_wrappers_that_are_no_functions(wrap: Any) -> None:
    """They may say it as well as a function, and are believed."""
    wrapper = wrap(view)
    assert said(wrapper) == [(wrapper, True), (view, True)]


def test_a_wrapper_that_says_nothing_yet() -> None:
    """It wraps nothing."""
    slot = Slot()
    assert said(slot) == [(slot, True)]


def test_how_far_it_is_looked() -> None:
    """No further than somebody says, and not into what is opaque; classes where they count."""
    holder = Holder(view)
    holds = _closure(holder)
    assert said(holds) == [(holds, True), (holder, False), (view, False)]
    assert said(holds, stop=lambda one: one is holder) == [(holds, True), (holder, False)]
    assert said(holds, opaque=(Holder,)) == [(holds, True)]
    assert said(_closure(Holder)) != said(_closure(Holder), classes=(Holder,))


def test_wrappers_in_a_ring() -> None:
    """Each is given once."""

    def one() -> str:
        return "one"

    two = _says_so(one)
    one.__wrapped__ = two  # type: ignore[attr-defined]
    assert said(two) == [(two, True), (one, True)]
