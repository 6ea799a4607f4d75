"""What README.md shows, a refusal and the demo's output, is what happens, and what it says of other
libraries is what was measured."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import httpx

from cognito_guard import Guard
from cognito_guard.testing import LocalUserPool
from example_apps.serving import serve
from example_apps.starlette_app.app import create_app

from .tables import ROOT, table_rows

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
        answer = httpx.get(f"{origin}/me", headers=headers, trust_env=False, timeout=60)
    status, challenge, _, body = shown("HTTP/1.1 ")
    assert status == f"HTTP/1.1 {answer.status_code} {answer.reason_phrase}"
    assert challenge == f"WWW-Authenticate: {answer.headers['WWW-Authenticate']}"
    assert body == answer.text


def test_the_demo_prints_what_the_readme_shows() -> None:
    """README.md has its output, from the first line to the last. It ends with 0, and without a word
    in its error output."""
    done = subprocess.run(
        [sys.executable, "-m", "example_apps.demo"],
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        timeout=600,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == shown("A local user pool signs")


def test_the_readme_counts_what_was_measured() -> None:
    """How many bad tokens each library refuses is the number on the page about performance, and the
    versions are those that were measured."""
    performance = ROOT / "docs" / "performance.md"
    refused = {
        cells[0]: str(cells[1:].count("refused"))
        for heading, cells in table_rows(performance)
        if heading.startswith("Which checks")
    }
    head = next(line for line in README.splitlines() if line.startswith("| | cognito_guard |"))
    libraries = [name.strip() for name in head.strip("|").split("|")][1:]
    (counts,) = (
        cells[1:]
        for _, cells in table_rows(ROOT / "README.md")
        if cells[0].startswith("Bad tokens")
    )
    for columns, count in zip(libraries, counts, strict=True):
        for name in columns.split(" or "):
            assert count == refused.get(name, "-"), name
            version = re.search(rf"\b{name} (\d[\d.]*\d)", performance.read_text(encoding="utf-8"))
            assert name == "cognito_guard" or version is None or version[0] in README
