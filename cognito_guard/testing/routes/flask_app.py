"""The routes of a Flask app, by what its attributes look like: the engine knows no framework."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from .files import first_file
from .route import NOWHERE, Route, value_for

__all__ = ["flask_routes", "is_flask", "nowhere"]

_PARAMETER = re.compile(r"<(?:[^<>]*:)?(\w+)>")


def is_flask(app: Any) -> bool:
    """Whether this is a Flask app, or one of Quart's, which looks the same."""
    return hasattr(app, "url_map") and hasattr(app, "error_handler_spec")


def flask_routes(app: Any, values: Mapping[str, str]) -> Iterator[Route]:
    """Every rule of its URL map, and what answers where there is none."""
    for rule in app.url_map.iter_rules():
        if rule.build_only:
            continue
        methods = set(rule.methods or ())
        if getattr(rule, "provide_automatic_options", False):
            methods.discard("OPTIONS")
        file = _static_file(app, rule.endpoint)
        served = values if file is None else {**values, "filename": file or "none"}
        yield Route(
            name=f"{_host(app, rule, written=True)}{rule.rule}",
            path=_filled(rule, rule.rule, served),
            methods=tuple(sorted(methods)),
            host=_filled(rule, _host(app, rule), values) or None,
            is_websocket=bool(getattr(rule, "websocket", False)),
            may_be_absent=file == "",
            fits=_leads_to(app, rule),
            is_whole_app=file is not None,
        )


def nowhere(app: Any) -> Route | None:
    """What answers for URLs that lead nowhere; ``None`` if all lead somewhere."""
    host = app.config.get("SERVER_NAME")
    try:
        app.url_map.bind(host or "localhost").match(NOWHERE)
        leads_nowhere = False
    except Exception as error:  # noqa: BLE001  one of Werkzeug's
        leads_nowhere = type(error).__name__ == "NotFound"
    is_own = _has_404_handler(app)
    absent = not is_own
    route = Route("404", NOWHERE, ("GET",), host, may_be_absent=absent, fits=lambda path: True)
    return route if leads_nowhere else None


def _has_404_handler(app: Any) -> bool:
    spec = app.error_handler_spec.get(None, {})
    kinds = {kind.__name__ for kind in spec.get(None, {})}
    return bool(spec.get(404)) or not kinds.isdisjoint({"NotFound", "HTTPException", "Exception"})


def _leads_to(app: Any, rule: Any) -> Callable[[str], bool]:
    def fits(path: str) -> bool:
        adapter = app.url_map.bind(_host(app, rule) or "localhost")
        method = next(iter(rule.methods or ["GET"]))
        try:
            return bool(adapter.match(path, method, return_rule=True)[0] is rule)
        except Exception:  # noqa: BLE001  one of Werkzeug's
            return False

    return fits


def _host(app: Any, rule: Any, *, written: bool = False) -> str:
    if rule.host:
        return str(rule.host)
    server = app.config.get("SERVER_NAME") or ""
    if rule.subdomain:
        return f"{rule.subdomain}.{server or 'localhost'}"
    return "" if written else server


def _filled(rule: Any, text: str, values: Mapping[str, str]) -> str:
    def fill(match: re.Match[str]) -> str:
        name = match[1]
        return _value(rule._converters[name], name, values, rule.rule)

    return _PARAMETER.sub(fill, text)


def _value(converter: Any, name: str, values: Mapping[str, str], route: str) -> str:
    # `any(...)` takes one of several words.
    word = re.sub(
        r"\\(.)", r"\1", converter.regex.removeprefix("(?:").removesuffix(")").split("|")[0]
    )
    if _fits(converter, word):
        values = {name: word, **values}
    return value_for(name, lambda value: _fits(converter, value), values, route)


def _fits(converter: Any, value: str) -> bool:
    try:
        converter.to_python(value)
    except ValueError:
        return False
    return re.fullmatch(converter.regex, value) is not None


def _static_file(app: Any, endpoint: str) -> str | None:
    """A file that this endpoint serves; the empty string if it has none, and ``None`` if it serves
    no files."""
    blueprint, _, name = endpoint.rpartition(".")
    owner = app.blueprints.get(blueprint) if blueprint else app
    if name != "static" or owner is None or owner.static_folder is None:
        return None
    return first_file([owner.static_folder])
