"""leaks.py: what is said while the suite runs is heard, and what gives a secret away is found."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest

from cognito_guard import Guard, InvalidToken, Reason, RemoteKeySet
from cognito_guard.testing import LocalLoadBalancer, LocalUserPool

from .leaks import Listener, gives_away, holds_token, listening

PEM = next(iter(LocalLoadBalancer().keys().values()))
POOL = LocalUserPool()
TOKEN = POOL.access_token()


@pytest.mark.parametrize(
    "secret",
    [
        TOKEN,
        *TOKEN.split("."),
        POOL.jwks()["keys"][0]["n"],
        POOL.subject("alice"),
        PEM,
    ],
    ids=["token", "header", "payload", "signature", "modulus", "subject", "PEM"],
)
def test_secrets_are_recognised(secret: str) -> None:
    """A token and each part of it, a key and a user's id are found in the midst of a text."""
    assert gives_away(f"something ({secret}) else")


def test_tokens_are_told_from_random_text() -> None:
    """A token, whole or cut off, is found beside a ``state``, which may have any letters."""
    state = "state=MIeyJkYUrIkAWA_DrA&nonce=eyJ0eyJ1."
    assert not holds_token(state)
    for token in (TOKEN, TOKEN.rpartition(".")[0], "eyJhIjoxfQ..iv.text.tag"):
        assert holds_token(f"{state} ({token})")


@pytest.mark.parametrize(
    "said",
    [
        "refused with 401: token_expired, 48210 more times in 60 s",
        "refused with 401: missing_credentials (GET /orders/00000000-0000-4000-8000-000000000001)",
        "keys of https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC123xyz/.well-known/jwks.json"
        " were not fetched: certificate verify failed: unable to get local issuer certificate",
    ],
)
def test_what_may_be_said_is_no_secret(said: str) -> None:
    """Addresses, reasons and numbers are what a log is for."""
    assert not gives_away(said)


def test_leak_is_heard_wherever_it_is(leaks: Listener) -> None:
    """In a record's text or attributes, in an error, and in a repr; each by itself."""
    logger = logging.getLogger("cognito_guard")
    keys = RemoteKeySet("https://keys.example/", name=TOKEN)
    leaky: dict[str, Callable[[], object]] = {
        "a record of test_leaks.py": lambda: logger.warning("got %s", TOKEN),
        "a InvalidToken": lambda: InvalidToken(Reason.MALFORMED_TOKEN, f"Got {TOKEN}."),
        "the repr of a RemoteKeySet": lambda: repr(keys),
    }
    leaky["a record of test_leaks.py "] = lambda: logger.warning("x", extra={"token": TOKEN})
    for where, leak in leaky.items():
        with listening() as own:
            leak()
        assert own.leaks == {where.strip()}
    leaks.leaks.clear()  # the suite's own listener has heard it too


def test_suite_is_listened_to(leaks: Listener, guard: Guard) -> None:
    """The listener of the whole suite hears what this test makes the engine say."""
    before = leaks.heard
    with pytest.raises(InvalidToken):
        guard.verify("no token")
    assert leaks.heard > before
