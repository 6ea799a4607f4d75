"""What README.md shows of the outside world, a refusal and the demo's output, is what happens."""

from __future__ import annotations

import re

import httpx
import pytest

from cognito_guard import Guard
from cognito_guard.testing import LocalUserPool
from example_apps import demo
from example_apps.serving import serve
from example_apps.starlette_app.app import create_app

from .tables import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def shown(first_words: str) -> list[str]:
    """The lines of the block of text that begins with these words."""
    block = rf"^```text\n({re.escape(first_words)}.*?)^```$"
    found = re.search(block, README, re.MULTILINE | re.DOTALL)
    assert found, f"README.md has no block of text that begins with {first_words!r}"
    return found[1].splitlines()


def test_the_refusal_in_the_readme_is_the_one_that_is_sent(
    pool: LocalUserPool, guard: Guard
) -> None:
    """Status line, challenge and body of an ID token's refusal stand there to the byte."""
    with serve(create_app(guard)) as origin:
        headers = {"Authorization": f"Bearer {pool.id_token()}"}
        answer = httpx.get(f"{origin}/me", headers=headers, trust_env=False)
    status, challenge, _, body = shown("HTTP/1.1 ")
    assert status == f"HTTP/1.1 {answer.status_code} {answer.reason_phrase}"
    assert challenge == f"WWW-Authenticate: {answer.headers['WWW-Authenticate']}"
    assert body == answer.text


def test_the_demo_prints_what_the_readme_shows(capsys: pytest.CaptureFixture[str]) -> None:
    """The lines in README.md are lines of the demo's output, in its order; only ports differ."""
    assert demo.main() == 0

    def without_port(line: str) -> str:
        return re.sub(r"(127\.0\.0\.1):\d+", r"\1", line)

    printed = [without_port(line) for line in capsys.readouterr().out.splitlines()]
    for line in shown("Starlette on uvicorn"):
        assert without_port(line) in printed
        del printed[: printed.index(without_port(line)) + 1]
