"""The goals, each a ratio within one run or a size, and how far a run met them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from . import floods, peer_serving, serving, starting
from .in_process import DATA_AGAIN, FIRST_SIGHT, JUNK, WHOLE_REQUEST
from .results import Goal, Section, row
from .sessions import APPS as SESSIONS_APPS

Sections = Mapping[str, Section]


class _Aim(NamedTuple):
    what: str
    limit: float
    at_least: bool
    unit: str
    measured: Callable[[Sections], float | None]


def _ratio(section: str, name: str) -> Callable[[Sections], float | None]:
    """The median of a row's ratios."""

    def measured(sections: Sections) -> float | None:
        found = row(sections.get(section), name)
        return found["ratio"]["median"] if found and "ratio" in found else None

    return measured


def _value(section: str, name: str) -> Callable[[Sections], float | None]:
    def measured(sections: Sections) -> float | None:
        found = row(sections.get(section), name)
        return found["value"]["median"] if found and "value" in found else None

    return measured


def _worst_junk(sections: Sections) -> float | None:
    each = [_ratio("junk", f"cognito_guard: {kind}")(sections) for kind in JUNK]
    return max((ratio for ratio in each if ratio is not None), default=None)


def _ahead_of_node(sections: Sections) -> float | None:
    own, node = (
        _value("start", name)(sections) for name in ("cognito_guard", "aws-jwt-verify on Node")
    )
    return None if own is None or node is None else own / node


def _remembering(sections: Sections) -> float | None:
    """Microseconds that the first sight of a token takes beyond those without a cache."""
    shipped, without = (
        _value("verify", name)(sections)
        for name in (FIRST_SIGHT, "cognito_guard, the same tokens, cache off")
    )
    return None if shipped is None or without is None else shipped - without


def _lead(ours: str, peer: str) -> Callable[[Sections], float | None]:
    """How many times a peer's requests, in the kind of tokens where that is less."""

    def measured(sections: Sections) -> float | None:
        each = [
            (_value(section, ours)(sections), _value(section, peer)(sections))
            for section in (peer_serving.REPEATED, peer_serving.NEW)
        ]
        leads = [own / other for own, other in each if own is not None and other is not None]
        return min(leads, default=None)

    return measured


def _worst_flood(server: str) -> Callable[[Sections], float | None]:
    def measured(sections: Sections) -> float | None:
        each = [_ratio(floods.LATE, f"{server}, {kind}")(sections) for kind in floods.KINDS]
        return max((ratio for ratio in each if ratio is not None), default=None)

    return measured


AIMS = (
    _Aim(
        "the first sight of a token, as shipped",
        *(1.45, False, "times the bare verify", _ratio("verify", FIRST_SIGHT)),
    ),
    _Aim(
        "what the cache adds to the first sight of a token",
        *(3.0, False, "µs", _remembering),
    ),
    _Aim(
        "a token not seen before: every check, `Identity` built",
        *(1.35, False, "times the bare verify", _ratio("verify", "cognito_guard")),
    ),
    _Aim(
        "the same token again",
        *(0.07, False, "times the bare verify", _ratio("repeat", "cognito_guard, its cache on")),
    ),
    _Aim(
        "a repeated token through the guard: `authenticate(headers)`",
        *(0.1, False, "times the bare verify", _ratio("repeat", WHOLE_REQUEST)),
    ),
    _Aim(
        "refusing junk, the slowest of four kinds",
        *(0.4, False, "times the bare verify", _worst_junk),
    ),
    _Aim(
        "two threads on two cores, tokens not seen before",
        *(1.7, True, "times one thread"),
        _ratio("threads", "cognito_guard, tokens not seen before: 2"),
    ),
    _Aim(
        "fresh process: import, static keys, one verification",
        *(1.25, False, "times a bare `cryptography` script", _ratio("start", "cognito_guard")),
    ),
    _Aim("the same, against aws-jwt-verify on Node", 1.0, False, "times its time", _ahead_of_node),
    _Aim(
        "fresh process of a function: import, static keys, its first event",
        *(1.35, False, "times a bare `cryptography` script", _ratio("start", starting.LAMBDA)),
    ),
    _Aim(
        "fresh process: import, PEM keys, data of a load balancer once",
        *(1.2, False, "times a bare ES256 script"),
        _ratio("start_load_balancer", starting.BALANCER),
    ),
    _Aim(
        "Starlette with the ASGI middleware, repeated tokens",
        *(0.9, True, "times the requests unguarded"),
        _ratio("http", "Starlette on uvicorn, guarded"),
    ),
    _Aim(
        "a bare ASGI app with the middleware, repeated tokens",
        *(0.88, True, "times the requests unguarded"),
        _ratio("http", "a bare ASGI app on uvicorn, guarded"),
    ),
    _Aim(
        "FastAPI with the ASGI middleware, repeated tokens",
        *(0.93, True, "times the requests unguarded"),
        _ratio("http", "FastAPI with the middleware on uvicorn, guarded"),
    ),
    _Aim(
        "FastAPI with the dependency, repeated tokens",
        *(0.88, True, "times the requests unguarded"),
        _ratio("http", "FastAPI with the dependency on uvicorn, guarded"),
    ),
    _Aim(
        "Flask, repeated tokens",
        *(0.97, True, "times the requests unguarded"),
        _ratio("http", "Flask on gunicorn, guarded"),
    ),
    _Aim(
        "Django stateless, repeated tokens",
        *(0.98, True, "times the requests unguarded"),
        _ratio("http", "Django stateless on gunicorn, guarded"),
    ),
    _Aim(
        "a bare ASGI app with the middleware, tokens not seen before",
        *(1.03, False, "times an app that calls `averify`, cache off"),
        _ratio(serving.NEW, serving.WITH_MIDDLEWARE),
    ),
    _Aim(
        "memory of a token remembered, beyond its text",
        *(2048, False, "bytes", _value("memory", "a token remembered, beyond its text")),
    ),
    _Aim(
        "data of a load balancer, not seen before",
        *(1.3, False, "times the bare ES256 verify", _ratio("load_balancer", "cognito_guard")),
    ),
    _Aim(
        "the same data again",
        *(0.1, False, "times the bare ES256 verify", _ratio("load_balancer", DATA_AGAIN)),
    ),
    *(
        _Aim(
            f"requests against {peer}, repeated or new tokens, the smaller lead",
            *(1.0, True, "times its requests"),
            _lead(f"{site}, {ours}", f"{site}, {peer}"),
        )
        for site, ours, peer in peer_serving.RIVALS
    ),
    *(
        _Aim(
            f"{server}: 99 % of the good requests while it refuses the worst of three floods",
            *(1.5, False, "times quiet", _worst_flood(server)),
        )
        for server in floods.SERVERS
    ),
)


SESSIONS_AIMS = tuple(
    _Aim(
        name,
        *(0.9, True, "times the page by bearer token"),
        _ratio("sessions", f"{name}, by session"),
    )
    for name in SESSIONS_APPS
)
"""For a run of the sessions, which is one of its own."""


def judge(sections: Sections) -> list[Goal]:
    """Every goal, with what was measured."""
    goals: list[Goal] = []
    for aim in SESSIONS_AIMS if "sessions" in sections else AIMS:
        value = aim.measured(sections)
        goal: Goal = {
            "what": aim.what,
            "goal": f"{'at least' if aim.at_least else 'at most'} {aim.limit:,g} {aim.unit}",
            "measured": "not measured" if value is None else _number(value),
            "met": None,
        }
        if value is not None:
            goal["met"] = value >= aim.limit if aim.at_least else value <= aim.limit
        goals.append(goal)
    return goals


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}" if value >= 0.1 else f"{value:.3f}"
