"""The command as a process: how it is started, what it loads, how it is interrupted."""

from __future__ import annotations

import json
import signal
import socket
import sys
import sysconfig
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from cognito_guard.cli import main
from cognito_guard.testing import LocalUserPool

from .running import DEADLINE, INTERRUPTIBLE, run_process, start

Trust = tuple[str, ...]


def test_entry_point() -> None:
    """Installing the package installs the command, which is ``main``."""
    (point,) = entry_points(group="console_scripts", name="cognito-guard")
    assert point.load() is main


def test_script(trust: Trust, pool: LocalUserPool) -> None:
    """The installed script hands its exit status to the shell."""
    script = Path(sysconfig.get_path("scripts")) / "cognito-guard"
    for token, status in ((pool.access_token(), 0), ("junk", 1)):
        assert run_process(*trust, token, program=[str(script)]).status == status


# Prints what a run of the command has loaded.
_LOADED = """
import json, sys
before = set(sys.modules)  # whoever measures coverage has loaded something already
from cognito_guard.cli import main
status = main(sys.argv[1:])
print(json.dumps([status, sorted(set(sys.modules) - before)]))
"""


@pytest.mark.parametrize(
    "command",
    [
        pytest.param("verify", id="verify"),
        pytest.param("inspect", id="inspect"),
        pytest.param("jwks", id="jwks"),
    ],
)
def test_what_it_loads(trust: Trust, pool: LocalUserPool, command: str) -> None:
    """Where nothing is fetched, nothing is loaded that only fetching or the other commands need."""
    token = pool.access_token()
    _, *options = trust
    argv = {
        "verify": [*trust, token],
        "inspect": ["inspect", token],
        "jwks": ["jwks", *options[:2], *options[-2:]],
    }[command]
    outcome = run_process(*argv, program=[sys.executable, "-c", _LOADED])
    status, loaded = json.loads(outcome.out.splitlines()[-1])
    assert status == 0
    # The last two are what argparse lays out a page of help with.
    costly = {"asyncio", "httpx", "jwt", "logging", "inspect", "dataclasses", "shutil"}
    assert not costly & set(loaded)
    rooms = {"verify": "verify", "inspect": "inspection", "jwks": "key_set"}
    rooms |= {"dev": "dev", "token": "token"}
    others = {f"cognito_guard.cli.{room}" for name, room in rooms.items() if name != command}
    assert not others & set(loaded)


def test_interrupted_while_reading(trust: Trust) -> None:
    """Ctrl-C while the command waits for input is status 130, without a word."""
    with start(*trust, "-", program=INTERRUPTIBLE) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        process.stdin.write(b"junk\n")
        process.stdin.flush()
        for _ in range(4):  # the verdict, and why; from here on it waits for more
            process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(DEADLINE) == 130
        assert process.stdout.read() == b""
        assert process.stderr.read() == b""


@pytest.mark.parametrize("command", ["verify", "jwks"])
def test_interrupted_while_fetching(pool: LocalUserPool, command: str) -> None:
    """Ctrl-C while keys are fetched is status 130 at once, without a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}/jwks.json"
        argv = [command, "--user-pool-id", pool.user_pool_id, "--jwks", address]
        if command == "verify":
            argv += ["--client-id", pool.client_id, pool.access_token()]
        with start(*argv, program=INTERRUPTIBLE) as process:
            assert process.stdout
            assert process.stderr
            server.settimeout(DEADLINE)
            connection, _ = server.accept()
            with connection:  # from here on it waits for an answer that never comes
                process.send_signal(signal.SIGINT)
                assert process.wait(DEADLINE) == 130
                assert process.stdout.read() == b""
                assert process.stderr.read() == b""
