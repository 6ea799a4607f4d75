"""``cognito-guard dev``: what it prints is an environment file, and all of it works."""

from __future__ import annotations

import errno
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest.mock import patch

import httpx
import pytest

from cognito_guard import Guard, UserPool
from cognito_guard.login import LoginSessions, MemorySessionStore

from .running import DEADLINE, INTERRUPTIBLE, Outcome, run, start


@contextmanager
def stopping(look: Callable[[], object] = lambda: None) -> Iterator[None]:
    """Where the command would wait for Ctrl-C: ``look``, and Ctrl-C."""

    def sleep(seconds: float) -> None:
        look()
        raise KeyboardInterrupt

    with patch.object(time, "sleep", sleep):
        yield


def dev(*argv: str) -> Outcome:
    """Run it, until it waits."""
    with stopping():
        return run("dev", "--port", "0", *argv)


def settings(text: str) -> dict[str, str]:
    """What an environment file says."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def comments(text: str) -> list[str]:
    """All the rest."""
    return [line[1:].strip() for line in text.splitlines() if line.startswith("#")]


def test_first_lines_are_settings() -> None:
    """One name a line, and every other line is a comment."""
    outcome = dev()
    assert (outcome.status, outcome.err) == (0, "")
    lines = outcome.out.splitlines()
    first_comment = next(i for i, line in enumerate(lines) if line.startswith("#"))
    assert all(re.fullmatch(r"COGNITO_[A-Z_]+=\S+", line) for line in lines[:first_comment])
    assert all(line.startswith("#") for line in lines[first_comment:])
    assert lines[0] == "COGNITO_USER_POOL_ID=eu-west-1_LocalPool"
    assert any("listens on 127.0.0.1 only" in line for line in comments(outcome.out))


def test_process() -> None:
    """Its settings, its tokens and its sign-in address work, and Ctrl-C ends it with status 0."""
    with start("dev", "--port", "0", "--user", "bob:admins", program=INTERRUPTIBLE) as process:
        assert process.stdout is not None
        text = ""
        while "Access token of the machine" not in text:
            text += process.stdout.readline().decode()
        text += process.stdout.readline().decode()
        environ, said = settings(text), comments(text)
        guard = Guard.from_env(environ)
        access = guard.verify(said[said.index("Access token of bob, for an hour:") + 1])
        assert (access.username, access.groups) == ("bob", ("admins",))
        assert guard.verify(said[said.index("Access token of the machine:") + 1]).is_machine
        pool = UserPool(
            environ["COGNITO_USER_POOL_ID"],
            client_ids=[environ["COGNITO_LOGIN_CLIENT_ID"]],
            issuer=environ["COGNITO_ISSUER"],
            token_use="id",
        )
        token = said[said.index("ID token of bob:") + 1]
        assert Guard(pool).verify(token).username == "bob"
        LoginSessions.from_env(environ, guard=guard, store=MemorySessionStore())
        address = next(line for line in said if line.startswith("Sign in: "))[9:]
        with httpx.Client(trust_env=False, timeout=60, follow_redirects=True) as client:
            assert 'value="bob"' in client.get(address).text
        process.send_signal(signal.SIGINT)
        assert process.wait(DEADLINE) == 0


def test_who_and_where_to() -> None:
    """Users with groups, callback URLs; the first of each is in the examples."""
    outcome = dev(
        *("--user", "ada:admins,editors", "--user", "bob"),
        *("--callback", "http://127.0.0.1:5000/auth/callback", "--callback", "https://a.example/"),
    )
    said = comments(outcome.out)
    assert "Users: ada (admins, editors); bob" in said
    assert any(line.startswith("Open your app at 127.0.0.1:5000, and by no other") for line in said)
    assert "Access token of ada, for an hour:" in said
    environ = settings(outcome.out)
    assert environ["COGNITO_LOGIN_REDIRECT_URI"] == "http://127.0.0.1:5000/auth/callback"
    assert environ["COGNITO_LOGIN_LOGOUT_URI"] == "http://127.0.0.1:5000/"


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--port", "65536"], "--port: must be a number from 0"),
        (["--port", "-1"], "--port"),
        (["--port", "x"], "--port: must be a number from 0"),
        (["--user", ""], "--user: must be a name"),
        (["--user", ":admins"], "--user: must be a name"),
        (["--user", "ada:"], "--user: must be a name"),
        (["--user", "ada:a,,b"], "--user: must be a name"),
        (["--user", "a\nb"], "--user: must be a name"),
        (["--callback", "http://app.example/"], "--callback: a callback"),
        (["--callback", "/callback"], "--callback: a callback"),
        (["ada"], "unrecognized arguments: ada"),
    ],
)
def test_usage(argv: list[str], said: str) -> None:
    """Every misuse is status 2 and one line on standard error."""
    outcome = run("dev", *argv)
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err.count("\n") == 1
    assert said in outcome.err


def test_port_that_is_taken() -> None:
    """It is named, and so is the way out."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        outcome = run("dev", "--port", str(port))
    assert outcome.status == 2
    assert outcome.err == (
        f"cognito-guard: --port {port}: {os.strerror(errno.EADDRINUSE)}; stop what listens there, "
        "or pass another port (0 takes a free one)\n"
    )


def test_port_that_may_not_be_taken() -> None:
    """Nothing listens there, so there is nothing to stop."""
    denied = PermissionError(errno.EACCES, "Permission denied")
    with patch("cognito_guard.testing.LocalUserPool.listen", side_effect=denied):
        outcome = run("dev", "--port", "80")
    assert outcome.status == 2
    assert outcome.err == (
        "cognito-guard: --port 80: Permission denied; pass another port (0 takes a free one)\n"
    )


@pytest.mark.parametrize("missing", ["jwt", "h11"])
def test_without_the_extra(missing: str) -> None:
    """What is missing is named, with how to get it."""
    kit = [name for name in sys.modules if name.startswith("cognito_guard.testing")]
    gone = [name for name in sys.modules if name.partition(".")[0] == missing]
    with patch.dict(sys.modules):
        for name in (*kit, *gone):
            del sys.modules[name]
        sys.modules[missing] = None  # type: ignore[assignment]
        outcome = run("dev")
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err == (
        "cognito-guard: dev needs the extra testing of cognito-guard: install that, or "
        f"PyJWT[crypto] and h11 ({missing} is missing)\n"
    )


def test_reader_that_leaves() -> None:
    """As with `head`: it ends, rather than serve for nobody."""
    with start("dev", "--port", "0", stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.wait(DEADLINE) == 141
