"""Processes that fork, or end, in the midst of a fetch."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cognito_guard._support import fork as _fork
from cognito_guard.keys.remote import UNKNOWN_KEY_SECONDS
from cognito_guard.network import exchange

from .material import checks, jwk
from .source import PATIENCE, Clock, Source, promptly, remote, resolve, unavailable

SCENES = Path(__file__).with_name("scenes.py")


def play(scene: str) -> None:
    """Run a scene in a process of its own, which must end well and in silence."""
    run_quietly(str(SCENES), scene)


def run_quietly(*program: str) -> None:
    """Run Python with these arguments in a process that must end well and in silence."""
    # Python warns whoever forks with threads alive. A child that only fetches keys is safe.
    quiet = "ignore:This process:DeprecationWarning"
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-W", quiet, *program],
        capture_output=True,
        text=True,
        timeout=5 * PATIENCE,
        check=False,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize(
    "scene",
    [
        "fork_during_a_fetch",
        "fork_with_the_lock_held",
        "fork_during_the_fetch_of_a_new_key",
        "fork_while_httpx_is_imported",
        "fork_while_httpcore_is_imported",
        "fork_while_idna_is_imported",
    ],
)
def test_child_works_whatever_the_parent_was_doing(scene: str) -> None:
    """A child has its keys, by a fetch of its own, and its parent's fetch is not disturbed."""
    play(scene)


# What a server does that preloads its app: it makes a guard, comes to its own imports, and forks.
# At the fork, the thread that fetches is held up before its HTTP client, which wants a logger.
_PRELOADED = """
import os, signal, sys, threading
from cognito_guard import Guard, UserPool
from cognito_guard.network import exchange

exchange._LONGEST_LOADING = 1000

class Slow:
    begun, go_on = threading.Event(), threading.Event()

    @classmethod
    def find_spec(cls, name, path, target=None):
        if name in ("httpx", "httpx2"):
            cls.begun.set()
            assert cls.go_on.wait(60)

signal.alarm(60)
sys.meta_path.insert(0, Slow)
pool = UserPool("eu-west-1_AbC123xyz", client_ids=["abc"], jwks="http://127.0.0.1:9/jwks.json")
Guard(pool).prefetch()
import logging
logging.disable()  # that nobody answers is not what this is about
assert Slow.begun.wait(60)
os.register_at_fork(before=Slow.go_on.set)
for _ in range(3):
    if not (child := os.fork()):
        logging.getLogger("of.the.child")
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_fork_takes_the_lock_of_logging_after_ours() -> None:
    """A server that imports ``logging`` after this library forks, though a fetch loads its client,
    and the client wants a logger."""
    run_quietly("-c", _PRELOADED)


# What cannot end before the fork does: it waits for a lock that somebody else's hook has taken.
_STUCK = """
import os, signal, threading
from cognito_guard.network import exchange

signal.alarm(60)
exchange._LONGEST_LOADING = 0.01
exchange.have_forks_wait()
exchange.have_forks_wait()
loading, over = threading.Event(), threading.Event()

def load():
    with exchange._loading:
        loading.set()
        assert over.wait(60)

thread = threading.Thread(target=load)
thread.start()
assert loading.wait(60)
for _ in range(2):
    if not (child := os.fork()):
        with exchange._loading:
            os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
over.set()
thread.join()
with exchange._loading:
    pass
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_fork_does_not_wait_for_ever() -> None:
    """A fork that waits for what waits for it goes on after a while, and its child works."""
    run_quietly("-c", _STUCK)


def test_child_has_a_lock_of_its_own_for_loading(monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread that loaded modules stayed behind, and so did whoever would open its lock."""
    of_the_parent = exchange._loading
    monkeypatch.setattr(exchange, "_loading", of_the_parent)  # put back after the test
    exchange._after_fork_in_child()
    assert exchange._loading is not of_the_parent


def test_child_disowns_what_it_cannot_have(source: Source, clock: Clock) -> None:
    """The lock and the fetch under way are the parent's; held keys and their age are kept."""
    keys = remote(source, clock)
    resolve(keys, "a")
    clock.now += UNKNOWN_KEY_SECONDS
    source.publish(jwk("a"), jwk("late", "b"))
    with source.held_up():
        of_the_parent = keys.key("new")
        assert source.begun.wait(PATIENCE)
        with keys._lock:
            _fork._after_fork_in_child()
            assert checks(keys.key("a"), "a")
            source.publish(jwk("a"), jwk("new", "c"))
            of_the_child = promptly(lambda: keys.key("new"))
        assert of_the_child is not of_the_parent
    assert checks(resolve(keys, "new"), "c")
    unavailable(keys, "late")  # nobody has looked for it since it was named
    assert source.calls == 3


@pytest.mark.parametrize(
    "scene",
    [
        "end_during_a_fetch",
        "end_during_a_look_up",
        "end_while_httpx_is_imported",
        "end_at_once",
        "end_after_a_request_gave_up",
        "end_during_a_request",
    ],
)
def test_process_ends_when_it_has_nothing_left_to_do(scene: str) -> None:
    """A fetch holds up no exit, and its end leaves no traceback behind."""
    play(scene)
