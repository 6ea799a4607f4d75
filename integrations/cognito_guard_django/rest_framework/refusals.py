"""``Refused``: a refusal in the shape of Django REST framework's errors. ``Answered``: what ends a
request without one."""

from __future__ import annotations

from typing import Any

from rest_framework.exceptions import APIException

from cognito_guard import AuthError, Challenge, KeysUnavailable

from ..requests.refusal import challenge

__all__ = ["Answered", "Refused", "refused"]


class Refused(APIException):
    """A refusal as an error of REST framework, which every exception handler understands.

    ``detail`` has ``detail``, ``reason`` and, if the contract has one, ``error``. The code of each
    is the reason. ``challenge`` is the whole answer. It is not an ``AuthenticationFailed`` of the
    framework, which takes its header from the first authentication class.
    """

    def __init__(self, answer: Challenge) -> None:
        self.challenge = answer
        self.status_code = answer.status
        headers = dict(answer.headers)
        # What the framework's own exception handler makes headers of.
        self.auth_header = headers.get("WWW-Authenticate")
        self.wait = int(headers["Retry-After"]) if "Retry-After" in headers else None
        self.default_code = answer.problem["reason"]
        self.default_detail = answer.problem["detail"]
        told = answer.summary
        super().__init__({name: value for name, value in told.items() if value is not None})
        made: Any = self.detail
        self.detail = _Told(made)

    def __str__(self) -> str:
        return f"{self.default_code}: {self.default_detail}"


class Answered(APIException):
    """The empty answer to a CORS preflight: it goes the way of a refusal, so that no more of a view
    runs for nobody than would run for a refusal."""

    status_code = 204
    default_detail = ""
    default_code = "preflight"


class _Told(dict[str, Any]):
    """What a refusal says. Handlers of errors that take every ``detail`` with names for that of a
    form ask for its first text."""

    def __missing__(self, key: object) -> Any:
        if key != 0:
            raise KeyError(key)
        return self["detail"]


def refused(request: Any, error: AuthError | KeysUnavailable) -> Refused:
    """The framework's error for one of the engine's."""
    return Refused(challenge(request, error))
