"""The chain of middlewares: what is in it, whoever has wrapped it how.

Django's own loading of it says most: whose ``process_view`` it will call, and what is made while it
loads. What is made later, or was before we could look, is looked for in what stands around it.
"""

from __future__ import annotations

import functools
import gc
import sys
import weakref
from collections.abc import Iterator, Mapping
from types import FunctionType, MethodType
from typing import Any

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.conf import settings as django_settings
from django.core.handlers.base import BaseHandler
from django.utils.deprecation import MiddlewareMixin

from cognito_guard import ConfigurationError

__all__ = ["ask_last", "behind", "note", "refuse_earlier", "refuse_order", "require"]


def behind(get_response: object) -> Iterator[object]:
    """All that a request is handed on to, from the outside in, the handler at the end included.

    Through attributes, closures, partials, bound methods and Django's own adapters.
    """
    seen: dict[int, object] = {}
    waiting: list[object] = [get_response]
    while waiting:
        each = waiting.pop(0)
        if id(each) not in seen:
            seen[id(each)] = each  # kept, so that nothing else gets its id
            yield each
            waiting += _next(each)


def _next(each: Any) -> list[object]:
    if isinstance(each, BaseHandler):
        return []
    if isinstance(each, MethodType):
        return [each.__self__, each.__func__]
    if isinstance(each, functools.partial):
        return [each.func, *each.args, *each.keywords.values()]
    found = list(getattr(each, "__dict__", {}).values())
    if isinstance(each, FunctionType):
        for cell in each.__closure__ or ():
            try:
                found.append(cell.cell_contents)
            except ValueError:  # not set yet
                continue
    return [one for one in found if callable(one) and not isinstance(one, type)]


def refuse_order(get_response: object, ours: type) -> BaseHandler | None:
    """The handler at the end of the chain. Raises ``ConfigurationError`` where what stands behind
    our middleware would put another user into its place."""
    # Not imported for this: its models need an app that many projects go without.
    auth = sys.modules.get("django.contrib.auth.middleware")
    loading = _loading()
    handler: BaseHandler | None = None if loading is None else loading[0]
    # Django builds from the inside out, so what is there already comes after ours. What has been
    # handed the same as ours stands beside it.
    others = [] if handler is None else _built(handler)
    others = [each for each in others if _next_of(each) is not get_response]
    for each in (*behind(get_response), *others):
        if isinstance(each, BaseHandler):
            handler = each
        if isinstance(each, ours):
            raise ConfigurationError("CognitoMiddleware is in MIDDLEWARE twice; remove one of them")
        if auth and isinstance(each, auth.AuthenticationMiddleware | auth.RemoteUserMiddleware):
            name = type(each).__name__
            raise ConfigurationError(
                f"MIDDLEWARE: {name} comes after CognitoMiddleware and would replace the user of "
                f"the token; move CognitoMiddleware behind {name}"
            )
    return handler


def ask_last(get_response: object, check: Any, acheck: Any, answer: Any) -> None:
    """Let Django call ``check``, or ``acheck`` where it is async, after the ``process_view`` of all
    middlewares, those behind ours included. ``answer`` makes a response of what one of those behind
    ours raises, or ``None``: Django asks no ``process_exception`` about that."""
    loading = _loading()
    if loading is not None:
        _ask_last(loading[0]._view_middleware, acheck if loading[1] else check, answer)
        return
    for each in behind(get_response):
        if isinstance(each, MethodType) and isinstance(each.__self__, BaseHandler):
            handler: Any = each.__self__
            check_here = acheck if iscoroutinefunction(each) else check
            _ask_last(handler._view_middleware, check_here, answer)


def _ask_last(methods: list[Any], check: Any, answer: Any) -> None:
    answered = _aanswered if iscoroutinefunction(check) else _answered
    methods[:] = [*(answered(each, answer) for each in methods), check]


def _answered(process_view: Any, answer: Any) -> Any:
    def asked(request: Any, *view: Any) -> Any:
        try:
            return process_view(request, *view)
        except Exception as error:
            response = answer(request, error)
            if response is None:
                raise
            return response

    return asked


def _aanswered(process_view: Any, answer: Any) -> Any:
    async def asked(request: Any, *view: Any) -> Any:
        try:
            return await process_view(request, *view)
        except Exception as error:
            response = await sync_to_async(answer, thread_sensitive=True)(request, error)
            if response is None:
                raise
            return response

    return asked


def note(middleware: object) -> None:
    """Remember a middleware that Django is making: what stands around it may hide it."""
    loading = _loading()
    if loading is not None:
        vars(loading[0]).setdefault(_BUILT, []).append(weakref.ref(middleware))


_BUILT = "_cognito_guard_built"


def _built(handler: object) -> list[Any]:
    """What :func:`note` has remembered, except for what was made and not used."""
    made = (reference() for reference in vars(handler).get(_BUILT, ()))
    return [each for each in made if each is not None]


def _next_of(middleware: object) -> object:
    here = vars(middleware)
    return here.get("_get_response", here.get("get_response"))


def _loading() -> tuple[Any, bool] | None:
    """The handler that is loading its middlewares right now, and whether for ASGI."""
    frame = sys._getframe(1)
    while frame is not None:
        is_named_so = frame.f_code.co_name == "load_middleware"
        if is_named_so and _is_handler(frame.f_locals.get("self")):
            return frame.f_locals["self"], frame.f_locals.get("is_async", False)
        frame = frame.f_back  # type: ignore[assignment]
    return None


def require() -> None:
    """From now on, let no server start without our middleware where ``REQUIRED`` is set, or with
    one that something around it hides from Django. Raises ``ConfigurationError`` where one has
    started so already.

    Nothing of a middleware runs that was forgotten, and ``manage.py check`` is not run by servers.
    So Django's own loading of middlewares is what looks.
    """
    load = BaseHandler.load_middleware
    if not hasattr(load, _OURS):

        @functools.wraps(load)
        def load_middleware(self: Any, is_async: bool = False) -> None:
            vars(self).pop(_BUILT, None)
            load(self, is_async)
            problem = _problem(self)
            if problem is not None:
                self._middleware_chain = None  # a test client would go on with it
                raise ConfigurationError(problem)

        setattr(load_middleware, _OURS, True)
        BaseHandler.load_middleware = load_middleware  # type: ignore[method-assign]
        _note_all()
        _earlier.extend(weakref.ref(each) for each in gc.get_objects() if _is_handler(each))
    refuse_earlier()


def _note_all() -> None:
    init = MiddlewareMixin.__init__

    @functools.wraps(init)
    def noted(self: Any, *args: Any, **kwargs: Any) -> None:
        init(self, *args, **kwargs)
        note(self)

    MiddlewareMixin.__init__ = noted  # type: ignore[method-assign]


_OURS = "_cognito_guard"
_earlier: list[weakref.ref[Any]] = []
"""Servers that were there before we could look: they are loaded, or being loaded."""


def refuse_earlier() -> None:
    """Look at the servers that were there before. Raises ``ConfigurationError``."""
    for each in tuple(_earlier):
        handler = each()
        if handler is not None and handler._middleware_chain is None:
            continue  # asked again
        problem = None if handler is None else _problem(handler)
        if problem is not None:
            raise ConfigurationError(problem)
        _earlier.remove(each)


def _is_handler(each: object) -> bool:
    # Its `__class__` may run code, as that of lazy objects does.
    return issubclass(type(each), BaseHandler)


def _problem(handler: Any) -> str | None:
    ours = getattr(sys.modules.get(f"{__package__}.middleware"), "CognitoMiddleware", ())
    # Django's adapters and others' instruments have the method in them.
    asked = [each for method in handler._view_middleware for each in behind(method)]
    if any(
        isinstance(each, MethodType)
        and isinstance(each.__self__, ours)
        and each.__name__ == "process_view"
        for each in asked
    ):
        return None
    if any(isinstance(e, ours) for e in (*behind(handler._middleware_chain), *_built(handler))):
        return (
            "MIDDLEWARE: the wrapper around CognitoMiddleware hides its process_view from "
            "Django, which checks that the request that reaches a view is the verified one; make "
            "a subclass instead, or a function that returns the CognitoMiddleware"
        )
    raw = getattr(django_settings, "COGNITO_GUARD", None)
    if not isinstance(raw, Mapping) or raw.get("REQUIRED", False) is False:
        return None
    return (
        "COGNITO_GUARD['REQUIRED'] is set, but nothing would require a credential: add "
        "'cognito_guard_django.middleware.CognitoMiddleware' to MIDDLEWARE, after "
        "AuthenticationMiddleware"
    )
