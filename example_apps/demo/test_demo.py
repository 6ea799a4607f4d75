"""``make demo`` tells the truth, and stops when it is told to. That it ends with 0, and prints what
README.md shows, is tested in ``tests/documents/test_readme.py``."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.needs import need

from ..behind_alb.running import Running
from ..serving import serve
from ..with_login.running import Running as Site
from ..with_login.visitor import Visitor
from . import load_balancer, sign_in, sign_out, tokens
from .run import run

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "example_apps.demo")


def restore_signals() -> None:
    """As in a shell's foreground, wherever the tests themselves run."""
    for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(one, signal.SIG_DFL)


def start(*command: str) -> subprocess.Popen[str]:
    """A command in a process group of its own, as a shell starts it."""
    # What runs the tests may be make itself, which would speak to another make.
    environ = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.Popen(  # noqa: S603
        command,
        cwd=ROOT,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        process_group=0,
        preexec_fn=restore_signals,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_early(number: signal.Signals) -> None:
    """A signal ends the demo in the middle of its table, without a traceback."""
    with start(*COMMAND) as process:
        assert process.stdout is not None
        assert any("missing_credentials" in line for line in process.stdout)
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, "")
    assert out.endswith("\nStopped.\n")


def test_keep() -> None:
    """``make demo KEEP=1`` prints the whole table, addresses that work, and lines to paste that
    answer as it says; the terminal's Ctrl+C ends all of it."""
    need((ROOT / "Makefile").exists() and shutil.which("make") is not None, "make and a checkout")
    need(shutil.which("curl") is not None, "curl")
    installed = f"{sys.prefix}/demo"  # whatever is needed is here
    with start("make", "-o", installed, "demo", "KEEP=1", f"VENV={sys.prefix}") as process:
        try:
            assert process.stdout is not None
            table = list(iter(process.stdout.readline, "\n"))
            assert len(table) <= 25
            assert max(map(len, table)) <= 100
            assert "\x1b" not in "".join(table)
            apis = sum(len(app.columns) * (19 if app.websockets else 16) for app in tokens.APPS)
            summary = process.stdout.readline()
            assert summary.startswith(f"All {apis + 11 + 15 + 3 * 11} answers are as documented: ")
            addresses, pasted = read_what_is_kept(process.stdout)
            assert addresses.keys() == {
                *("Starlette on uvicorn", "FastAPI on uvicorn", "Flask on waitress"),
                *("Django on uvicorn", "DRF on uvicorn", "Behind a load balancer"),
                *("Sign-out, process 1", "Sign-out, process 2"),
                *("FastAPI with sign-in", "Flask with sign-in", "Django with sign-in"),
            }
            token, *commands = pasted
            assert [status(f"{token}\n{command}") for command in commands] == [200, 403, 401]
            bearer = {"Authorization": f"Bearer {token.removeprefix('TOKEN=')}"}
            for name, address in addresses.items():
                for_a_browser = "sign-in" in name or "balancer" in name
                path, headers = ("/", {}) if for_a_browser else ("/me", bearer)
                answer = httpx.get(address + path, headers=headers, trust_env=False, timeout=60)
                assert answer.status_code == 200, name
        finally:
            os.killpg(process.pid, signal.SIGINT)
        # To the end of what they print, so all processes have ended that print to where make does.
        # Their ports say nothing: any other program may listen there now.
        out, err = process.communicate(timeout=60)
    assert (out, "Traceback" in err) == ("\nStopping the apps ...\n", False)


def read_what_is_kept(lines: Iterator[str]) -> tuple[dict[str, str], list[str]]:
    """The addresses by name, and the lines to paste. The last of them has no token."""
    addresses: dict[str, str] = {}
    pasted: list[str] = []
    for line in lines:
        if line.startswith("  ") and "  http://" in line:
            name, _, address = line.strip().partition("  ")
            addresses[name] = address.strip()
        elif line.startswith(("TOKEN=", "curl ")):
            pasted.append(line.rstrip("\n"))
            if line.startswith("curl -i http"):
                break
    return addresses, pasted


def status(script: str) -> int:
    """The status that a shell's curl prints."""
    environ = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    command = ["/bin/sh", "-c", script]
    done = subprocess.run(  # noqa: S603
        command, capture_output=True, text=True, timeout=60, check=True, env=environ
    )
    return int(done.stdout.split()[1])


@pytest.fixture
def nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """No part of the demo but those that a test adds."""
    monkeypatch.setattr(tokens, "APPS", ())
    monkeypatch.setattr(tokens, "cases", lambda pool: [])
    monkeypatch.setattr(sign_out, "rows", lambda stage, settings, pool: iter(()))
    monkeypatch.setattr(load_balancer, "rows", lambda stage: iter(()))
    monkeypatch.setattr(sign_in, "SITES", {})


def create_open_app() -> Any:
    """An app that lets everybody in."""

    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"{}"})
        elif scope["type"] == "websocket":
            while (message := await receive())["type"] != "websocket.disconnect":
                if message["type"] == "websocket.connect":
                    await send({"type": "websocket.accept"})
                else:
                    await send({"type": "websocket.send", "text": "ada: hello"})

    return app


CASES, BALANCER_ROWS, SITES = tokens.cases, load_balancer.rows, sign_in.SITES


@pytest.mark.usefixtures("nothing_else")
def test_wrong_answers(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """An app that lets everybody in is found out, row by row, those included that the table would
    not show; and the demo ends with 1."""
    open_app = tokens.App(
        "uvicorn", lambda settings: serve(create_open_app()), {"Starlette": ""}, websockets=True
    )
    monkeypatch.setattr(tokens, "APPS", (open_app,))
    monkeypatch.setattr(tokens, "cases", CASES)
    assert run() == 1
    out = capsys.readouterr().out
    assert out.count("✓") == 5
    assert out.count("✗") == 12
    assert "  Starlette: expected 401 missing_credentials, got 200\n" in out
    assert "  Starlette: expected 401 malformed_token, got 200\n" in out
    assert "12 answers are wrong, 7 are as documented." in out


def wrong_rows(out: str) -> list[str]:
    """The first words of the rows with a wrong answer."""
    return [line.split()[0] for line in out.splitlines() if "✗" in line]


@pytest.mark.usefixtures("nothing_else")
def test_wrong_answers_behind_a_load_balancer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another status, another reason and another page than documented are found out."""

    def steps(running: Running, browser: httpx.Client) -> Iterator[load_balancer.Step]:
        def home() -> httpx.Response:
            return browser.get("/")

        def admin() -> httpx.Response:
            return browser.get("/admin")

        yield load_balancer.Step("right", "/", home, 200, shows="stranger")
        yield load_balancer.Step("status", "/", home, 401)
        yield load_balancer.Step("page", "/", home, 200, shows="Ada")
        yield load_balancer.Step("reason", "/admin", admin, 401, "wrong_signer")

    monkeypatch.setattr(load_balancer, "rows", BALANCER_ROWS)
    monkeypatch.setattr(load_balancer, "steps", steps)
    assert run() == 1
    out = capsys.readouterr().out
    assert wrong_rows(out) == ["status", "page", "reason"]
    assert "  Flask: expected 200, got 200 a page without 'Ada'\n" in out
    assert "  Flask: expected 401 wrong_signer, got 401 missing_credentials\n" in out


@pytest.mark.usefixtures("nothing_else")
def test_wrong_answers_of_a_sign_in(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another status, another page, and tokens that were fetched or were not, are found out."""

    def steps(running: Site, visitor: Visitor) -> Iterator[sign_in.Step]:
        def home() -> httpx.Response:
            return visitor.get("/")

        yield sign_in.Step("right", "/", home, 200, "stranger")
        yield sign_in.Step("status", "/", home, 401, "stranger")
        yield sign_in.Step("page", "/", home, 200, "alice")
        yield sign_in.Step("tokens", "/", home, 200, "stranger", 1)

    monkeypatch.setattr(sign_in, "SITES", {"flask": "Flask"})
    monkeypatch.setattr(sign_in, "steps", steps)
    assert run() == 1
    out = capsys.readouterr().out
    assert wrong_rows(out) == ["status", "page", "tokens"]
    assert "  Flask: expected 200 new tokens, got 200 0 requests for tokens\n" in out
