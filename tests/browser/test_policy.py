"""The content security policy of the recipes, on a site with sign-in, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from socket import socket

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.support.expected_conditions import url_to_be
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from example_apps.serving import serve

from ..contract.login.site import Adapter, Running, Site, site
from . import waiting
from .login_sites import starlette_app

PAGE = (Path(__file__).parents[2] / "docs" / "recipes.md").read_text(encoding="utf-8")
DOMAIN = "https://orders-example.auth.eu-west-1.amazoncognito.com"


def policy_of_the_page() -> str:
    """What the page tells to send."""
    (text,) = re.findall(r"^POLICY = \((.*?)^\)$", PAGE, re.MULTILINE | re.DOTALL)
    return "".join(re.findall(r'"([^"]*)"', text))


def with_policy(app: ASGIApp, policy: str) -> ASGIApp:
    """An app whose answers have the policy, unless they bring one."""

    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                names = {name for name, _ in message["headers"]}
                if b"content-security-policy" not in names:
                    added = (b"content-security-policy", policy.encode("ascii"))
                    message = {**message, "headers": [*message["headers"], added]}
            await send(message)

        await app(scope, receive, add)

    return middleware


def adapter(policy: Callable[[str], str]) -> Adapter:
    """The site in Starlette. ``policy``: told the pool's domain."""

    def started(running: Running, listener: socket) -> AbstractContextManager[str]:
        said = policy(running.sessions.login.domain)
        return serve(with_policy(starlette_app(running), said), listener)

    return Adapter("starlette", started)


def sign_in(browser: Chrome, here: Site) -> None:
    """Go to a page, and sign in."""
    browser.get(f"{here.origin}/profile")
    waiting.click(browser, "button[value=alice]")
    waiting.reads(browser, "#name", "alice")


@pytest.fixture(autouse=True)
def _no_cookies(browser: Chrome) -> None:
    browser.get("about:blank")
    browser.delete_all_cookies()


def test_signs_in_and_out(browser: Chrome) -> None:
    """With the policy of the page, a user signs in, and signs out at the pool as well."""
    policy = policy_of_the_page()
    assert DOMAIN in policy
    with site(adapter(lambda domain: policy.replace(DOMAIN, domain))) as here:
        sign_in(browser, here)
        waiting.click(browser, "#leave")
        waiting.waiting(browser).until(url_to_be(f"{here.origin}/"))
        waiting.reads(browser, "#name", "stranger")
        assert here.server.requests["logout"] == 1


def test_without_the_pools_domain(browser: Chrome) -> None:
    """With ``form-action 'self'`` alone, the browser stays where it is, and the pool hears of no
    sign-out."""
    policy = policy_of_the_page().replace(f" {DOMAIN}", "")
    assert policy.endswith("form-action 'self'")
    with site(adapter(lambda _: policy)) as here:
        sign_in(browser, here)
        waiting.click(browser, "#leave")
        waiting.waiting(browser).until(
            lambda browser: any(
                "form-action" in entry["message"] for entry in browser.get_log("browser")
            )
        )
        assert browser.current_url == f"{here.origin}/profile"
        assert browser.get_cookie("cognito_session_token") is None
        assert here.server.requests["logout"] == 0
