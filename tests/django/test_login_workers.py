"""Workers in processes of their own, with one table of sessions: on SQLite, PostgreSQL, MariaDB."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connections

from ..contract.login.browser import Browser
from .login_workers_site import Workers, workers

WORKERS, AT_ONCE = 2, 6


def described(alias: str) -> dict[str, Any]:
    """A database of this process, for others."""
    known = connections[alias].settings_dict
    wanted = ("ENGINE", "NAME", "HOST", "USER", "PORT", "OPTIONS")
    found = {name: known[name] for name in wanted if known.get(name)}
    if alias == "default":
        # On a busy machine, SQLite's writers wait for longer than its five seconds.
        found["OPTIONS"] = {"timeout": 60, "transaction_mode": "IMMEDIATE"}
    return found


def signed_in(here: Workers) -> Browser:
    """A browser with alice in it."""
    browser = Browser(here.origin)
    assert browser.sign_in("/page").path == "/page"
    return browser


def test_two_workers_refresh_one_session_at_once(anywhere: str, tmp_path: Path) -> None:
    """With rotation on: one refresh leaves the machine, all requests succeed, and the next refresh
    does as well, as the rotated token was kept."""
    with workers(described(anywhere), tmp_path, "--workers", str(WORKERS), "--threads=4") as here:
        here.server.register(replace(here.client, rotation_grace=0))
        browser = signed_in(here)
        seen: set[int] = set()
        for turn in range(1, 4):
            here.pass_time(here.client.token_seconds + 1)
            start = threading.Barrier(AT_ONCE)

            def ask(_: int, start: threading.Barrier = start) -> Any:
                start.wait()
                return browser.send("GET", f"{here.origin}/page", {})

            with ThreadPoolExecutor(AT_ONCE) as threads:
                replies = [*threads.map(ask, range(AT_ONCE))]
            assert [reply.status for reply in replies] == [200] * AT_ONCE
            assert {reply.json["user"] for reply in replies} == {"alice"}
            seen |= {reply.json["worker"] for reply in replies}
            assert here.server.requests["token"] == 1 + turn
        token = browser.visit("/").text.partition('value="')[2].partition('"')[0]
        fields = {"csrfmiddlewaretoken": token}
        ended = browser.submit(f"{here.origin}/auth/logout", **fields)
        assert ended.status == 303
        assert here.server.requests["revoke"] == 1
        for _ in range(2 * WORKERS):
            assert browser.fetch("/").json["user"] is None
        assert Session.objects.using(anywhere).count() <= 2
    assert len(seen) <= WORKERS


@pytest.mark.usefixtures("db")
def test_sign_out_beats_a_refresh(tmp_path: Path) -> None:
    """The answer of the token endpoint comes late, to a session that is over by then."""
    with workers(described("default"), tmp_path, "--workers", str(WORKERS), "--threads=4") as here:
        here.server.register(replace(here.client, rotation_grace=0))
        browser, other = signed_in(here), Browser(here.origin)
        browser.visit("/")
        token = browser.visit("/").text.partition('value="')[2].partition('"')[0]
        other.cookies.update(browser.cookies)
        here.pass_time(here.client.token_seconds + 1)
        start = threading.Barrier(2)

        def refresh() -> int:
            start.wait()
            return browser.send("GET", f"{here.origin}/", {}).status

        def leave() -> int:
            start.wait()
            return other.submit("/auth/logout", csrfmiddlewaretoken=token).status

        with ThreadPoolExecutor(2) as threads:
            statuses = [one.result() for one in (threads.submit(refresh), threads.submit(leave))]
        assert statuses == [200, 303]
        again = Browser(here.origin)
        again.cookies.update(browser.cookies)
        assert again.fetch("/").json["user"] is None
