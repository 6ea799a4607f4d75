"""An identity pool and STS in one: what they are asked, and what a test has them answer.

It believes every token. What AWS does with roles and policies is `example_apps/aws_credentials`.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

from ..kept_server import Behaviour, Handler, KeptServer

IDENTITY_POOL = "eu-west-1:00000000-1111-2222-3333-444444444444"
ROLE = "arn:aws:iam::123456789012:role/users"
XMLNS = "https://sts.amazonaws.com/doc/2011-06-15/"


class IdentityServer(KeptServer):
    """``answers`` replace what it says to an operation. ``life``: of the credentials, in seconds by
    ``clock``. ``before`` is called before each answer."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        super().__init__(self._answer)
        self.answers: dict[str, Behaviour] = {}
        self.life = 3600.0
        self.clock = clock
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.before: Callable[[str], None] = lambda operation: None

    @property
    def operations(self) -> list[str]:
        """What was asked, in order."""
        return [operation for operation, _ in self.calls]

    def _answer(self, handler: Handler) -> None:
        target = handler.headers.get("X-Amz-Target")
        assert "Authorization" not in handler.headers
        if target is None:
            told = dict(parse_qsl(handler.asked.decode(), strict_parsing=True))
            operation = told.pop("Action")
        else:
            told = json.loads(handler.asked)
            operation = target.removeprefix("AWSCognitoIdentityService.")
        with self.lock:
            self.calls.append((operation, told))
        self.before(operation)
        if operation in self.answers:
            self.answers[operation](handler)
        else:
            getattr(self, f"_{operation}")(handler, told)

    def _GetId(self, handler: Handler, told: dict[str, Any]) -> None:
        handler.say(200, {"IdentityId": identity_of(told.get("Logins", {}))})

    def _GetCredentialsForIdentity(self, handler: Handler, told: dict[str, Any]) -> None:
        number = len(self.calls)
        held = {
            "AccessKeyId": f"ASIA{number}",
            "SecretKey": f"secret {number}",
            "SessionToken": f"session {number}",
            "Expiration": self.clock() + self.life,
        }
        handler.say(200, {"IdentityId": told["IdentityId"], "Credentials": held})

    def _GetOpenIdToken(self, handler: Handler, told: dict[str, Any]) -> None:
        token = f"about {told['IdentityId']}"
        handler.say(200, {"IdentityId": told["IdentityId"], "Token": token})

    def _AssumeRoleWithWebIdentity(self, handler: Handler, told: dict[str, Any]) -> None:
        number = len(self.calls)
        end = datetime.fromtimestamp(self.clock() + self.life, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        handler.say(
            200,
            f'<AssumeRoleWithWebIdentityResponse xmlns="{XMLNS}"><AssumeRoleWithWebIdentityResult>'
            "<Audience>x</Audience><Credentials>"
            f"<SessionToken>session {number}</SessionToken>"
            f"<SecretAccessKey>secret {number}</SecretAccessKey>"
            f"<Expiration>{end}</Expiration><AccessKeyId>ASIA{number}</AccessKeyId>"
            "</Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"
            "".encode(),
        )


def identity_of(logins: dict[str, str]) -> str:
    """One identity for all tokens of a user, as AWS gives it; for other tokens, by their text."""
    said = []
    for name, token in sorted(logins.items()):
        try:
            payload = token.split(".")[1]
            who = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["sub"]
        except (IndexError, ValueError, KeyError):
            who = token
        said.append(f"{name} {who}")
    digest = sha256(repr(said or time.monotonic_ns()).encode()).digest()
    return f"eu-west-1:{UUID(bytes=digest[:16])}"


def sts_error(code: str, message: str = "Of people.", status: int = 400) -> Behaviour:
    """As STS does."""
    body = (
        f'<ErrorResponse xmlns="{XMLNS}"><Error><Type>Sender</Type><Code>{code}</Code>'
        f"<Message>{message}</Message></Error></ErrorResponse>"
    )
    return lambda handler: handler.say(status, body.encode())
