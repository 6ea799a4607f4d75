"""The part of ``make demo`` in which users sign in at a load balancer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import httpx

from cognito_guard.testing import LocalLoadBalancer

from .behind_alb.running import Running, serve_behind_alb

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


def run(say: Callable[[str], None]) -> int:
    """Go through every step, and give the number of wrong answers."""
    wrong = 0
    with serve_behind_alb() as running:
        say(f"\nFlask behind a load balancer, {running.listener.url}\n")
        with httpx.Client(
            base_url=running.listener.url, trust_env=False, follow_redirects=True
        ) as browser:
            for step in steps(running, browser):
                answer = step.do()
                is_problem = answer.headers["Content-Type"] == "application/problem+json"
                problem = answer.json() if is_problem else {}
                reason = problem.get("reason", "")
                good = (answer.status_code, reason) == (step.status, step.reason)
                good = good and step.shows in answer.text
                wrong += not good
                seen = f"the page says {step.shows!r}" if step.shows else "welcome"
                words = f"{reason}: {problem['detail']}" if reason else seen
                mark = "ok" if good else f"WRONG, expected {step.status} {step.reason}"
                say(f"  {step.what:<28}{step.path:<8}{answer.status_code}  {words}  [{mark}]")
    return wrong


def steps(running: Running, browser: httpx.Client) -> Iterator[Step]:
    """First at the app itself, as if anybody could reach it; then through the load balancer."""
    balancer = running.balancer
    another = LocalLoadBalancer(balancer.pool, arn=OTHER_ACCOUNT)
    good = balancer.headers("ada")
    sub = {"x-amzn-oidc-identity": good["x-amzn-oidc-identity"]}
    head, _, signature = balancer.headers("alice")["x-amzn-oidc-data"].split(".")
    data = f"{head}.{good['x-amzn-oidc-data'].split('.')[1]}.{signature}"
    mixed = balancer.headers("alice", access_token=balancer.access_token("ada"))

    def direct(what: str, headers: Mapping[str, str], status: int, reason: str = "") -> Step:
        return Step(
            what,
            "/admin",
            lambda: httpx.get(f"{running.origin}/admin", headers=headers, trust_env=False),
            status,
            reason,
        )

    yield direct("the load balancer's own", good, 200)
    yield direct("another account's", another.headers("ada"), 401, "wrong_signer")
    yield direct("tampered data", {**good, "x-amzn-oidc-data": data}, 401, "bad_signature")
    yield direct("expired data", balancer.headers("ada", exp=1), 401, "token_expired")
    yield direct("only the unsigned subject", sub, 401, "missing_credentials")
    yield direct("another's access token", mixed, 401, "identity_mismatch")

    def get(what: str, path: str, status: int, reason: str = "", shows: str = "") -> Step:
        return Step(what, path, lambda: browser.get(path), status, reason, shows)

    def forged() -> httpx.Response:
        return browser.get("/admin", headers=good)

    yield get("a stranger", "/", 200, shows="Hello, stranger")
    yield Step("a stranger's forged headers", "/admin", forged, 401, "missing_credentials")
    yield get("on the way to log in", "/login", 200, shows="Local sign-in")
    yield Step("logged in", "/", lambda: _choose(browser, "alice"), 200, shows="alice")
    yield get("not in the group", "/admin", 403, "missing_group")
    yield Step("forged headers of an admin", "/admin", forged, 403, "missing_group")
    yield Step("logged out", "/", lambda: browser.post("/logout"), 200, shows="Hello, stranger")
    yield Step("an admin", "/", lambda: _choose(browser, "ada"), 200, shows="Ada Lovelace")
    yield get("in the group", "/admin", 200)


def _choose(browser: httpx.Client, username: str) -> httpx.Response:
    """Choose a user on the login page."""
    page = browser.get("/login")
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)">', page.text.partition("<button")[0]))
    return browser.post(page.url.copy_with(query=None), data={**fields, "username": username})
