"""What a guard's listeners are told about the refresh of a session."""

from __future__ import annotations

import pytest

from cognito_guard.events import Event, SessionRefreshed
from cognito_guard.login import SessionsUnavailable

from .site import Site, Way, site
from .test_refresh import signed_in
from .test_token_endpoint import FAULTS


def _heard(here: Site) -> list[Event]:
    heard: list[Event] = []
    here.sessions.guard.add_listener(heard.append)
    return heard


def _outcomes(heard: list[Event]) -> list[str]:
    told = [event for event in heard if isinstance(event, SessionRefreshed)]
    assert all(event.seconds >= 0 for event in told)
    return [event.outcome for event in told]


def test_refreshed(way: Way) -> None:
    """A refresh is told of once; a request that needs none is not."""
    with site(way) as here:
        browser = signed_in(here)
        heard = _heard(here)
        browser.username()
        assert _outcomes(heard) == []
        here.clock.now += 3500
        assert browser.username() == "alice"
        browser.username()
        assert _outcomes(heard) == ["refreshed"]


def test_not_refreshed(here: Site) -> None:
    """An endpoint that fails, and one that is down, are told of as failures."""
    browser = signed_in(here)
    heard = _heard(here)
    here.endpoint.spoil = FAULTS["500"][0]
    here.clock.now += 3600
    with pytest.raises(SessionsUnavailable):
        browser.current()
    here.endpoint.spoil = None
    here.endpoint.down()
    here.clock.now += 60
    with pytest.raises(SessionsUnavailable):
        browser.current()
    here.endpoint.up()
    assert _outcomes(heard) == ["failed", "failed"]


def test_ended(here: Site) -> None:
    """A refresh token that the pool refuses ends the session, and that is told of."""
    browser = signed_in(here)
    heard = _heard(here)
    here.endpoint.forget()
    here.clock.now += 3600
    assert browser.username() is None
    assert _outcomes(heard) == ["ended"]
