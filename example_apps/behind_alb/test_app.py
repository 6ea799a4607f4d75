"""How an app behind a load balancer is tested: with a local load balancer, over HTTP."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest

from cognito_guard.testing import LocalLoadBalancer

from .running import Running, serve_behind_alb


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """The app, behind a load balancer that signs real headers, without AWS."""
    with serve_behind_alb() as running:
        yield running


@pytest.fixture
def browser(running: Running) -> Iterator[httpx.Client]:
    """Keeps cookies and follows redirects."""
    url = running.listener.url
    with httpx.Client(base_url=url, trust_env=False, timeout=60, follow_redirects=True) as browser:
        yield browser


def sign_in(browser: httpx.Client, username: str) -> httpx.Response:
    """Follow the link on the home page, and choose a user on the login page."""
    page = browser.get("/login")
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)">', page.text.partition("<button")[0]))
    return browser.post(page.url.copy_with(query=None), data={**fields, "username": username})


def test_login_and_logout(browser: httpx.Client) -> None:
    """A stranger signs in, is greeted by name, logs out, and is a stranger again."""
    assert "Hello, stranger" in browser.get("/").text
    page = sign_in(browser, "ada")
    assert page.url.path == "/"
    assert '<strong id="name">Ada Lovelace</strong>' in page.text
    page = browser.post("/logout")
    assert "Hello, stranger" in page.text
    assert "Local sign-in" in browser.get("/login").text


def test_expiring_the_cookie_alone_logs_nobody_out(browser: httpx.Client) -> None:
    """The user pool would let the user in again; so ``logout`` goes there as well."""
    sign_in(browser, "ada")
    browser.cookies.delete("AWSELBAuthSessionCookie-0")
    assert "Ada Lovelace" in browser.get("/login").text


def test_name_of_a_user_without_one(browser: httpx.Client) -> None:
    """Whose name is not known is greeted by the user name."""
    assert '<strong id="name">alice</strong>' in sign_in(browser, "alice").text


def test_admin_needs_a_group(browser: httpx.Client, running: Running) -> None:
    """Admins get in, others and strangers do not."""
    assert browser.get("/admin").json()["reason"] == "missing_credentials"
    sign_in(browser, "alice")
    assert browser.get("/admin").json()["reason"] == "missing_group"
    browser.post("/logout")
    sign_in(browser, "ada")
    assert browser.get("/admin").json() == {"admin": running.balancer.pool.subject("ada")}


def test_headers_of_another_load_balancer(browser: httpx.Client, running: Running) -> None:
    """Who reaches the app itself with headers that anybody may have signed is refused."""
    stranger = LocalLoadBalancer(
        running.balancer.pool, arn=running.balancer.arn.replace("123456789012", "999999999999")
    )
    for forged, status in ((running.balancer.headers("ada"), 200), (stranger.headers("ada"), 401)):
        answer = httpx.get(f"{running.origin}/admin", headers=forged, trust_env=False, timeout=60)
        assert answer.status_code == status
    assert answer.json()["reason"] == "wrong_signer"
    # Through the load balancer, not even the right ones get in.
    answer = browser.get("/admin", headers=running.balancer.headers("ada"))
    assert answer.json()["reason"] == "missing_credentials"


# Some ways to start a test run leave SIGINT ignored, and children inherit that.
_INTERRUPTIBLE = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("example_apps.behind_alb", run_name="__main__", alter_sys=True)
"""


def test_as_a_program() -> None:
    """``python -m example_apps.behind_alb`` serves until it is interrupted."""
    with subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", _INTERRUPTIBLE, "0"], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            url = process.stdout.readline().split()[1]
            assert "Hello, stranger" in httpx.get(url, trust_env=False, timeout=60).text
        finally:
            process.send_signal(signal.SIGINT)
    assert process.returncode == 0
