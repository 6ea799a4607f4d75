"""Runs a function as Cognito runs one of Lambda's: on JSON, three times five seconds at most."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

__all__ = ["ATTEMPTS", "TriggerFailed", "run", "unrecognizable"]

# "Important considerations" in the Amazon Cognito guide: a function that does not answer within
# five seconds is called again, three times in all.
ATTEMPTS = 3


class TriggerFailed(Exception):
    """A trigger ends what was asked for: the API's name for that, and its words.

    A function's own words are in it, as with Cognito, which shows them to the user.
    """

    def __init__(self, name: str, message: str) -> None:
        super().__init__(name)
        self.name = name
        # An exception may hold half a character, which nothing else can.
        self.message = message.encode("utf-8", "replace").decode("utf-8")


def unrecognizable() -> TriggerFailed:
    """The answer is not what Cognito reads."""
    return TriggerFailed("InvalidLambdaResponseException", "Unrecognizable lambda output")


def run(
    trigger: str,
    function: Callable[[dict[str, Any], Any], Any],
    event: Mapping[str, Any],
    seconds: float,
) -> dict[str, Any]:
    """What a function answers to an event: the ``response``. Raises :class:`TriggerFailed`.

    ``trigger`` is its name in the pool's settings, such as ``PreSignUp``. A function that takes
    longer than ``seconds`` is left behind in its thread, and called again.
    """
    for _ in range(ATTEMPTS):
        attempt = _Attempt(trigger, function, event)
        attempt.start()
        if in_time(attempt.done, seconds):
            if attempt.error is not None:
                raise TriggerFailed(
                    "UserLambdaValidationException", f"{trigger} failed with error {attempt.error}."
                )
            return _response(attempt.answer, event)
    raise TriggerFailed(
        "UnexpectedLambdaException",
        f"{trigger} invocation failed due to error Socket timeout while invoking Lambda function.",
    )


def in_time(done: threading.Event, seconds: float) -> bool:
    """Whether an attempt ends before its time is over."""
    return done.wait(seconds)


class _Attempt(threading.Thread):
    """One call, in a thread that nobody has to wait for."""

    def __init__(
        self,
        trigger: str,
        function: Callable[[dict[str, Any], Any], Any],
        event: Mapping[str, Any],
    ) -> None:
        super().__init__(name=f"trigger-{trigger}", daemon=True)
        self._function = function
        self._event = json.dumps(event)
        self._lambda_context = _context(trigger)  # since 3.14, a thread has a _context of its own
        self.done = threading.Event()
        self.answer = ""
        self.error: str | None = None

    def run(self) -> None:
        try:
            answer = self._function(json.loads(self._event), self._lambda_context)
            self.answer = json.dumps(answer, allow_nan=False)
        except BaseException as error:  # noqa: BLE001  # whatever it was, somebody waits for the end
            self.error = _words(error)
        finally:
            self.done.set()


def _words(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001  # of a function's own class
        return type(error).__name__


def _context(trigger: str) -> SimpleNamespace:
    """What Lambda tells a function of itself: the attributes that libraries read."""
    return SimpleNamespace(
        function_name=trigger,
        function_version="$LATEST",
        memory_limit_in_mb=128,
        invoked_function_arn=f"arn:aws:lambda:eu-west-1:000000000000:function:{trigger}",
        aws_request_id=str(uuid4()),
    )


def _response(answer: str, event: Mapping[str, Any]) -> dict[str, Any]:
    """Cognito takes nothing but the event, whole, with its response."""
    value = json.loads(answer)
    if not isinstance(value, dict):
        raise unrecognizable()
    if any(type(value.get(name)) is not type(member) for name, member in event.items()):
        raise unrecognizable()
    response: dict[str, Any] = value["response"]
    return response
