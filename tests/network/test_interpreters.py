"""Interpreters within a process, as mod_wsgi makes them: what works, and what says what to set."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from types import SimpleNamespace

import pytest

from cognito_guard._support import threads as threads_module
from cognito_guard._support.threads import in_background, threads_run
from cognito_guard.network.connecting import Deadline, look_up

PREPARE = "import _interpreters\nfirst = _interpreters.create('legacy')\n"

FETCH = """
from cognito_guard import Guard
from cognito_guard.testing import JwksServer, LocalUserPool
pool = LocalUserPool()
with JwksServer(pool.jwks, "/") as server:
    guard = Guard(pool.trust(jwks=server.url))
    guard.prefetch(wait=60)
    assert guard.verify(pool.access_token()).username == "alice"
"""


def run(script: str) -> str:
    """Run this in a process of its own, and give what it prints."""
    if sys.version_info < (3, 13):
        pytest.skip("needs CPython 3.13, for _interpreters")
    # Coverage cannot measure what is in another interpreter, and says so.
    measured = "_interpreters" not in script
    environ = {k: v for k, v in os.environ.items() if measured or not k.startswith("COVERAGE")}
    ended = subprocess.run(
        # 3.15 warns of interpreters that are left to it at the end, as the scripts leave them.
        [sys.executable, "-W", "ignore:remaining subinterpreters:RuntimeWarning", "-c", script],
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
        env=environ,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout


def test_one_interpreter_fetches_and_verifies() -> None:
    """An app that is alone in its process is served, whichever interpreter it is in."""
    run(f"{PREPARE}assert _interpreters.exec(first, {FETCH!r}) is None")


@pytest.mark.parametrize("kind", ["legacy", "isolated"])
def test_second_one_says_what_to_set(kind: str) -> None:
    """The library below loads once in a process: the error names the setting of mod_wsgi."""
    said = run(
        f"{PREPARE}import cryptography.exceptions\n"
        f"second = _interpreters.create({kind!r})\n"
        "print(_interpreters.exec(second, 'import cognito_guard').msg)"
    )
    assert "WSGIApplicationGroup %{GLOBAL}" in said


def test_error_is_known_by_its_words() -> None:
    """What the library below says, in whichever version: the setting is named."""
    said = run(
        "import sys\n"
        "class Refuse:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'cryptography.exceptions':\n"
        "            raise ImportError('PyO3 modules do not yet support subinterpreters')\n"
        "sys.meta_path.insert(0, Refuse())\n"
        "try:\n    import cognito_guard\nexcept ImportError as error:\n    print(error)\n"
    )
    assert "WSGIApplicationGroup %{GLOBAL}" in said


def test_other_import_errors_stay_as_they_are() -> None:
    """A library that is not there is told as what it is."""
    said = run(
        "import sys\nsys.modules['cryptography.exceptions'] = None\n"
        "try:\n    import cognito_guard\nexcept ImportError as error:\n    print(error)\n"
    )
    assert "WSGIApplicationGroup" not in said
    assert "cryptography.exceptions" in said


def test_interpreter_without_daemon_threads_works_in_the_foreground(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """PEP 684 allows none there: a look-up is made by the one who needs it."""

    def refuse(**_: object) -> None:
        raise RuntimeError("daemon threads are disabled in this (sub)interpreter")

    stand_in = SimpleNamespace(Thread=refuse, Event=threading.Event)
    monkeypatch.setattr(threads_module, "threading", stand_in)
    done: list[int] = []
    in_background(lambda: done.append(1), "x")
    assert done == [1]
    assert look_up("127.0.0.1", 80, Deadline(5, 3)) == ["127.0.0.1"]


@pytest.mark.parametrize(
    ("worker", "options", "runs"),
    [
        (0, {"enable-threads": True}, False),
        (1, {"enable-threads": True}, True),
        (1, {b"enable-threads": True}, True),
        (2, {"threads": b"2"}, True),
        (1, {}, False),
        (0, {}, False),
    ],
)
def test_uwsgi_says_whether_threads_run(
    worker: int, options: dict[object, object], runs: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a worker, with threads enabled. Not in the master, which forks."""
    module = SimpleNamespace(worker_id=lambda: worker, opt=options)
    monkeypatch.setitem(sys.modules, "uwsgi", module)  # type: ignore[arg-type]
    assert threads_run() is runs
