"""``cognito-guard token`` against a local pool: a token alone, or why there is none."""

from __future__ import annotations

import json
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from cognito_guard import Guard
from cognito_guard.network.post import Answer, post_form
from cognito_guard.testing import Fault, LocalClient, LocalUserPool, PoolServer, TokenFault

from ..leaks import holds_token
from ..ports import free_port
from ..testing_kit.proxy.browser import Browser
from .running import ENVIRONMENT, Outcome, run, run_process

SECRET = "5ecret" * 4


@pytest.fixture(scope="module")
def port() -> int:
    """Where browsers come back to."""
    return free_port()


@pytest.fixture(scope="module")
def server(pool: LocalUserPool, port: int) -> Iterator[PoolServer]:
    """A pool with a public and a confidential client."""
    urls = [f"http://localhost:{port}/callback"]
    scopes = ["openid", "email", "orders/read", "aws.cognito.signin.user.admin"]
    with pool.listen(
        LocalClient("cli", callback_urls=urls, scopes=scopes),
        LocalClient("shop", SECRET, callback_urls=urls),
    ) as server:
        yield server


Visit = Callable[[Browser, str], object]


def sign_in(browser: Browser, address: str) -> None:
    """What somebody does who sees the page."""
    page = browser.get(urlsplit(address)._replace(path="/login").geturl())
    back = browser.choose(page, "alice").headers["Location"]
    answer = browser.get(back)
    assert answer.status_code == 200, answer.text
    assert "close this page" in answer.text
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def token(server: PoolServer, port: int, *argv: str, visit: Visit = sign_in) -> Outcome:
    """Run the command, with somebody who does ``visit`` when the browser opens."""
    problems: list[BaseException] = []
    threads: list[threading.Thread] = []

    def browse(address: str) -> None:
        try:
            with Browser() as browser:
                visit(browser, address)
        except BaseException as error:  # noqa: BLE001
            problems.append(error)

    def open_browser(address: str) -> bool:
        threads.append(threading.Thread(target=browse, args=(address,)))
        threads[0].start()
        return True

    known = ("--user-pool-id", "eu-west-1_LocalPool", "--issuer", server.issuer)
    with patch.object(webbrowser, "open", open_browser):
        outcome = run("token", *known, "--client-id", "cli", "--port", str(port), *argv)
    for thread in threads:
        thread.join()
    assert problems == []
    return outcome


def test_by_browser(server: PoolServer, port: int) -> None:
    """The access token, a line end, and nothing else on standard output."""
    outcome = token(server, port, "--scope", "orders/read")
    assert outcome.status == 0, outcome.err
    assert outcome.out.count("\n") == 1
    identity = Guard(server.trust()).verify(outcome.out.strip())
    assert (identity.username, identity.client_id) == ("alice", "cli")
    assert identity.scopes == ("openid", "orders/read")
    assert "/oauth2/authorize?" in outcome.err
    assert outcome.out.strip() not in outcome.err


def test_what_it_asks_for(server: PoolServer, port: int) -> None:
    """PKCE, a state and a nonce, each another one every time."""
    asked = []

    def visit(browser: Browser, address: str) -> None:
        asked.append(parse_qs(urlsplit(address).query))
        sign_in(browser, address)

    for _ in range(2):
        assert token(server, port, visit=visit).status == 0
    for fields in asked:
        assert fields["code_challenge_method"] == ["S256"]
        assert fields["redirect_uri"] == [f"http://localhost:{port}/callback"]
    for name in ("state", "nonce", "code_challenge"):
        assert asked[0][name] != asked[1][name]


def test_confidential(server: PoolServer, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The secret comes from the environment, never from an argument."""
    outcome = token(server, port, "--client-id", "shop")
    assert outcome.status == 1
    monkeypatch.setenv("COGNITO_LOGIN_CLIENT_SECRET", SECRET)
    outcome = token(server, port, "--client-id", "shop")
    assert outcome.status == 0
    assert SECRET not in outcome.err


def test_forged_callbacks(server: PoolServer, port: int) -> None:
    """What others send there is refused, and the right one is still waited for."""

    def visit(browser: Browser, address: str) -> None:
        here = f"http://127.0.0.1:{port}"
        for query in ("", "code=forged", "code=forged&state=forged", "state=%FF", "state=\xe4"):
            assert browser.get(f"{here}/callback?{query}").status_code == 400
        assert browser.get(f"{here}/favicon.ico").status_code == 404
        assert browser.post(f"{here}/callback").status_code == 501
        with socket.create_connection(("127.0.0.1", port)) as silent:
            silent.sendall(b"GET ")
            sign_in(browser, address)

    assert token(server, port, visit=visit).status == 0


def test_twice(server: PoolServer, port: int) -> None:
    """A page that is loaded anew changes nothing."""

    def visit(browser: Browser, address: str) -> None:
        state = parse_qs(urlsplit(address).query)["state"][0]
        query = f"error=access_denied&state={state}"
        with Browser() as other:
            for one in (browser, other):
                with suppress(httpx.TransportError):  # it listens no more
                    one.get(f"http://127.0.0.1:{port}/callback?{query}")

    outcome = token(server, port, visit=visit)
    assert outcome.status == 1
    assert outcome.err.splitlines()[-1].startswith("cognito-guard: refused: ")


@pytest.mark.parametrize(
    ("status", "fault"),
    [
        (1, TokenFault.BAD_REQUEST),
        (1, TokenFault.UNAUTHORIZED),
        (3, TokenFault.TOO_MANY_REQUESTS),
        (1, TokenFault.OTHER_CLIENT),
        (1, TokenFault.OTHER_POOL),
        (1, TokenFault.OTHER_NONCE),
        (1, TokenFault.OTHER_USER),
        (3, TokenFault.NO_ID_TOKEN),
        (3, Fault.SERVER_ERROR),
        (3, Fault.HTML),
        (3, Fault.HALF_BODY),
        (3, Fault.HANG_UP),
        (3, Fault.EMPTY_BODY),
    ],
)
def test_faults(server: PoolServer, port: int, status: int, fault: Any) -> None:
    """No token is printed that is not of this sign-in, and none that did not arrive whole."""
    with server.failing(fault, at="token"):
        outcome = token(server, port)
    assert (outcome.status, outcome.out) == (status, "")
    assert not holds_token(outcome.err)


def test_access_token_alone_is_wrong(server: PoolServer, port: int) -> None:
    """A good ID token speaks for itself, not for what came beside it."""

    def swapped(url: str, fields: Any, *, authorization: str | None) -> Answer:
        answer = post_form(url, fields, authorization=authorization)
        tokens = json.loads(answer.body)
        tokens["access_token"] = tokens["id_token"]
        return Answer(200, answer.media_type, json.dumps(tokens).encode())

    with patch("cognito_guard.cli.token.post_form", swapped):
        outcome = token(server, port)
    assert (outcome.status, outcome.out) == (1, "")


def test_keys_that_cannot_be_had(server: PoolServer, port: int) -> None:
    """An unverified token is not printed."""
    with server.failing(Fault.SERVER_ERROR, at="jwks"):
        outcome = token(server, port)
    assert (outcome.status, outcome.out) == (3, "")


def test_nobody_comes(server: PoolServer, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not wait for ever."""
    monkeypatch.setattr("cognito_guard.cli.callback._PATIENCE_SECONDS", 0.01)
    outcome = token(server, port, visit=lambda browser, address: None)
    assert (outcome.status, outcome.out) == (1, "")
    assert "the browser did not come back" in outcome.err


def test_no_browser(server: PoolServer, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the option, and where there is none, the address is said and nothing more."""
    monkeypatch.setattr("cognito_guard.cli.callback._PATIENCE_SECONDS", 0.01)

    def never(browser: Browser, address: str) -> None:
        raise AssertionError("a browser was opened")

    assert token(server, port, "--no-browser", visit=never).status == 1
    with patch.object(webbrowser, "open", side_effect=webbrowser.Error):
        known = ("--user-pool-id", "eu-west-1_LocalPool", "--issuer", server.issuer)
        outcome = run("token", *known, "--client-id", "cli", "--port", str(port))
    assert f"sign in with a browser: {server.domain}/oauth2/authorize?" in outcome.err


def test_port_that_is_taken(server: PoolServer) -> None:
    """It is named, before any browser opens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        outcome = token(server, taken.getsockname()[1])
    assert outcome.status == 2
    assert "the browser could not come back" in outcome.err


POOL = ("--user-pool-id", "eu-west-1_AbC123xyz")


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        ([*POOL], "required: --client-id"),
        (["--client-id", "cli"], "required: --user-pool-id"),
        ([*POOL, "--client-id", "cli"], "--domain is needed"),
        ([*POOL, "--client-id", "cli", "--domain", "http://a.example"], "domain must be https"),
        ([*POOL, "--client-id", "a b"], "--client-id"),
        ([*POOL, "--client-id", "cli", "--port", "x"], "--port: must be"),
        ([*POOL, "--client-id", "cli", "--port", "0"], "--port: must be a number from 1 to"),
        ([*POOL, "--client-id", "cli", "--username", "\udcff"], "--username must be a text"),
        (
            [*POOL, "--client-id", "cli", "--domain", "https://a.example", "--scope", "a b"],
            "scopes must be",
        ),
    ],
)
def test_usage(argv: list[str], said: str) -> None:
    """Every misuse is status 2, one line on standard error, and nothing on standard output."""
    outcome = run("token", *argv)
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err.count("\n") == 1
    assert said in outcome.err


@pytest.mark.parametrize("by", ["--domain=https://a.example", "--username=alice"])
@pytest.mark.parametrize("secret", ["5ecr\udcff", "5ecr\xe9", "5ecr\n"])
def test_secret_that_is_none(by: str, secret: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is usage, whichever way the token is to come, and no part of it is shown."""
    monkeypatch.setenv("COGNITO_LOGIN_CLIENT_SECRET", secret)
    outcome = run("token", *POOL, "--client-id", "cli", by)
    assert (outcome.status, outcome.out) == (2, "")
    said = "COGNITO_LOGIN_CLIENT_SECRET must be printable ASCII, or left out"
    assert outcome.err == f"cognito-guard: {said}\n"


# With a password.


def with_password(
    server: PoolServer, password: str | BaseException, *argv: str, username: str = "alice"
) -> Outcome:
    """Run the command, with somebody who types a password."""
    known = ("--user-pool-id", "eu-west-1_LocalPool", "--issuer", server.issuer)
    typed = patch("cognito_guard.cli.password.getpass", side_effect=[password])
    with typed as asked:
        outcome = run("token", *known, "--client-id", "cli", "--username", username, *argv)
    asked.assert_called_once_with(f"Password of {username}: ")
    return outcome


def test_by_password(server: PoolServer) -> None:
    """The same, without a browser."""
    outcome = with_password(server, "Local-Pass-1")
    assert (outcome.status, outcome.err) == (0, "")
    assert Guard(server.trust()).verify(outcome.out.strip()).username == "alice"


def test_by_password_with_a_secret(server: PoolServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hash of the secret goes along."""
    assert with_password(server, "Local-Pass-1", "--client-id", "shop").status == 1
    monkeypatch.setenv("COGNITO_LOGIN_CLIENT_SECRET", SECRET)
    assert with_password(server, "Local-Pass-1", "--client-id", "shop").status == 0


@pytest.mark.parametrize(
    ("status", "said", "password", "username"),
    [
        (1, "refused: the user pool answers NotAuthorizedException", "wrong-password", "alice"),
        (1, "refused: the user pool answers NotAuthorizedException", "Local-Pass-1", "nobody"),
        (2, "no terminal", EOFError(), "alice"),
        (2, "no terminal", AttributeError(), "alice"),
        (130, "", KeyboardInterrupt(), "alice"),
    ],
)
def test_password_that_is_refused(
    server: PoolServer, status: int, said: str, password: str | BaseException, username: str
) -> None:
    """Why there is no token, and never the password."""
    outcome = with_password(server, password, username=username)
    assert (outcome.status, outcome.out) == (status, "")
    assert said in outcome.err
    assert str(password) not in outcome.err or not str(password)


@pytest.mark.parametrize(
    ("status", "said", "answer"),
    [
        (1, "(NEW_PASSWORD_REQUIRED); use the browser", {"ChallengeName": "NEW_PASSWORD_REQUIRED"}),
        (
            1,
            "answers PasswordResetRequiredException",
            {"__type": "a#PasswordResetRequiredException"},
        ),
        (1, "returned no token", {"__type": "<b>"}),
        (1, "returned no token", {"ChallengeName": 1, "__type": None}),
        (1, "returned no token", {"AuthenticationResult": {"AccessToken": 1}}),
        (1, "malformed_token", {"AuthenticationResult": {"AccessToken": "junk"}}),
        (3, "status 200; this is not an answer", []),
        (3, "status 200; this is not an answer", None),
    ],
)
def test_other_answers(server: PoolServer, status: int, said: str, answer: object) -> None:
    """What the local pool never says: challenges, and what is no answer."""
    body = b"<html>" if answer is None else json.dumps(answer).encode()
    with patch("cognito_guard.cli.password.call", return_value=Answer(200, "", body)):
        outcome = with_password(server, "Local-Pass-1")
    assert (outcome.status, outcome.out) == (status, "")
    assert said in outcome.err


def test_id_token_in_its_place(server: PoolServer) -> None:
    """What is printed is an access token."""
    result = {"AccessToken": server.id_token(client_id="cli")}
    body = json.dumps({"AuthenticationResult": result}).encode()
    with patch("cognito_guard.cli.password.call", return_value=Answer(200, "", body)):
        assert with_password(server, "Local-Pass-1").status == 1


def test_api_that_fails(server: PoolServer) -> None:
    """Nobody can say whether the password was good."""
    for fault in (Fault.SERVER_ERROR, Fault.HANG_UP, Fault.HTML):
        with server.failing(fault, at="api"):
            outcome = with_password(server, "Local-Pass-1")
        assert (outcome.status, outcome.out) == (3, ""), fault
        assert "no answer" in outcome.err


_BROWSER = """
import re, sys, urllib.parse, httpx
address = urllib.parse.urlsplit(sys.argv[1])._replace(path="/login").geturl()
with httpx.Client(trust_env=False, timeout=60) as client:
    page = client.get(address)
    nonce = re.search('name="nonce" value="([^"]*)"', page.text)[1]
    answer = client.post(address, data={"nonce": nonce, "username": "alice"})
    client.get(answer.headers["Location"])
"""


def test_process(server: PoolServer, port: int, tmp_path: Path) -> None:
    """As a shell runs it, with a browser of its own."""
    script = tmp_path / "browser.py"
    script.write_text(_BROWSER, encoding="utf-8")
    outcome = run_process(
        *("token", "--user-pool-id", "eu-west-1_LocalPool", "--issuer", server.issuer),
        *("--client-id", "cli", "--port", str(port)),
        env={**ENVIRONMENT, "BROWSER": f"{sys.executable} {script} %s &"},
    )
    assert outcome.status == 0, outcome.err
    assert Guard(server.trust()).verify(outcome.out.strip()).username == "alice"
