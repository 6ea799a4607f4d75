"""silence.py: the helper that looks for secrets finds them wherever an error can hold them."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from .forge import Forge
from .silence import assert_silent, secrets_of

SECRET = "a-secret-of-somebody"


def in_args() -> None:
    """As an argument."""
    raise ValueError(1, [SECRET])


def in_the_cause() -> None:
    """In the error that was named as the cause."""
    raise ValueError("harmless") from KeyError(SECRET)


def in_the_context() -> None:
    """In the error that was being handled, also where it is not shown."""
    try:
        raise KeyError(SECRET)
    except KeyError:
        raise ValueError("harmless") from None


def in_a_note() -> None:
    """In a note."""
    error = ValueError("harmless")
    error.add_note(SECRET)
    raise error


def in_an_attribute() -> None:
    """In an attribute."""
    json.loads(f"[{SECRET}")


def in_a_codecs_error() -> None:
    """In the bytes that a codec choked on."""
    (SECRET.encode() + b"\xff").decode("utf-8")


def in_a_group() -> None:
    """In one of several errors."""
    raise ExceptionGroup("harmless", [ValueError("harmless"), ValueError(SECRET)])


@pytest.mark.parametrize(
    "leak",
    [
        in_args,
        in_the_cause,
        in_the_context,
        in_a_note,
        in_an_attribute,
        in_a_codecs_error,
        in_a_group,
    ],
)
def test_leaks_are_found(leak: Callable[[], None]) -> None:
    """A secret is found in every place where an error tracker would find it."""
    with pytest.raises(Exception) as caught:  # of seven kinds
        leak()

    with pytest.raises(AssertionError, match="gives away a part") as found:
        assert_silent(caught.value, {SECRET})
    assert SECRET not in str(found.value)
    assert_silent(caught.value, {"another-secret"})


def test_the_secrets_of_a_token(forge: Forge) -> None:
    """A token's secrets are its text, its parts, what they spell, and the values in there."""
    token = forge.token(forge.claims({"cognito:groups": ["secret-group"]}))
    secrets = secrets_of(token)

    assert {token, *token.split("."), forge.kid, forge.issuer, "secret-group"} <= secrets
    assert forge.claims()["sub"] in secrets
    assert "RS256" not in secrets
