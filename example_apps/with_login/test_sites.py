"""How a site with sign-in is tested: with a local user pool, as a browser sees it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest

from cognito_guard.testing import Fault
from tests.ports import free_port

from .running import SITES, Running, serve_with_login
from .visitor import Visitor


@pytest.fixture(scope="module", params=SITES)
def running(request: pytest.FixtureRequest) -> Iterator[Running]:
    """Each of the sites, and a user pool without AWS."""
    with serve_with_login(request.param) as running:
        yield running


@pytest.fixture
def visitor(running: Running) -> Iterator[Visitor]:
    """Somebody who was never there."""
    with Visitor(running.origin) as visitor:
        yield visitor


def test_sign_in_and_sign_out(visitor: Visitor) -> None:
    """A stranger is led to the sign-in and back, is known everywhere, and is a stranger again."""
    assert '<strong id="name">stranger</strong>' in visitor.get("/").text
    page = visitor.sign_in("alice", "/profile?tab=2")
    assert (page.url.path, page.url.query) == ("/profile", b"tab=2")
    assert '<span id="email">alice@example.com</span>' in page.text
    assert '<strong id="name">alice</strong>' in visitor.get("/").text
    page = visitor.sign_out()
    assert page.url.path == "/"
    assert '<strong id="name">stranger</strong>' in page.text
    assert "Local sign-in" in visitor.get("/profile").text


def test_by_another_name_of_this_machine(running: Running) -> None:
    """A server prints ``127.0.0.1``, and ``redirect_uri`` says ``localhost``, or the reverse: the
    browser is led to the one that it comes back to."""
    with Visitor(running.origin.replace("127.0.0.1", "localhost")) as visitor:
        page = visitor.sign_in("alice", "/profile?tab=2")
        assert str(page.url) == f"{running.origin}/profile?tab=2"
        assert '<span id="email">alice@example.com</span>' in page.text


def test_admin_needs_a_group(visitor: Visitor) -> None:
    """Admins get in. Others are led nowhere, as another sign-in would not help them."""
    refused = visitor.sign_in("alice", "/admin")
    assert (refused.status_code, refused.url.path) == (403, "/admin")
    assert "missing_group" in refused.text
    visitor.sign_out()
    assert "Only admins see this" in visitor.sign_in("ada", "/admin").text


def test_scripts_are_led_nowhere(running: Running) -> None:
    """What a script fetches is refused, and a bearer token does for it, without a profile."""
    with httpx.Client(base_url=running.origin, trust_env=False, timeout=60) as script:
        refused = script.get("/profile")
        assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
        token = running.server.access_token("ada", groups=["admins"])
        page = script.get("/profile", headers={"Authorization": f"Bearer {token}"})
        assert '<strong id="name">ada</strong>' in page.text
        assert 'id="email"' not in page.text


def test_form_of_another_site(visitor: Visitor) -> None:
    """Nobody is signed out by a page elsewhere."""
    visitor.sign_in("alice")
    assert visitor.sign_out(by="cross-site").status_code == 403
    assert '<strong id="name">alice</strong>' in visitor.get("/").text


def test_pool_that_is_down(running: Running, visitor: Visitor) -> None:
    """Who is signed in stays so; a sign-in says that it is not the user's fault."""
    page = visitor.get("/profile")
    with running.server.failing(Fault.SERVER_ERROR, at="token"):
        failed = visitor.choose(page, "alice")
        assert failed.status_code == 503
        assert "login_unavailable" in failed.text
    visitor.sign_in("alice")
    with running.server.failing(Fault.SERVER_ERROR):
        assert '<strong id="name">alice</strong>' in visitor.get("/profile").text


def test_nobody_keeps_a_page(visitor: Visitor) -> None:
    """The back button shows no page of somebody who has signed out."""
    assert visitor.sign_in("alice").headers["Cache-Control"] == "no-store"


# Some ways to start a test run leave SIGINT ignored, and children inherit that.
_INTERRUPTIBLE = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("example_apps.with_login", run_name="__main__", alter_sys=True)
"""


@pytest.mark.parametrize("name", SITES)
def test_as_a_program(name: str) -> None:
    """``python -m example_apps.with_login NAME`` serves until it is interrupted."""
    port = free_port()
    with subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", _INTERRUPTIBLE, name, str(port)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            url = process.stdout.readline().split()[1]
            assert url == f"http://127.0.0.1:{port}"
            with Visitor(url) as visitor:
                assert "alice@example.com" in visitor.sign_in("alice").text
        finally:
            process.send_signal(signal.SIGINT)
    assert process.returncode == 0


def test_django_has_nothing_to_say_against_the_settings() -> None:
    """``manage.py check`` is content."""
    with serve_with_login("flask") as running:
        environ = {**os.environ, **running.server.environment()}
        command = ["-m", "example_apps.with_login.django_site.manage", "check"]
        done = subprocess.run(  # noqa: S603
            [sys.executable, *command, "--fail-level", "WARNING"],
            env=environ,
            capture_output=True,
            text=True,
            timeout=120,
        )
    assert done.returncode == 0, done.stderr
