"""Every adapter answers each row of the table as it says, and signs nobody in or out besides."""

from __future__ import annotations

import json

import pytest

from .apps import ADAPTERS
from .browser import Browser, Reply
from .cases import ANONYMOUS, IN_CIRCLES, NO_SIGN_IN, SESSION, SIGN_IN, WITH_SESSION, Row
from .site import DOCS_URL, Adapter, Site, site


def judge(row: Row, here: Site, browser: Browser) -> Reply:
    """Do what a row says, and hold the answer against it."""
    here.refused.clear()
    reply = row.do(here, browser)
    check(row, reply)
    if row.reason:
        # Once, although a page may be answered in the place of a refusal.
        assert here.refused.count((row.reason, row.status)) == 1, here.refused
    return reply


def check(row: Row, reply: Reply) -> None:
    """Hold an answer against its row."""
    if row.leads_to:
        assert (reply.path, reply.status) == (row.leads_to, reply.status)
    else:
        assert reply.status == row.status, reply.text
    assert row.reason in reply.text
    if row.status >= 300 and row.status != 405:
        assert "no-store" in reply.all("Cache-Control")[0]
    if reply.all("Content-Type") == ["application/problem+json"]:
        problem = json.loads(reply.text)
        assert problem["type"] == f"{DOCS_URL}#{problem['reason']}"
    assert len(reply.all("Retry-After")) == (row.status == 503)
    assert bool(reply.all("WWW-Authenticate")) == (
        row.status == 401 or row.reason == "missing_group"
    )


@pytest.mark.parametrize("rows", [NO_SIGN_IN, SIGN_IN, WITH_SESSION, ANONYMOUS])
def test_names_are_unique(rows: list[Row]) -> None:
    """No row hides behind another one's name."""
    assert len(rows) == len({row.what for row in rows})


@pytest.mark.parametrize("row", NO_SIGN_IN, ids=lambda row: row.what)
def test_no_sign_in(here: Site, browser: Browser, row: Row) -> None:
    """A callback that is not good gets a page for people, with a way to begin again; and nobody
    has a session."""
    reply = judge(row, here, browser)
    assert reply.all("Content-Type") == ["text/html; charset=utf-8"]
    assert '<a href="/auth/login">' in reply.text
    assert "<b>" not in reply.text
    assert SESSION not in browser.cookies
    assert browser.username() is None
    assert browser.sign_in("/page").path == "/page"
    assert browser.username() == "alice"


@pytest.mark.parametrize("row", SIGN_IN, ids=lambda row: repr(row.what)[:40])
def test_sign_in(here: Site, browser: Browser, row: Row) -> None:
    """A good callback leads to the page, on the own site."""
    judge(row, here, browser)
    assert browser.username() == row.user


@pytest.mark.parametrize("row", WITH_SESSION, ids=lambda row: row.what)
def test_with_session(here: Site, alice: Browser, row: Row) -> None:
    """Nobody is signed out who should not be, and nobody stays who should not."""
    judge(row, here, alice)
    assert alice.username() == row.user


@pytest.mark.parametrize("row", IN_CIRCLES, ids=lambda row: row.what)
@pytest.mark.parametrize("adapter", ADAPTERS, ids=lambda adapter: adapter.name)
def test_in_circles(adapter: Adapter, row: Row) -> None:
    """A page for which each sign-in is too old ends in an answer, and not in circles."""
    with site(adapter) as here:
        alice = here.signed_in()
        judge(row, here, alice)
        assert alice.username() == row.user


@pytest.mark.parametrize("row", ANONYMOUS, ids=lambda row: row.what)
def test_anonymous(here: Site, browser: Browser, row: Row) -> None:
    """Pages lead to the sign-in, all else is refused."""
    judge(row, here, browser)
    assert browser.username() is None
