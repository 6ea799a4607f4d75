"""The recipes: the limits that the page names are those of the servers, and its probes are open."""

from __future__ import annotations

import http.client
import json
import os
import re
import shlex
import shutil
import sys
import sysconfig
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from cognito_guard.testing import LocalUserPool

from ..cli.running import DEADLINE
from ..emulators.process import running
from ..needs import need
from ..ports import free_port
from .tables import ROOT

PAGE = (ROOT / "docs" / "recipes.md").read_text(encoding="utf-8")

APP = """
from cognito_guard import Guard

guard = Guard.from_env()


def wsgi(environ, start_response):
    values = [value] if (value := environ.get("HTTP_AUTHORIZATION")) else []
    guard.authenticate(lambda name: values if name == "authorization" else [])
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]


async def asgi(scope, receive, send):
    if scope["type"] != "http":
        return
    value = dict(scope["headers"])[b"authorization"]
    await guard.aauthenticate(lambda name: [value] if name == "authorization" else [])
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})
"""


def command(server: str) -> list[str]:
    """The command of the page that starts a server."""
    (found,) = re.findall(rf"^```sh\n({server} .*?)\n```$", PAGE, re.MULTILINE | re.DOTALL)
    return shlex.split(found)


def token_of(pool: LocalUserPool, size: int) -> str:
    """A good token of about so many bytes."""
    short = len(pool.access_token())
    token = pool.access_token(claims={"custom:x": "x" * ((size - short) * 3 // 4)})
    assert abs(len(token) - size) < 100
    return token


@pytest.fixture(scope="module")
def pool() -> LocalUserPool:
    """A user pool."""
    return LocalUserPool()


def ask(origin: str, token: str) -> int:
    """The status of a request with this token; 0 where the server hangs up."""
    connection = http.client.HTTPConnection(urlsplit(origin).netloc, timeout=DEADLINE)
    try:
        connection.request("GET", "/", headers={"Authorization": f"Bearer {token}"})
        return connection.getresponse().status
    except (http.client.HTTPException, ConnectionError):
        return 0
    finally:
        connection.close()


@contextmanager
def served(
    command: list[str], place: Callable[[int], list[str]], folder: Path, pool: LocalUserPool
) -> Iterator[str]:
    """A server that is started by a command of the page, with one worker and a port of its own."""
    program = shutil.which(command[0], path=sysconfig.get_path("scripts"))
    need(program is not None, f"{command[0]}: pip install --group compiled")
    assert program is not None
    (folder / "app.py").write_text(APP, encoding="utf-8")
    (folder / "jwks.json").write_text(json.dumps(pool.jwks()), encoding="utf-8")
    port = free_port()
    settings = {
        "COGNITO_USER_POOL_ID": pool.user_pool_id,
        "COGNITO_CLIENT_IDS": pool.client_id,
        "COGNITO_JWKS": "jwks.json",
        "PYTHONPATH": os.pathsep.join(["", *sys.path]),
    }
    started = [program, *command[1:], *place(port)]
    with running(started, port=port, folder=folder, settings=settings):
        yield f"http://127.0.0.1:{port}"


def _bind(port: int) -> list[str]:
    return ["--bind", f"127.0.0.1:{port}"]


def _port(port: int) -> list[str]:
    return ["--port", str(port)]


SERVERS: dict[str, tuple[str, Callable[[int], list[str]], list[str], list[str]]] = {
    "gunicorn": ("gunicorn", _bind, ["app:app", "app:wsgi"], []),
    "gunicorn with gevent": ("gunicorn", _bind, ["app:app", "app:wsgi"], ["-k", "gevent"]),
    "uvicorn": ("uvicorn", _port, ["app:app", "app:asgi"], []),
    "uwsgi": (
        "uwsgi",
        lambda port: ["--http-socket", f"127.0.0.1:{port}"],
        ["app:app", "app:wsgi"],
        ["--die-on-term"],
    ),
}
LARGEST = 16_200
"""Of what is accepted by default, 16,384 bytes, to the next hundred."""


def adapted(name: str) -> tuple[list[str], Callable[[int], list[str]]]:
    """A command of the page for a server of the test: another app, one worker, another port."""
    program, place, (before, after), more = SERVERS[name]
    words = [after if word == before else word for word in command(program)]
    if ":8000" in words:
        del words[words.index(":8000") - 1 : words.index(":8000") + 1]
    for count in ("--workers", "--processes"):
        if count in words:
            words[words.index(count) + 1] = "1"
    return [*words, *more], place


@pytest.mark.parametrize("name", SERVERS)
def test_the_largest_token_arrives(name: str, tmp_path: Path, pool: LocalUserPool) -> None:
    """With the command of the page, the largest token that is accepted here gets through."""
    words, place = adapted(name)
    with served(words, place, tmp_path, pool) as origin:
        assert ask(origin, pool.access_token()) == 200
        assert ask(origin, token_of(pool, LARGEST)) == 200


LIMITS = {
    "gunicorn": ("--limit-request-field_size", 8_000, 8_400, 431),
    "gunicorn with gevent": ("--limit-request-field_size", 8_000, 8_400, 431),
    "uwsgi": ("--buffer-size", 3_500, 4_400, 0),
}


@pytest.mark.parametrize("name", LIMITS)
def test_the_limit_without_the_option(name: str, tmp_path: Path, pool: LocalUserPool) -> None:
    """Without the option of the page, tokens up to the size that the page names get through, and
    longer ones get what it says."""
    option, small, large, status = LIMITS[name]
    words, place = adapted(name)
    at = words.index(option)
    with served([*words[:at], *words[at + 2 :]], place, tmp_path, pool) as origin:
        assert ask(origin, token_of(pool, small)) == 200
        assert ask(origin, token_of(pool, large)) == status


def test_what_is_in_the_table_has_a_command() -> None:
    """Each server that the table has is started by a command, with the option of its row."""
    rows = re.findall(r"^\| (\w+)[^|]*\|[^|]*\| (?:`([^`]+)`)? *\|$", PAGE, re.MULTILINE)
    for server, option in rows:
        if server in ("gunicorn", "uvicorn", "uWSGI"):
            assert set(shlex.split(option)) <= set(command(server.lower()))


def test_probes_of_kubernetes_are_exempt() -> None:
    """The path that the manifest probes is the one that the app exempts."""
    yaml = pytest.importorskip("yaml")
    (text,) = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    (container,) = yaml.safe_load(text)["spec"]["template"]["spec"]["containers"]
    paths = {container[f"{kind}Probe"]["httpGet"]["path"] for kind in ("readiness", "liveness")}
    assert paths == {"/health"}
    assert 'exempt=["/health"]' in PAGE
