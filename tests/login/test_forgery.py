"""Requests that another site made a browser send."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import pytest

from cognito_guard.login import LoginFailed, LoginReason

from .site import WAYS, Site, site

OWN = "https://app.example"

# The headers, and whether a request that may change something is let through with them.
CASES: dict[str, tuple[Mapping[str, list[str | bytes]], bool]] = {
    "own page": ({"sec-fetch-site": ["same-origin"]}, True),
    "as bytes": ({"sec-fetch-site": [b"same-origin"]}, True),
    "own page, with both": ({"sec-fetch-site": ["same-origin"], "origin": [OWN]}, True),
    "by the user": ({"sec-fetch-site": ["none"]}, True),
    "sibling": ({"sec-fetch-site": ["same-site"]}, False),
    "sibling that claims to be us": ({"sec-fetch-site": ["same-site"], "origin": [OWN]}, False),
    "other site": ({"sec-fetch-site": ["cross-site"]}, False),
    "twice": ({"sec-fetch-site": ["same-origin", "cross-site"]}, False),
    "joined": ({"sec-fetch-site": ["same-origin, cross-site"]}, False),
    "empty": ({"sec-fetch-site": [""], "origin": [OWN]}, False),
    "another case": ({"sec-fetch-site": ["Same-Origin"]}, False),
    "older browser": ({"origin": [OWN]}, True),
    "older browser, as bytes": ({"origin": [OWN.encode("ascii")]}, True),
    "older browser, other site": ({"origin": ["https://evil.example"]}, False),
    "older browser, no site": ({"origin": ["null"]}, False),
    "other scheme": ({"origin": ["http://app.example"]}, False),
    "other port": ({"origin": ["https://app.example:8443"]}, False),
    "looks alike": ({"origin": ["https://app.example.evil.example"]}, False),
    "two origins": ({"origin": [OWN, "https://evil.example"]}, False),
    "nothing": ({}, False),
    "a referrer alone": ({"referer": [f"{OWN}/"]}, False),
}


@pytest.fixture(scope="module")
def here() -> Site:
    """A site at ``OWN``."""
    with site(WAYS[0]) as one:
        return one


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "FOO", "get", ""])
@pytest.mark.parametrize(("headers", "good"), CASES.values(), ids=CASES)
def test_request_that_may_change_something(
    headers: Mapping[str, list[str | bytes]], good: bool, method: str, here: Site
) -> None:
    """It comes from the own site, by what the browser says, or it is refused: 403."""

    def check() -> None:
        here.sessions.check_same_site(method, lambda name: headers.get(name, []))

    if good:
        check()
        return
    with pytest.raises(LoginFailed) as caught:
        check()
    assert caught.value.reason is LoginReason.CROSS_SITE_REQUEST
    assert caught.value.status == 403


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
@pytest.mark.parametrize("headers", [headers for headers, _ in CASES.values()], ids=CASES)
def test_request_that_changes_nothing(
    headers: Mapping[str, list[str | bytes]], method: str, here: Site
) -> None:
    """A link from another site is fine."""
    here.sessions.check_same_site(method, lambda name: headers.get(name, []))


@pytest.mark.parametrize("name", [name for name in CASES if "origin" in CASES[name][0]])
def test_websocket_is_opened_by_the_own_site(name: str, here: Site) -> None:
    """Its handshake is a GET, and scripts of any site may send it with our cookies: the origin
    alone tells."""
    headers = CASES[name][0]
    own = [one.decode() if isinstance(one, bytes) else one for one in headers["origin"]] == [OWN]
    if own:
        here.sessions.check_websocket(lambda name: headers.get(name, []))
        return
    with pytest.raises(LoginFailed):
        here.sessions.check_websocket(lambda name: headers.get(name, []))


def test_websocket_without_an_origin(here: Site) -> None:
    """No browser."""
    with pytest.raises(LoginFailed):
        here.sessions.check_websocket(lambda name: [])


def test_the_log_says_so(caplog: pytest.LogCaptureFixture) -> None:
    """A proxy that removes ``Origin`` has every form of the own site refused. It says nothing of
    what the request carries."""
    caplog.set_level("INFO", "cognito_guard")
    sent = {"origin": ["https://evil.example"]}
    with site(WAYS[0]) as one:
        for check in (partial(one.sessions.check_same_site, "POST"), one.sessions.check_websocket):
            with pytest.raises(LoginFailed):
                check(lambda name: sent.get(name, []))
    text = (
        "request refused with 403: cross_site_request: A request that may change something does "
        "not come from this site."
    )
    said = [(each.levelname, each.getMessage(), vars(each)["reason"]) for each in caplog.records]
    assert said == [("INFO", text, "cross_site_request")] * 2


LEADS = {"sec-fetch-mode": ["navigate"], "sec-fetch-dest": ["document"]}


@pytest.mark.parametrize(
    ("method", "headers", "elsewhere"),
    [
        ("GET", {}, False),
        ("GET", {"sec-fetch-site": ["same-origin"]}, False),
        ("GET", {"sec-fetch-site": [b"cross-site"]}, True),
        ("GET", {"sec-fetch-site": ["cross-site"], **LEADS}, False),
        ("HEAD", {"sec-fetch-site": ["cross-site"], **LEADS}, False),
        ("POST", {"sec-fetch-site": ["cross-site"], **LEADS}, True),
        ("GET", {"sec-fetch-site": ["cross-site"], **LEADS, "sec-fetch-dest": ["iframe"]}, True),
    ],
)
def test_who_has_no_session(
    method: str, headers: Mapping[str, list[str | bytes]], elsewhere: bool, here: Site
) -> None:
    """A browser without the cookie, unless it may have one that another site's request lacks."""
    sessions, cookie = here.sessions, f"__Host-cognito_session_token={'A' * 43}"
    assert sessions.has_none(method, lambda name: headers.get(name, [])) is not elsewhere
    for more in ({"cookie": [cookie]}, {"authorization": ["Basic YTpi"]}):
        both: dict[str, list[str | bytes]] = {**headers, **more}
        assert not sessions.has_none(method, lambda name: both.get(name, []))  # noqa: B023
