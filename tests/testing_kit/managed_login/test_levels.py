"""How strong the sign-ins of a local pool are, and who is asked for a stronger one."""

from __future__ import annotations

from typing import Any

import pytest

from cognito_guard import Guard
from cognito_guard.testing import LocalUser, LocalUserPool

from .app import CALLBACK, WEB, App, Clock, answer_of

ONE, TWO, THREE, FOUR = (f"urn:cognito:loa:{level}" for level in (1, 2, 3, 4))


def level_of(app: App, **changes: Any) -> tuple[str | None, tuple[str, ...]]:
    """``acr`` and ``amr`` of a new sign-in, the same in both tokens and after a refresh."""
    tokens = app.tokens(**changes)
    again = app.refresh(tokens["refresh_token"]).json()
    guard = Guard(app.server.trust(token_use="any"), clock=app.clock)
    seen = {
        (identity.acr, identity.amr, identity.auth_time)
        for one in (tokens, again)
        for identity in map(guard.verify, (one["access_token"], one["id_token"]))
    }
    assert len(seen) == 1
    return next(iter(seen))[:2]


@pytest.mark.parametrize(
    ("asked", "acr", "amr"),
    [
        (None, ONE, ("pwd",)),
        ("", ONE, ("pwd",)),
        (ONE, ONE, ("pwd",)),
        (TWO, TWO, ("email_otp",)),
        (THREE, THREE, ("pwd", "sms", "mfa")),
        (FOUR, FOUR, ("pwd", "otp", "mfa")),
        (f"{TWO} {THREE}", TWO, ("email_otp",)),
        (f"{FOUR} {THREE}", FOUR, ("pwd", "otp", "mfa")),
        ("urn:cognito:loa:9", ONE, ("pwd",)),
        (f"urn:cognito:loa:9 {TWO}", TWO, ("email_otp",)),
    ],
)
def test_level(app: App, asked: str | None, acr: str, amr: tuple[str, ...]) -> None:
    """A sign-in has the first level that is asked for, or else the lowest."""
    assert level_of(app, acr_values=asked) == (acr, amr)


@pytest.mark.parametrize(
    ("asked", "acr"), [(FOUR, ONE), (f"{FOUR} {THREE}", THREE), (TWO, TWO), (THREE, THREE)]
)
def test_what_a_user_can_do(app: App, asked: str, acr: str) -> None:
    """A user without an authenticator app signs in as he can; ``acr_values`` are a wish."""
    app.server._state.pool.users["sam"] = LocalUser("sam", max_level=3)

    assert level_of(app, username="sam", acr_values=asked)[0] == acr


def test_lite(app: App) -> None:
    """The Lite tier ignores the wish without a word, for whoever is signed in as well."""
    app.server.lite = True
    assert app.server.lite

    assert level_of(app, acr_values=FOUR) == (ONE, ("pwd",))
    assert app.authorize(acr_values=FOUR).headers["Location"].startswith(CALLBACK)
    assert app.authorize(acr_values=FOUR, prompt="login").headers["Location"].startswith("/login?")


@pytest.mark.parametrize(
    ("had", "wanted", "asked"),
    [
        (None, TWO, True),
        (TWO, TWO, False),
        (FOUR, TWO, False),
        (THREE, f"{FOUR} {THREE}", False),
        (TWO, f"{FOUR} {THREE}", True),
        (None, None, False),
        (None, "urn:cognito:loa:9", False),
    ],
)
def test_asked_for_a_stronger_one(
    app: App, had: str | None, wanted: str | None, asked: bool
) -> None:
    """Whoever is signed in at a lower level is shown the page, or the app is told."""
    app.sign_in_as(acr_values=had)

    location = app.authorize(acr_values=wanted).headers["Location"]
    assert location.startswith("/login?" if asked else CALLBACK)
    silent = answer_of(app.authorize(acr_values=wanted, prompt="none"))
    assert ("error" in silent) is asked


def test_names_of_ones_own(clock: Clock) -> None:
    """A pool calls its levels as it likes."""
    pool = LocalUserPool(level_names=["tin", "bronze", "silver", "gold"], clock=clock)
    with pool.listen(WEB) as server, App(server, clock) as app:
        assert level_of(app, acr_values="silver") == ("silver", ("pwd", "sms", "mfa"))
        assert level_of(app, acr_values=FOUR) == ("tin", ("pwd",))
    with pool.listen(lite=True) as server:
        assert server.lite
    guard = Guard(pool.trust(token_use="any"), clock=clock)
    assert guard.verify(pool.id_token(level=4)).acr == "gold"


def test_what_is_no_level() -> None:
    """There are four."""
    pool = LocalUserPool()
    for wrong in (0, 5):
        with pytest.raises(ValueError, match="level is 1 to 4"):
            pool.access_token(level=wrong)
        with pytest.raises(ValueError, match="max_level is 1 to 4"):
            LocalUser("alice", max_level=wrong)
    with pytest.raises(ValueError, match="level_names are 4"):
        LocalUserPool(level_names=["low", "high"])


def test_tokens_of_who_acts() -> None:
    """A token that was got in exchange says who acts: a subject, or all that there is to say."""
    pool = LocalUserPool()
    guard = Guard(pool.trust(token_use="any"))
    for make in (pool.access_token, pool.id_token):
        actor = guard.verify(make(actor="agent")).actor
        assert actor is not None
        assert actor.claims == {"sub": "agent"}
        chain = guard.verify(make(actor={"client_id": "one", "act": {"sub": "two"}})).actor
        assert chain is not None
        assert chain.actor is not None
        assert (chain.client_id, chain.actor.subject) == ("one", "two")
        assert guard.verify(make()).actor is None
