"""``make demo`` tells the truth: its exit status says whether all answers are as documented."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from . import demo, demo_load_balancer
from .behind_alb.running import Running
from .serving import serve


def test_all_is_as_documented() -> None:
    """The demo goes through every case with every app, and ends with 0."""
    done = subprocess.run(
        [sys.executable, "-m", "example_apps.demo"], capture_output=True, text=True, timeout=100
    )
    assert (done.returncode, done.stderr) == (0, "")
    tokens = sum(19 if app.websockets else 16 for app in demo.APPS.values())
    assert done.stdout.count("[ok]") == tokens + 15
    assert "WRONG" not in done.stdout
    assert "All answers are as documented." in done.stdout


def test_wrong_answers(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """An app that lets everybody in is found out, line by line, and the demo ends with 1."""

    def create_open_app() -> Any:
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

    open_app = demo.App(lambda settings: serve(create_open_app()), websockets=True)
    monkeypatch.setattr(demo, "APPS", {"Open": open_app})
    monkeypatch.setattr(demo_load_balancer, "run", lambda say: 0)
    assert demo.main() == 1
    lines = capsys.readouterr().out.splitlines()
    assert sum("[ok]" in line for line in lines) == 7
    assert sum("WRONG" in line for line in lines) == 12
    assert any("no token" in line and "WRONG, expected 401" in line for line in lines)
    assert "12 answers are wrong." in lines[-1]


def test_wrong_answers_behind_a_load_balancer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another status, another reason and another page than documented are found out."""

    def steps(running: Running, browser: httpx.Client) -> Iterator[demo_load_balancer.Step]:
        def home() -> httpx.Response:
            return browser.get("/")

        def admin() -> httpx.Response:
            return browser.get("/admin")

        yield demo_load_balancer.Step("right", "/", home, 200, shows="stranger")
        yield demo_load_balancer.Step("status", "/", home, 401)
        yield demo_load_balancer.Step("page", "/", home, 200, shows="Ada")
        yield demo_load_balancer.Step("reason", "/admin", admin, 401, "wrong_signer")

    monkeypatch.setattr(demo, "APPS", {})
    monkeypatch.setattr(demo_load_balancer, "steps", steps)
    assert demo.main() == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines if "WRONG" in line] == ["status", "page", "reason"]
    assert "3 answers are wrong." in lines[-1]
