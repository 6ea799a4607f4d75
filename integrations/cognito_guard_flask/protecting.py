"""The hooks that ``protect`` puts before a request, and what becomes of the request after them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from flask import Flask, Response, current_app, request

from .current import EXTENSION, Kept, kept, this_request
from .needs import Guarding

__all__ = ["Hook", "ask_again", "covers", "hooks_of_request", "protecting"]

Hook = Callable[[], "Response | None"]

_PROTECTS = "_cognito_protects"
"""The attribute of a hook that guards all that it comes before."""

_OF_APP = frozenset({None})
"""Where Flask has the hooks of the app, and not of a blueprint."""


def protecting(decide: Hook, asks: Callable[[], Guarding | None] = lambda: None) -> Hook:
    """A hook that guards what it comes before, and notes which endpoint it was asked about.

    ``asks`` says what it asks for from the callers of this endpoint, if anything.
    """

    def hook() -> Response | None:
        kept().decided.add((hook, request.endpoint, request.method))
        return decide()

    setattr(hook, _PROTECTS, asks)
    return hook


def hooks_of_request(app: Flask) -> Iterator[Hook]:
    """Those that guard the endpoint that this request leads to by now."""
    hooks = app.before_request_funcs
    # Which blueprints a request is in takes a while to say, and in most apps none has a hook.
    for scope in (None,) if hooks.keys() <= _OF_APP else (None, *request.blueprints):
        for hook in hooks.get(scope, ()):
            if hasattr(hook, _PROTECTS):
                yield hook  # type: ignore[misc]  # one of ours


def covers(lost: Iterable[Guarding]) -> bool:
    """Whether the hooks of this request ask for all that these guards would have asked for.

    The guards of an extension that the app does not have are another app's affair, which may
    have the same view.
    """
    asks = [getattr(hook, _PROTECTS)() for hook in hooks_of_request(current_app)]
    found: dict[object, set[object]] = {}
    for one in asks:
        if one is not None:
            found.setdefault(one.extension, set()).update(one.asked)
    return bool(found) and all(
        one.extension not in current_app.extensions[EXTENSION]
        or (one.extension in found and found[one.extension].issuperset(one.asked))
        for one in lost
    )


def ask_again(app: Flask, look: Callable[[str | None, object], None]) -> None:
    """Let a view be reached only when each hook that guards it was asked about it.

    A hook of the app's may lead a request to another endpoint, which may be in a blueprint that
    nobody has asked for, or not be exempt; or make another method of it, which a session of another
    site's request may not have. ``look`` is asked about its view too.
    """
    dispatch: Callable[..., Any] = app.dispatch_request

    def dispatch_request(*args: Any, **kwargs: Any) -> Any:
        known, endpoint = _here()
        if endpoint != known.endpoint:
            look(endpoint, request.view_args)
        for hook in hooks_of_request(app):
            asked = (hook, request.endpoint, request.method) in known.decided
            answer = None if asked else hook()
            if answer is not None:
                return answer
        return dispatch(*args, **kwargs)

    app.dispatch_request = dispatch_request  # type: ignore[method-assign]


def _here() -> tuple[Kept, str | None]:
    """What is known of this request, and where it leads to by now."""
    one = this_request()
    return kept(one), one.endpoint
