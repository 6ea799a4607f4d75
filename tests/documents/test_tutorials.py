"""The tutorials work as they are typed: what their commands print is what the pages say, and a
browser signs in to the site. Only the ports differ."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ..cli.running import DEADLINE, ENVIRONMENT
from ..contract.login.browser import Browser
from ..ports import free_port
from .pages import lay_out
from .tables import ROOT

PAGES = sorted((ROOT / "docs").glob("tutorial*.md"))
PASSWORD = "Local-Pass-1"
# What each server says when it listens.
_LISTENING = re.compile(r"Uvicorn running on|Running on http|Quit the server")


def blocks(page: Path, language: str) -> list[str]:
    """The page's blocks in a language, but for the set-up, whose place is a test environment."""
    found = re.findall(
        rf"^```{language}\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    return [one.replace(". .venv/bin/activate\n", "") for one in found if "-m venv" not in one]


@pytest.fixture
def port() -> int:
    """A port that is free."""
    return free_port()


def environment() -> dict[str, str]:
    """A terminal's, with the commands."""
    path = os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])
    return {**ENVIRONMENT, "PATH": path, "PYTHONUNBUFFERED": "1"}


@contextmanager
def terminal(
    folder: Path, script: str, until: re.Pattern[str], before: list[str] | None = None
) -> Iterator[Iterator[str]]:
    """A terminal in which a command runs on: what it prints, after a line that says it is ready.
    The lines up to that one go into a list."""
    read = [] if before is None else before
    process = subprocess.Popen(
        ["sh", "-e", "-c", script],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        lines = iter(process.stdout)
        for line in lines:
            read.append(line)
            if until.search(line):
                break
        else:
            pytest.fail(f"{script} ended: {''.join(read)}")
        yield lines
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.communicate()


@contextmanager
def pool(folder: Path, page: Path, port: int) -> Iterator[str]:
    """The pool of the page, whose settings are in the file that the page names; its origin."""
    (command,) = [one for one in blocks(page, "sh") if "cognito-guard dev" in one]
    callback = f"http://localhost:{port}/auth/callback"
    started = command.replace("dev > pool.env", f"dev --port 0 --callback {callback}")
    assert started != command
    printed: list[str] = []
    with terminal(folder, started, re.compile("Access token of the machine"), printed):
        # By this process, which knows when it is written; a `tee` may be behind.
        (folder / "pool.env").write_text("".join(printed), "utf-8")
        yield re.findall(r"LOGIN_DOMAIN=(\S+)", "".join(printed))[0]


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_tutorial(page: Path, tmp_path: Path, port: int) -> None:
    """From the pool to a 200 with a real token, a refusal in the log, its explanation, and a
    sign-in."""
    lay_out(page, tmp_path)
    api, *site = [
        one.replace("8000", str(port)).replace("runserver", f"runserver --noreload {port}")
        for one in blocks(page, "sh")
        if re.search(r"^(uvicorn|flask|python manage)", one, re.MULTILINE)
    ]
    asked = [
        one.replace("8000", str(port))
        for one in blocks(page, "sh")
        if "curl" in one or "cognito-guard explain" in one
    ]
    logged, explained = blocks(page, "text")
    with pool(tmp_path, page, port) as origin:
        settings = tmp_path / "mysite" / "settings.py"
        if settings.exists():
            written = settings.read_text("utf-8").replace("http://127.0.0.1:9393", origin)
            settings.write_text(written.replace("localhost:8000", f"localhost:{port}"), "utf-8")
        with terminal(tmp_path, api, _LISTENING) as output:
            done = subprocess.run(
                ["sh", "-c", "".join(asked)],
                cwd=tmp_path,
                env=environment(),
                input=f"{PASSWORD}\n",
                capture_output=True,
                text=True,
                timeout=5 * DEADLINE,  # a few programs, on a machine that may be busy
                check=False,
                start_new_session=True,  # no terminal to ask for the password on
            )
            statuses = re.findall(r"HTTP/1\.1 \d+ \w+", done.stdout)
            assert [f"`{one}`" in page.read_text("utf-8") for one in statuses] == [True, True]
            assert [one.split()[1] for one in statuses] == ["200", "403"]
            assert done.stdout.endswith(explained)
            assert any(logged.strip() in line for line in output)
            if not site:
                _sign_in(port)
        if site:
            told = "set -a; . ./pool.env; set +a\n"
            with terminal(tmp_path, told + site[0], _LISTENING):
                _sign_in(port)


def _sign_in(port: int) -> None:
    browser = Browser(f"http://localhost:{port}")
    assert "Sign in" in browser.visit("/").text
    assert browser.sign_in("/profile").path == "/profile"
    assert "Hello, alice." in browser.visit("/profile").text
