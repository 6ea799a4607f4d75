"""Holds an explanation against what the engine itself says of the same token or request."""

from __future__ import annotations

import json
from collections.abc import Callable, Set

from cognito_guard import AuthError, KeysUnavailable
from cognito_guard.explain import Explanation

from ..engine.silence import assert_unsaid


def verdict(ask: Callable[[], object]) -> str | None:
    """What the engine says: ``None`` for yes, a reason, or an error's name that is no refusal."""
    try:
        ask()
    except (AuthError, KeysUnavailable) as error:
        return error.reason.value
    except Exception as error:  # noqa: BLE001
        return type(error).__name__
    return None


def assert_same(
    explanation: Explanation, ask: Callable[[], object], secrets: Set[str] = frozenset()
) -> str | None:
    """The explanation is whole and silent, and its first failure is exactly the engine's reason."""
    engine = verdict(ask)
    first = explanation.first_failure
    if engine is None:
        failed = [check.name for check in explanation.checks if check.verdict != "passed"]
        assert failed == []
        assert explanation.valid
        assert explanation.reason is None
    else:
        assert first is not None, engine
        assert not explanation.valid
        if first.reason is None:
            assert f"raised {engine}," in json.dumps(first.as_dict()), (engine, first.name)
        else:
            assert first.reason.value == engine, (engine, first.name, first.hint)
        assert explanation.reason is first.reason
    shown = json.loads(json.dumps(explanation.as_dict()))
    assert shown["valid"] is (engine is None)
    names = [check["name"] for check in shown["checks"]]
    assert len(set(names)) == len(names)
    failures = [check for check in shown["checks"] if check["verdict"] == "failed"]
    assert all(check["hint"] or check.get("parts") for check in failures)
    assert all(line.isprintable() for line in explanation.as_text().split("\n"))
    said = f"{explanation} {explanation!r} {explanation.checks!r}"
    assert_unsaid(said, secrets, "an explanation")
    return engine
