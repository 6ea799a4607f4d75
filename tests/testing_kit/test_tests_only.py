"""What is local is trusted in tests, and elsewhere only by an explicit word."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cognito_guard import ConfigurationError, Guard
from cognito_guard.testing import LocalLoadBalancer, LocalUserPool, tests_only

from ..cli.running import DEADLINE

START = """
import sys
from cognito_guard import Guard
from cognito_guard.testing import LocalLoadBalancer, LocalUserPool

pool, allowed = LocalUserPool(), {}
"""
TRUSTED = {
    "pool": "Guard(pool.trust(**allowed))",
    "load balancer": "Guard(LocalLoadBalancer(pool).trust(**allowed))",
    "pool that listens": "with pool.listen() as server: Guard(server.trust(**allowed))",
}
SAID = "is for tests, and no test is running"


def run(script: str, *argv: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """A process that no test runner has started, as far as it can see."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return subprocess.run(
        [sys.executable, *(argv or ("-c", START + script))],
        env={**clean, "PYTHONPATH": os.pathsep.join(sys.path), **environ},
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )


@pytest.mark.parametrize("script", TRUSTED.values(), ids=TRUSTED)
def test_outside_of_tests(script: str) -> None:
    """It is an error that says what to write, and then it works."""
    refused = run(script)
    assert refused.returncode == 1
    assert (
        f"ConfigurationError: Local{'LoadBalancer' if 'Load' in script else 'UserPool'} {SAID}"
        in (refused.stderr)
    )
    assert "allow_outside_tests=True" in refused.stderr
    allowed = run(f"allowed['allow_outside_tests'] = True\n{script}")
    assert (allowed.returncode, allowed.stderr) == (0, "")


@pytest.mark.parametrize("name", ["PYTEST_CURRENT_TEST", "PYTEST_VERSION"])
def test_process_that_a_test_has_started(name: str) -> None:
    """Is part of the test."""
    assert run(TRUSTED["pool"], **{name: "8.2"}).returncode == 0


def test_at_the_prompt() -> None:
    """Whoever tries things out there has nobody to protect."""
    assert run(f"sys.ps1 = '>>> '\n{TRUSTED['pool']}").returncode == 0


@pytest.mark.parametrize("runner", ["pytest", "unittest"])
def test_runner_that_is_only_imported(runner: str) -> None:
    """Runs no test."""
    assert SAID in run(f"import {runner}\n{TRUSTED['pool']}").stderr


UNITTEST = f"""{START}
import threading, unittest

guard = Guard(pool.trust())  # while the tests are looked for

class Case(unittest.TestCase):
    def test_in_a_thread(self):
        made = []
        thread = threading.Thread(target=lambda: made.append(Guard(pool.trust())))
        thread.start()
        thread.join()
        made[0].verify(pool.access_token())
"""


def test_in_unittest(tmp_path: Path) -> None:
    """Django's test runner is one of its."""
    path = tmp_path / "test_it.py"
    path.write_text(UNITTEST, encoding="utf-8")
    done = run("", "-m", "unittest", "discover", "-s", str(tmp_path))
    assert (done.returncode, "OK" in done.stderr) == (0, True), done.stderr


@pytest.mark.parametrize("value", ["no", 1, None])
def test_an_unclear_word(value: Any) -> None:
    """Is no word at all."""
    with pytest.raises(ConfigurationError, match="allow_outside_tests must be True or False"):
        LocalUserPool().trust(allow_outside_tests=value)


def test_no_runner_in_sight(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same in this process."""
    monkeypatch.delenv("PYTEST_CURRENT_TEST", raising=False)
    monkeypatch.delenv("PYTEST_VERSION", raising=False)
    pool = LocalUserPool()
    Guard(pool.trust())  # pytest is among the callers
    monkeypatch.setattr(tests_only, "_RUNNERS", ("nobody.",))
    with pytest.raises(ConfigurationError, match=SAID):
        pool.trust()
    with pytest.raises(ConfigurationError, match=SAID):
        LocalLoadBalancer(pool).trust()
    Guard(pool.trust(allow_outside_tests=True))
