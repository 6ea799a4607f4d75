"""The part of the demo in which users sign in at a load balancer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import NamedTuple

import httpx

from cognito_guard.testing import LocalLoadBalancer

from ..behind_alb.running import Running, serve_behind_alb
from .stage import Stage
from .table import Answer, Row

OTHER_ACCOUNT = (
    "arn:aws:elasticloadbalancing:eu-west-1:999999999999:loadbalancer/app/mine/0123456789"
)


class Step(NamedTuple):
    """What somebody does, and the documented answer. ``reason`` is empty for a good one."""

    what: str
    path: str
    do: Callable[[], httpx.Response]
    status: int
    reason: str = ""
    shows: str = ""
    """What must stand on the page."""
    shown: bool = False


def rows(stage: Stage) -> Iterator[Row]:
    """Every step, at an app of Flask."""
    running = stage.enter_context(serve_behind_alb())
    stage.addresses["Behind a load balancer"] = running.listener.url
    browser = stage.enter_context(
        httpx.Client(
            base_url=running.listener.url, trust_env=False, timeout=60, follow_redirects=True
        )
    )
    for step in steps(running, browser):
        expected = Answer(step.status, step.reason)
        yield Row(step.what, step.path, expected, {"Flask": partial(_ask, step)}, step.shown)


def _ask(step: Step) -> Answer:
    answer = step.do()
    if answer.headers["Content-Type"] == "application/problem+json":
        return Answer(answer.status_code, answer.json()["reason"])
    if step.shows not in answer.text:
        return Answer(answer.status_code, f"a page without {step.shows!r}")
    return Answer(answer.status_code)


def steps(running: Running, browser: httpx.Client) -> Iterator[Step]:
    """First at the app itself, as if anybody could reach it; then through the load balancer."""
    balancer = running.balancer
    another = LocalLoadBalancer(balancer.pool, arn=OTHER_ACCOUNT)
    good = balancer.headers("ada")
    sub = {"x-amzn-oidc-identity": good["x-amzn-oidc-identity"]}
    head, _, signature = balancer.headers("alice")["x-amzn-oidc-data"].split(".")
    data = f"{head}.{good['x-amzn-oidc-data'].split('.')[1]}.{signature}"
    mixed = balancer.headers("alice", access_token=balancer.access_token("ada"))

    def direct(
        what: str, headers: Mapping[str, str], status: int, reason: str = "", shown: bool = False
    ) -> Step:
        def do() -> httpx.Response:
            url = f"{running.origin}/admin"
            return httpx.get(url, headers=headers, trust_env=False, timeout=60)

        return Step(what, "/admin", do, status, reason, shown=shown)

    yield direct("ALB: its own headers", good, 200, shown=True)
    yield direct("ALB: another account's", another.headers("ada"), 401, "wrong_signer", True)
    yield direct("ALB: tampered data", {**good, "x-amzn-oidc-data": data}, 401, "bad_signature")
    yield direct("ALB: expired data", balancer.headers("ada", exp=1), 401, "token_expired")
    yield direct("ALB: unsigned subject", sub, 401, "missing_credentials")
    yield direct("ALB: another's token", mixed, 401, "identity_mismatch")

    def get(what: str, path: str, status: int, reason: str = "", shows: str = "") -> Step:
        return Step(what, path, lambda: browser.get(path), status, reason, shows)

    def forged() -> httpx.Response:
        return browser.get("/admin", headers=good)

    yield get("ALB: not logged in", "/", 200, shows="Hello, stranger")
    yield Step("ALB: forged by a client", "/admin", forged, 401, "missing_credentials", shown=True)
    yield get("ALB: login page", "/login", 200, shows="Local sign-in")
    yield Step("ALB: logged in", "/", lambda: _choose(browser, "alice"), 200, shows="alice")
    yield get("ALB: not in the group", "/admin", 403, "missing_group")
    yield Step("ALB: an admin's, forged", "/admin", forged, 403, "missing_group")
    yield Step(
        "ALB: logged out", "/", lambda: browser.post("/logout"), 200, shows="Hello, stranger"
    )
    yield Step(
        "ALB: an admin logs in", "/", lambda: _choose(browser, "ada"), 200, shows="Ada Lovelace"
    )
    yield get("ALB: in the group", "/admin", 200)


def _choose(browser: httpx.Client, username: str) -> httpx.Response:
    """Choose a user on the login page."""
    page = browser.get("/login")
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)">', page.text.partition("<button")[0]))
    return browser.post(page.url.copy_with(query=None), data={**fields, "username": username})
