"""Processes that fork, or end, in the midst of a fetch."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cognito_guard import _fork
from cognito_guard.keys import UNKNOWN_KEY_SECONDS

from .material import checks, jwk
from .source import PATIENCE, Clock, Source, promptly, remote, resolve, unknown

SCENES = Path(__file__).with_name("scenes.py")


def play(scene: str) -> None:
    """Run a scene in a process of its own, which must end well and in silence."""
    # Python warns whoever forks with threads alive. A child that only fetches keys is safe.
    quiet = "ignore:This process:DeprecationWarning"
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-W", quiet, str(SCENES), scene],
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
        "fork_while_anyio_is_imported",
    ],
)
def test_child_works_whatever_the_parent_was_doing(scene: str) -> None:
    """A child has its keys, by a fetch of its own, and its parent's fetch is not disturbed."""
    play(scene)


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
    unknown(keys, "late")
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
