"""The part of the demo in which users sign in, stay signed in and sign out in a browser."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import httpx

from ..with_login.running import Running, serve_with_login
from ..with_login.visitor import Visitor
from .stage import Stage
from .table import Answer, Row

SITES = {"fastapi": "FastAPI", "flask": "Flask", "django": "Django"}

_HOUR = 3600.0
_SOON = 60.0


class Step(NamedTuple):
    """What somebody does, and the documented answer."""

    what: str
    path: str
    do: Callable[[], httpx.Response]
    status: int
    shows: str
    """What must stand on the page: words, the reason of a refusal, or where it leads."""
    new_tokens: int = 0
    """How often the pool is asked for tokens meanwhile."""
    shown: bool = False

    @property
    def expected(self) -> Answer:
        """The documented answer, as the table has it."""
        if self.status >= 400:
            return Answer(self.status, self.shows)
        return Answer(self.status, "new tokens" if self.new_tokens else "")


def rows(stage: Stage) -> Iterator[Row]:
    """Every step, at a site of each framework."""
    sites = {}
    for name, column in SITES.items():
        running = stage.enter_context(serve_with_login(name))
        stage.addresses[f"{column} with sign-in"] = running.origin
        sites[column] = running, stage.enter_context(Visitor(running.origin))
    for together in zip(*(steps(*site) for site in sites.values()), strict=True):
        step = together[0]
        ask = {
            column: partial(_ask, running, each)
            for (column, (running, _)), each in zip(sites.items(), together, strict=True)
        }
        yield Row(step.what, step.path, step.expected, ask, step.shown)


def _ask(running: Running, step: Step) -> Answer:
    asked = running.server.requests["token"]
    answer = step.do()
    new_tokens = running.server.requests["token"] - asked
    text = answer.headers.get("Location") or answer.text
    if step.shows not in text:
        return Answer(answer.status_code, f"a page without {step.shows!r}")
    if new_tokens != step.new_tokens:
        return Answer(answer.status_code, f"{new_tokens} requests for tokens")
    return Answer(answer.status_code, step.expected.says)


def steps(running: Running, visitor: Visitor) -> Iterator[Step]:
    """Signing in, staying, signing out, in one browser; and what others try meanwhile."""

    def get(
        what: str, path: str, status: int, shows: str, new_tokens: int = 0, shown: bool = False
    ) -> Step:
        return Step(what, path, lambda: visitor.get(path), status, shows, new_tokens, shown)

    def script() -> httpx.Response:
        return httpx.get(f"{running.origin}/profile", trust_env=False, timeout=60)

    def sign_in() -> httpx.Response:
        # As if it had happened almost an hour ago: the tokens will end soon.
        pool = running.pool
        pool.clock = lambda: time.time() - (_HOUR - _SOON)
        page = visitor.get("/profile")
        visitor.follow_redirects = False
        try:
            return visitor.get(visitor.choose(page, "alice").headers["Location"])
        finally:
            visitor.follow_redirects = True
            pool.clock = time.time

    yield get("not signed in", "/", 200, "stranger")
    yield Step("script, not signed in", "/profile", script, 401, "missing_credentials")
    yield get("page, not signed in", "/profile", 200, "Local sign-in")
    yield Step("sign-in", "/auth/callback", sign_in, 303, "/profile", 1, shown=True)
    yield get("signed in, an hour later", "/profile", 200, "alice@example.com", 1, shown=True)
    yield get("and once more", "/profile", 200, "alice@example.com")
    yield get("signed in, not in group", "/admin", 403, "missing_group")
    yield Step(
        "another site's form",
        "/auth/logout",
        lambda: visitor.sign_out(by="cross-site"),
        403,
        "cross_site_request",
        shown=True,
    )
    copied = dict(visitor.cookies)
    yield Step("sign-out", "/auth/logout", visitor.sign_out, 200, "stranger", shown=True)

    def with_copy() -> httpx.Response:
        with Visitor(running.origin, cookies=copied) as thief:
            return thief.get("/")

    yield Step("copy of the old cookie", "/", with_copy, 200, "stranger")
    yield Step("an admin", "/admin", lambda: visitor.sign_in("ada", "/admin"), 200, "ada", 1)
