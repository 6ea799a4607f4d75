"""The routes of a Django project, by what the attributes of its URL resolver look like."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ...http.exempt import ExemptPaths
from .route import GUESSES, METHODS, NOWHERE, CannotAsk, Route, value_for

__all__ = ["allowed_host", "django_routes", "is_django", "nowhere", "without_csrf"]

_PARAMETER = re.compile(r"<(?:[^<>:]+:)?(\w+)>")

# A named group without another one in it.
_GROUP = re.compile(r"\(\?P<(\w+)>((?:\\.|\[(?:\\.|[^\]])*\]|[^()\\\[])*)\)")


def is_django(app: Any) -> bool:
    """Whether this is what ``get_wsgi_application()`` or ``get_asgi_application()`` gives."""
    return any(kind.__module__.startswith("django.core.handlers.") for kind in type(app).__mro__)


def allowed_host() -> str:
    """A host that the settings allow."""
    allowed = sys.modules["django.conf"].settings.ALLOWED_HOSTS
    named = [host.removeprefix(".") for host in allowed if host != "*"]
    return named[0] if named else "localhost"


@contextmanager
def without_csrf(handler: Any) -> Iterator[None]:
    """Switch Django's own check against CSRF off meanwhile, as its test client does: it would
    refuse what a stranger with a cookie and a form may send."""
    kind = handler.request_class
    handler.request_class = type(kind.__name__, (kind,), {"_dont_enforce_csrf_checks": True})
    try:
        yield
    finally:
        handler.request_class = kind


def django_routes(values: Mapping[str, str]) -> Iterator[Route]:
    """Every pattern of the root URLconf, those that are included too."""
    resolver = _resolver()
    yield from _patterns(resolver, "/", [("/", {})], values)


def nowhere() -> Route | None:
    """What answers for URLs that lead nowhere; ``None`` if all lead somewhere."""
    try:
        _resolver().resolve(NOWHERE)
    except sys.modules["django.urls"].Resolver404:
        is_own = hasattr(_resolver().urlconf_module, "handler404")
        return Route("404", NOWHERE, ("GET",), may_be_absent=not is_own, fits=lambda path: True)
    return None


def exempt() -> list[ExemptPaths]:
    """What our middleware exempts."""
    settings = getattr(sys.modules["django.conf"].settings, "COGNITO_GUARD", {})
    return [ExemptPaths(settings.get("EXEMPT", ()))]


def _resolver() -> Any:
    return sys.modules["django.urls"].get_resolver()


def _patterns(
    resolver: Any, name: str, before: list[tuple[str, dict[str, list[str]]]], values: Any
) -> Iterator[Route]:
    for one in resolver.url_patterns:
        written = f"{name}{one.pattern}"
        ways = [
            (path + more, {**regexes, **found})
            for path, regexes in before
            for more, found in _templates(one.pattern)
        ]
        if hasattr(one, "url_patterns"):
            yield from _patterns(one, written, ways, values)
        else:
            path = _path(ways, written, one.callback, values)
            yield Route(written, path, _methods(one.callback), fits=_fits(one.callback))


def _fits(callback: Any) -> Callable[[str], bool]:
    def fits(path: str) -> bool:
        try:
            return bool(_resolver().resolve(path).func is callback)
        except sys.modules["django.urls"].Resolver404:
            return False

    return fits


def _templates(pattern: Any) -> list[tuple[str, dict[str, list[str]]]]:
    """Paths with ``%(name)s`` in place of each parameter, and what these may be."""
    if hasattr(pattern, "_route"):
        path = _PARAMETER.sub(r"%(\1)s", str(pattern).replace("%", "%%"))
        return [(path, {name: [one.regex] for name, one in pattern.converters.items()})]
    if hasattr(pattern, "_regex"):
        normalize = sys.modules["django.utils.regex_helper"].normalize
        groups = dict(_GROUP.findall(pattern._regex))
        return [
            (path, {name: _if_guessed(groups.get(name)) for name in names})
            for path, names in normalize(pattern._regex)
        ]
    return [(str(pattern).replace("%", "%%"), {})]  # a language


def _if_guessed(regex: str | None) -> list[str]:
    """The regular expression of a group, where something is known that fits it."""
    if regex is None or not any(re.fullmatch(regex, one) for one in (*GUESSES, *_words(regex))):
        return []
    return [regex]


def _words(regex: str) -> list[str]:
    """What may fit a regular expression that lists its words, such as ``auth|shop``."""
    return re.findall(r"[\w.-]+", regex)


def _path(
    ways: list[tuple[str, dict[str, list[str]]]], name: str, callback: Any, values: Any
) -> str:
    """The first that leads to this view. Parameters in a regular expression are guessed alike."""
    for template, regexes in ways:
        for guess in GUESSES:
            filled = {
                parameter: value_for(
                    parameter, _fitting(known, guess), values, name, _words("|".join(known))
                )
                for parameter, known in regexes.items()
            }
            path: str = template % filled
            try:
                match = _resolver().resolve(path)
            except sys.modules["django.urls"].Resolver404:
                continue
            if match.func is callback:
                return path
    raise CannotAsk(
        f"open_routes() knows no path for the route {name!r}, or another route stands before it; "
        "give the values of its parameters, as in open_routes(app, values={'name': '...'})"
    )


def _fitting(regexes: list[str], guess: str) -> Callable[[str], bool]:
    """What fits a converter; or the guess alone, where no converter says what fits."""
    if not regexes:
        return guess.__eq__
    return lambda value: all(re.fullmatch(regex, value) for regex in regexes)


def _methods(callback: Any) -> tuple[str, ...]:
    actions = getattr(callback, "actions", None)  # a view set of REST framework's
    kind = getattr(callback, "view_class", None) or getattr(callback, "cls", None)
    if actions:
        return tuple(sorted(action.upper() for action in actions))
    return tuple(one for one in METHODS if kind is None or hasattr(kind, one.lower()))
