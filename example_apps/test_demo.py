"""``make demo`` tells the truth: its exit status says whether all answers are as documented."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from . import demo
from .serving import serve


def test_all_is_as_documented() -> None:
    """The demo goes through every case with every app, and ends with 0."""
    done = subprocess.run(
        [sys.executable, "-m", "example_apps.demo"], capture_output=True, text=True, timeout=100
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("[ok]") == sum(
        19 if app.websockets else 16 for app in demo.APPS.values()
    )
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
    assert demo.main() == 1
    lines = capsys.readouterr().out.splitlines()
    assert sum("[ok]" in line for line in lines) == 7
    assert sum("WRONG" in line for line in lines) == 12
    assert any("no token" in line and "WRONG, expected 401" in line for line in lines)
    assert "12 answers are wrong." in lines[-1]
