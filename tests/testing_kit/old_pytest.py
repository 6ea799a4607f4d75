"""The tests of a project with an older pytest, which .ci/run runs there."""

from __future__ import annotations

from typing import Any

import pytest

from cognito_guard import AuthError, Guard, InvalidToken


def test_of_their_own() -> None:
    """What has nothing to do with this package runs."""


@pytest.mark.cognito_attacks
def test_attacks(cognito_attack: Any, local_user_pool: Any) -> None:
    """The fixtures and the marker work."""

    def values(name: str) -> list[bytes | str]:
        return [value for key, value in cognito_attack.headers if key.lower() == name]

    guard = Guard(local_user_pool.trust())
    try:
        guard.authenticate(values)
    except AuthError as error:
        cognito_attack.check(guard.challenge(error).status)
    else:
        cognito_attack.check(200)


@pytest.mark.cognito_user("ada", groups=["admins"])
def test_signed_in(
    cognito_client: Any, cognito_pool: Any, cognito_alb: Any, cognito_clock: Any
) -> None:
    """A user is signed in, a load balancer stands by, and the clock moves."""
    guard = Guard(cognito_pool.trust(), cognito_alb.trust(), clock=cognito_pool.clock)
    assert guard.verify(cognito_client.token).groups == ("admins",)
    headers = {**cognito_alb.headers("ada")}
    assert (
        guard.authenticate(lambda name: [headers[name]] if name in headers else []).username
        == "ada"
    )
    cognito_clock.advance(3600)
    with pytest.raises(InvalidToken):
        guard.verify(cognito_client.token)
