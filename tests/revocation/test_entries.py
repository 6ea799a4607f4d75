"""Entries: what they say, what they are not, and what a store has to give."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from cognito_guard import ConfigurationError
from cognito_guard.revocation import Revocation, RevocationHealth
from cognito_guard.revocation.entries import lasting, lasting_of_token
from cognito_guard.revocation.health import health_of

from .shared import END, ISSUER, NOW

TOKEN = Revocation.of_token("a-jti", ends_at=END)
SIGN_IN = Revocation.of_sign_in("a-sign-in", ends_at=END + 0.5)
USER = Revocation.of_user(ISSUER, "a-subject", before=NOW + 0.5, ends_at=END)


def test_what_they_say() -> None:
    """Whole seconds: an end no earlier than was said, a beginning no later."""
    assert (TOKEN.kind, TOKEN.name, TOKEN.issuer, TOKEN.before) == ("token", "a-jti", None, None)
    assert (SIGN_IN.kind, SIGN_IN.name, SIGN_IN.ends_at) == ("sign_in", "a-sign-in", END + 1)
    assert (USER.issuer, USER.name, USER.before, USER.ends_at) == (ISSUER, "a-subject", NOW, END)


def test_frozen_equal_and_silent() -> None:
    """It can be compared, copied and sent, but not changed; and its ``repr`` names nobody."""
    same = Revocation.of_token("a-jti", ends_at=END)
    assert same == TOKEN
    assert len({TOKEN, same, SIGN_IN, USER}) == 3
    assert TOKEN != "a-jti"
    for one in (TOKEN, SIGN_IN, USER):
        assert copy.copy(one) == pickle.loads(pickle.dumps(one)) == one  # noqa: S301
        assert not any(said in repr(one) for said in ("a-jti", "a-sign-in", "a-subject"))
    assert repr(TOKEN) == repr(same)
    assert repr(TOKEN).startswith("<Revocation of a token; ")
    with pytest.raises(AttributeError, match="cannot be changed"):
        TOKEN.ends_at = 1


@pytest.mark.parametrize(
    "make",
    [
        lambda: Revocation.of_token("", ends_at=END),
        lambda: Revocation.of_token(None, ends_at=END),  # type: ignore[arg-type]
        lambda: Revocation.of_token("a", ends_at=-1),
        lambda: Revocation.of_token("a", ends_at=float("nan")),
        lambda: Revocation.of_token("a", ends_at=float("inf")),
        lambda: Revocation.of_token("a", ends_at=True),
        lambda: Revocation.of_token("a", ends_at="1800000000"),  # type: ignore[arg-type]
        lambda: Revocation.of_sign_in("", ends_at=END),
        lambda: Revocation.of_user("", "a", before=NOW, ends_at=END),
        lambda: Revocation.of_user(ISSUER, "", before=NOW, ends_at=END),
        lambda: Revocation.of_user(ISSUER, "a", before=None, ends_at=END),  # type: ignore[arg-type]
    ],
    ids=range(11),
)
def test_what_is_none(make: Any) -> None:
    """Texts that are not empty, and times."""
    with pytest.raises(ConfigurationError):
        make()


def test_how_long_they_last() -> None:
    """A refresh token, a day for the last token that it brings, and the largest leeway."""
    assert lasting(NOW, 30 * 86400) == NOW + 31 * 86400 + 300
    assert lasting_of_token(NOW) == NOW + 300


def test_health_of_lists_that_say_nothing() -> None:
    """A list of the user's own need not know how it is."""
    assert health_of(object()).state == "custom"

    class Own:
        def health(self) -> str:
            return "well"

    assert health_of(Own()).state == "custom"
    health = RevocationHealth("stale")
    assert (health.stale, health.as_dict()["state"]) == (True, "stale")
