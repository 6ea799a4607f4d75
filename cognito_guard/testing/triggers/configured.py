"""LocalTriggers: which functions a local user pool calls, and when."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

__all__ = ["EventVersion", "LocalTriggers"]

EventVersion = Literal["V1_0", "V2_0", "V3_0"]

_Function = Callable[[dict[str, Any], Any], Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class LocalTriggers:
    """The Lambda triggers of a local user pool. Raises ``ValueError``.

    Each is a Lambda function: it is called with the event, a dictionary, and a context, and returns
    the event with its ``response`` filled in. Both are passed as JSON, as between Cognito and
    Lambda.

    ``event_version`` is that of pre token generation: with ``"V1_0"``, Cognito's default, it
    changes only ID tokens; with ``"V2_0"`` also access tokens; with ``"V3_0"`` also those of
    machines. ``seconds`` is how long an attempt may take. Cognito's limit is a fixed 5 seconds; a
    shorter one here keeps a test of the timeout fast.

    "Customizing user pool workflows with Lambda triggers" in the Amazon Cognito guide.
    """

    pre_sign_up: _Function | None = None
    post_confirmation: _Function | None = None
    post_authentication: _Function | None = None
    pre_token_generation: _Function | None = None
    event_version: EventVersion = "V1_0"
    seconds: float = 5.0

    def __post_init__(self) -> None:
        if self.event_version not in get_args(EventVersion):
            raise ValueError(f"event_version is {', '.join(get_args(EventVersion))}")
        if not self.seconds > 0:
            raise ValueError("seconds is a number above 0")
