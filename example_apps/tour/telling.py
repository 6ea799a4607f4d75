"""What the tour prints, and whether it is what the documentation says."""

from __future__ import annotations

from collections.abc import Callable

import httpx
from botocore.exceptions import ClientError

from cognito_guard import AuthError
from cognito_guard.aws import UserApiError

__all__ = ["Teller", "WentWrong", "refusal", "verdict"]


class WentWrong(Exception):
    """A step did not go as documented. Those behind it rest on it, so the tour ends."""


class Teller:
    """Prints sections and steps with ``say``, and counts the steps."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.say = say
        self.steps = 0

    def section(self, title: str) -> None:
        """Begin one."""
        self.say(f"\n{title}")

    def step(self, call: str, got: str, wanted: str, note: str = "") -> None:
        """The code or the request that a step stands for, and what came of it.

        ``note``: what to know about that. Raises :class:`WentWrong` where it is not what was
        ``wanted``.
        """
        self.steps += 1
        good = got == wanted
        told = f"{got} ({note})" if note else got
        self.say(f"   {call:<58}  {told}  [{'ok' if good else f'WRONG, expected {wanted}'}]")
        if not good:
            raise WentWrong

    def remark(self, text: str) -> None:
        """What to know about a section."""
        self.say(f"   {text}")


def verdict(answer: httpx.Response) -> str:
    """The status of an answer and, for a refusal, its reason."""
    problem = answer.headers.get("Content-Type") == "application/problem+json"
    reason = answer.json()["reason"] if problem else ""
    return f"{answer.status_code} {reason}".strip()


def refusal(work: Callable[[], object]) -> str:
    """How ``work`` is refused, by this library or by AWS."""
    try:
        work()
    except AuthError as error:
        return f"{type(error).__name__} {error.reason}"
    except UserApiError as error:
        return type(error).__name__
    except ClientError as error:
        answer = error.response
        return f"{answer['ResponseMetadata']['HTTPStatusCode']} {answer['Error']['Code']}"
    return "not refused"
