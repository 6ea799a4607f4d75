"""The project on the page about Django runs as it says there: with a pool on this machine, and a
browser that signs in and out."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path

import pytest

from cognito_guard.testing import LocalClient, LocalUser, LocalUserPool

from ..contract.login.browser import Browser
from ..ports import free_port
from .pages import lay_out
from .tables import ROOT

PAGE = ROOT / "docs" / "django.md"
POOL_ORIGIN, SITE_ORIGIN = "http://127.0.0.1:9393", "http://localhost:8000"


def manage(folder: Path, *arguments: str) -> str:
    """What a command of the project prints."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "manage.py", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def running(folder: Path, port: int) -> Iterator[None]:
    """Django's own server."""
    process = subprocess.Popen(
        [sys.executable, "-u", "manage.py", "runserver", "--noreload", str(port)],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert any("Quit the server" in line for line in process.stdout)
        yield
    finally:
        process.terminate()
        process.communicate()


@pytest.fixture
def port() -> int:
    """A port that is free."""
    return free_port()


def test_project(tmp_path: Path, port: int) -> None:
    """All that is different is where pool and site listen."""
    lay_out(PAGE, tmp_path)
    settings = tmp_path / "mysite" / "settings.py"
    written = settings.read_text(encoding="utf-8")
    here = f"http://localhost:{port}"
    client_id = re.findall(r'"LOGIN_CLIENT_ID": "(\w+)"', written)[0]
    client = LocalClient(
        client_id, callback_urls=[f"{here}/auth/callback"], logout_urls=[f"{here}/"]
    )
    pool = LocalUserPool(client_id=client_id, users=[LocalUser("alice")])
    with pool.listen(client) as server:
        assert f'"ISSUER": "{POOL_ORIGIN}/{pool.user_pool_id}"' in written
        moved = written.replace(POOL_ORIGIN, server.domain).replace(SITE_ORIGIN, here)
        settings.write_text(moved, encoding="utf-8")
        assert "no issues" in manage(tmp_path, "check", "--fail-level", "WARNING")
        manage(tmp_path, "migrate")
        with running(tmp_path, port):
            browser = Browser(here)
            assert "Sign in" in browser.visit("/").text
            assert browser.sign_in("/dashboard").path == "/dashboard"
            page = browser.visit("/").text
            assert "You are alice." in page
            token = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[0]
            ended = browser.submit("/auth/logout", csrfmiddlewaretoken=unescape(token))
            assert ended.location.startswith(server.domain)
            assert "Sign in" in browser.visit("/").text
