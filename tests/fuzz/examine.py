"""What must be true of every outcome, whatever the input. Raises ``AssertionError``."""

from __future__ import annotations

import json
import logging
import re
from base64 import urlsafe_b64decode
from collections.abc import Iterable
from typing import Any

from cognito_guard import AuthError, Guard, Identity, InvalidRequest
from tests.engine.forge import NOW, b64
from tests.engine.silence import assert_silent, assert_unsaid, secrets_of

# Shorter texts can be words of our own sentences: a fuzzer finds them.
_TELLING = 24
_TYPED = {"true": True, "false": False}


def error(guard: Guard, refusal: AuthError, text: str) -> None:
    """A refusal is a documented one, says nothing of the input, and has an HTTP answer."""
    assert refusal.reason in type(refusal).reasons
    assert re.fullmatch(r"[A-Za-z][ -~]+\.", refusal.detail)
    assert_silent(refusal, long(secrets_of(text)))
    answer = guard.challenge(refusal)
    assert answer.status == (400 if isinstance(refusal, InvalidRequest) else 401)
    assert all(re.fullmatch(r"[ -~]+", value) for _, value in answer.headers)
    assert json.loads(answer.body)["reason"] == refusal.reason


def identity(who: Identity, text: str) -> None:
    """An identity says what its token says to a reader that is less strict."""
    for name in dir(Identity):
        if not name.startswith("_"):
            getattr(who, name)
    hash(who)
    claims = payload(text)
    if who.source == "user_info_and_token":
        assert who.subject == claims["sub"]
        return
    if who.source == "user_info":
        for name in ("email_verified", "phone_number_verified"):
            if type(claims.get(name)) is str:
                claims[name] = _TYPED.get(claims[name], claims[name])
    else:
        assert who.token_use == claims["token_use"]
    assert json.dumps(who.claims) == json.dumps(claims)
    assert who.subject == claims["sub"]
    assert claims["exp"] + 0.5 > NOW
    assert list(who.groups) == claims.get("cognito:groups", [])


def payload(text: str) -> Any:
    """The payload of a token, padded or not, as other readers understand it."""
    raw = text.split(".")[1]
    return json.loads(urlsafe_b64decode(raw.rstrip("=") + "=" * (-len(raw.rstrip("=")) % 4)))


def long(secrets: Iterable[str]) -> list[str]:
    """Those of some texts that can stand in one of our sentences for one reason only."""
    return [secret for secret in secrets if len(secret) >= _TELLING]


def secrets_in(data: bytes) -> list[str]:
    """The telling texts in JSON."""
    # As a token's payload, because that is what `secrets_of` takes apart.
    return long(secrets_of(f".{b64(data)}."))


class Records(logging.Handler):
    """Holds that nothing is logged, while it is entered, that gives one of these secrets away."""

    def __init__(self, secrets: Iterable[str]) -> None:
        super().__init__(logging.DEBUG)
        self._secrets = list(secrets)

    def emit(self, record: logging.LogRecord) -> None:
        """See ``logging.Handler.emit``."""
        assert_unsaid(record.getMessage(), self._secrets, "a log record")

    def __enter__(self) -> None:
        logging.getLogger("cognito_guard").addHandler(self)

    def __exit__(self, *_: object) -> None:
        logging.getLogger("cognito_guard").removeHandler(self)
