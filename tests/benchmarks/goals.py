"""The goals, each a ratio within one run or a size, and how far a run met them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from .in_process import JUNK
from .results import Goal, Section, row

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


AIMS = (
    _Aim(
        "a token not seen before: every check, `Identity` built",
        *(1.35, False, "times the bare verify", _ratio("verify", "cognito_guard")),
    ),
    _Aim(
        "the same token again",
        *(0.07, False, "times the bare verify", _ratio("repeat", "cognito_guard, its cache on")),
    ),
    _Aim(
        "refusing junk, the slowest of four kinds",
        *(0.5, False, "times the bare verify", _worst_junk),
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
        "Starlette with the ASGI middleware, repeated tokens",
        *(0.95, True, "times the requests unguarded"),
        _ratio("http", "Starlette on uvicorn, guarded"),
    ),
    _Aim(
        "a bare ASGI app with the middleware, repeated tokens",
        *(0.95, True, "times the requests unguarded"),
        _ratio("http", "a bare ASGI app on uvicorn, guarded"),
    ),
    _Aim(
        "Flask, repeated tokens",
        *(0.95, True, "times the requests unguarded"),
        _ratio("http", "Flask on gunicorn, guarded"),
    ),
    _Aim(
        "Django stateless, repeated tokens",
        *(0.95, True, "times the requests unguarded"),
        _ratio("http", "Django stateless on gunicorn, guarded"),
    ),
    _Aim(
        "memory of a token remembered, beyond its text",
        *(2048, False, "bytes", _value("memory", "a token remembered, beyond its text")),
    ),
    _Aim(
        "data of a load balancer, not seen before",
        *(1.25, False, "times the bare ES256 verify", _ratio("load_balancer", "cognito_guard")),
    ),
)


def judge(sections: Sections) -> list[Goal]:
    """Every goal, with what was measured."""
    goals: list[Goal] = []
    for aim in AIMS:
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
