"""How a function is run: on JSON, for a while, three times, and what becomes of its errors."""

from __future__ import annotations

import sys
import threading
from typing import Any

import pytest

from cognito_guard.testing import LocalTriggers
from cognito_guard.testing.triggers import Happening, TriggerFailed, run, running

EVENT = Happening("eu-west-1_LocalPool", "web", "ada").post_confirmation_event(
    {"sub": "1"}, {"a": "b"}
)


def refusal(function: Any, seconds: float = 60.0) -> tuple[str, str]:
    """What a function's failure is called, and said."""
    with pytest.raises(TriggerFailed) as failed:
        run("PostConfirmation", function, EVENT, seconds)
    return failed.value.name, failed.value.message


def test_the_answer() -> None:
    """The response of the event that comes back. What the function does to the event that it got,
    it does to a copy."""

    def function(event: dict[str, Any], context: Any) -> dict[str, Any]:
        assert event == EVENT
        assert context.function_name == "PostConfirmation"
        event["request"]["userAttributes"] = {}
        return {**event, "response": {"plan": ("pro",)}}

    assert run("PostConfirmation", function, EVENT, 60.0) == {"plan": ["pro"]}
    assert EVENT["request"]["userAttributes"] == {"sub": "1"}


def test_an_error() -> None:
    """Its words are Cognito's, too."""

    def function(event: object, context: object) -> dict[str, Any]:
        raise ValueError("Only example.com may sign up")

    expected = "PostConfirmation failed with error Only example.com may sign up."
    assert refusal(function) == ("UserLambdaValidationException", expected)


def test_the_end_of_the_process() -> None:
    """It ends the function, and not the pool."""
    name, message = refusal(lambda event, context: sys.exit("enough"))
    assert (name, message) == (
        "UserLambdaValidationException",
        "PostConfirmation failed with error enough.",
    )


def test_half_a_character() -> None:
    """It is no reason to answer nothing."""

    def function(event: object, context: object) -> dict[str, Any]:
        raise ValueError("\ud800")

    assert refusal(function)[1] == "PostConfirmation failed with error ?."


def test_an_error_without_words() -> None:
    """Nor is one that fails to say what it is."""

    class Odd(Exception):
        def __str__(self) -> str:
            raise ValueError

    def function(event: object, context: object) -> dict[str, Any]:
        raise Odd

    assert refusal(function)[1] == "PostConfirmation failed with error Odd."


@pytest.mark.parametrize("answer", [{1, 2}, float("nan"), object], ids=["set", "nan", "type"])
def test_what_is_no_json(answer: object) -> None:
    """Lambda cannot hand it over."""
    name, _ = refusal(lambda event, context: {**event, "response": answer})
    assert name == "UserLambdaValidationException"


@pytest.mark.parametrize(
    "change",
    [
        lambda event: None,
        lambda event: [event],
        lambda event: event["response"],
        lambda event: {**event, "response": None},
        lambda event: {**event, "response": []},
        lambda event: {**event, "userName": None},
        lambda event: {**event, "callerContext": "web"},
        lambda event: {name: value for name, value in event.items() if name != "version"},
        lambda event: {name: value for name, value in event.items() if name != "request"},
    ],
    ids=[
        *("nothing", "a list", "the response", "no response", "a list as response", "no user"),
        *("another context", "no version", "no request"),
    ],
)
def test_what_is_no_event(change: Any) -> None:
    """Cognito wants the whole event back."""
    assert refusal(lambda event, context: change(event)) == (
        "InvalidLambdaResponseException",
        "Unrecognizable lambda output",
    )


def test_a_function_that_never_ends() -> None:
    """It is called three times, and left alone."""
    calls, released = [], threading.Event()
    others = set(threading.enumerate())

    def function(event: dict[str, Any], context: object) -> dict[str, Any]:
        calls.append(event)
        released.wait()
        return event

    assert refusal(function, 0.01) == (
        "UnexpectedLambdaException",
        "PostConfirmation invocation failed due to error Socket timeout while invoking Lambda "
        "function.",
    )
    # Of the calls themselves, the last one may not have got so far yet.
    left = set(threading.enumerate()) - others
    threads = [thread for thread in left if thread.name == "trigger-PostConfirmation"]
    released.set()
    for thread in threads:
        assert thread.daemon
        thread.join()
    assert len(threads) == len(calls) == 3


def test_a_function_that_is_slow_at_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """As after a cold start: the third call may answer."""
    calls = []

    def function(event: dict[str, Any], context: object) -> dict[str, Any]:
        calls.append(event)
        return {**event, "response": {"call": len(calls)}}

    def in_time(done: threading.Event, seconds: float) -> bool:
        assert seconds == 60.0
        return done.wait() and len(calls) == 3

    monkeypatch.setattr(running, "in_time", in_time)
    assert run("PostConfirmation", function, EVENT, 60.0) == {"call": 3}


@pytest.mark.parametrize(
    "settings", [{"event_version": "V4_0"}, {"seconds": 0}, {"seconds": float("nan")}]
)
def test_settings(settings: dict[str, Any]) -> None:
    """Those that Cognito has none of."""
    with pytest.raises(ValueError, match=r"event_version is|seconds is"):
        LocalTriggers(**settings)


def test_default_settings() -> None:
    """Cognito's."""
    triggers = LocalTriggers()
    assert (triggers.event_version, triggers.seconds) == ("V1_0", 5.0)
