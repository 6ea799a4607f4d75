"""Who may talk to the page, what it forbids the browser, and that nothing of it is kept."""

from __future__ import annotations

import asyncio
import logging
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from . import building, pasting
from .app import LONGEST_BODY
from .door import SECURITY_HEADERS, Door
from .presets import GOOD, PRESETS
from .routes import BALANCED_ROUTES, ROUTES

PAGE = Path(__file__).with_name("page")


class TestDoor:
    """A page on loopback is within reach of every site that the browser visits."""

    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [
            ("GET", "/", 200),
            ("GET", "/playground.js", 200),
            ("GET", "/playground.css", 200),
            ("GET", "/icon.svg", 200),
            ("GET", "/presets", 200),
            ("GET", "/judge", 405),
            ("GET", "/elsewhere", 404),
            ("POST", "/judge", 415),
            ("POST", "/", 405),
        ],
    )
    def test_security_headers(
        self, visitor: httpx.Client, method: str, path: str, status: int
    ) -> None:
        """Every answer has them, and none says what serves it."""
        answer = visitor.request(method, path)
        assert answer.status_code == status
        assert {name: answer.headers.get(name) for name in SECURITY_HEADERS} == SECURITY_HEADERS
        assert "server" not in answer.headers
        assert "set-cookie" not in answer.headers
        assert not [name for name in answer.headers if name.startswith("access-control")]

    def test_policy_lets_the_page_reach_itself_alone(self) -> None:
        """Whatever the policy does not name is forbidden; nothing may be inline."""
        policy = SECURITY_HEADERS["Content-Security-Policy"]
        rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
        assert rules.pop("img-src") == "'self' data:"
        own = {rules.pop(name) for name in ("script-src", "style-src", "connect-src")}
        assert own == {"'self'"}
        assert rules.pop("require-trusted-types-for") == "'script'"
        assert set(rules.values()) == {"'none'"}
        assert {"default-src", "form-action", "frame-ancestors", "base-uri"} <= set(rules)

    def test_answer_to_an_error_has_them(self) -> None:
        """The middleware is outside of all that can fail."""

        async def failing(scope: Scope, receive: Receive, send: Send) -> None:
            await send({"type": "http.response.start", "status": 500, "headers": []})
            await send({"type": "http.response.body", "body": b""})

        async def get() -> httpx.Response:
            transport = httpx.ASGITransport(Door(failing))
            async with httpx.AsyncClient(
                transport=transport, base_url="http://127.0.0.1:80"
            ) as client:
                return await client.get("/", headers={"Host": "127.0.0.1:80"})

        assert SECURITY_HEADERS.items() <= dict(_titled(asyncio.run(get()))).items()

    @pytest.mark.parametrize(
        "hosts",
        [
            [],
            ["rebound.example:{port}"],
            ["127.0.0.1:1"],
            ["127.0.0.1"],
            ["127.0.0.1.rebound.example:{port}"],
            ["127.0.0.1:{port}", "rebound.example"],
            ["[::1]:{port}"],
        ],
    )
    def test_other_host_is_refused(self, playground: str, hosts: list[str]) -> None:
        """A name that was made to lead to this machine (DNS rebinding) gets nothing."""
        port = urlsplit(playground).port
        lines = [f"Host: {host.format(port=port)}" for host in hosts]
        request = "\r\n".join(["GET /presets HTTP/1.1", *lines, "Connection: close", "", ""])
        with socket.create_connection(("127.0.0.1", port or 0), timeout=60) as connection:
            connection.sendall(request.encode())
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        assert answer.split()[1] in (b"400", b"403")
        assert b"good" not in answer

    def test_localhost_is_the_same_machine(self, visitor: httpx.Client) -> None:
        """The page can be opened by either name."""
        port = visitor.base_url.port
        host = f"localhost:{port}"
        headers = {"Host": host, "Origin": f"http://{host}"}
        assert visitor.post("/judge", json=dict(GOOD), headers=headers).json()["valid"] is True
        assert visitor.post("/judge", json=dict(GOOD), headers={"Host": host}).status_code == 403

    @pytest.mark.parametrize(
        "headers",
        [
            {"Origin": "https://elsewhere.example"},
            {"Origin": "null"},
            {"Origin": "http://127.0.0.1:1"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
        ],
    )
    def test_other_page_cannot_send(self, visitor: httpx.Client, headers: dict[str, str]) -> None:
        """A page of another site, or of another port of this machine, gets no verdict."""
        assert visitor.post("/judge", json=dict(GOOD), headers=headers).status_code == 403

    def test_without_an_origin_nothing_is_sent(self, playground: str) -> None:
        """Every browser names the origin of what it posts."""
        answer = httpx.post(f"{playground}/judge", json=dict(GOOD), trust_env=False, timeout=60)
        assert answer.status_code == 403

    def test_other_page_cannot_read(self, visitor: httpx.Client) -> None:
        """It cannot take in the script or the presets; a link to the page works."""
        for site in ("cross-site", "same-site"):
            headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors"}
            assert visitor.get("/playground.js", headers=headers).status_code == 403
            headers["Sec-Fetch-Mode"] = "navigate"
            assert visitor.get("/", headers=headers).status_code == 200

    def test_only_json_is_taken(self, visitor: httpx.Client) -> None:
        """Forms of other sites can send other types without being asked, but not this one."""
        for media_type in ("text/plain", "application/x-www-form-urlencoded", ""):
            answer = visitor.post("/judge", content=b"{}", headers={"Content-Type": media_type})
            assert answer.status_code == 415

    @pytest.mark.parametrize("body", [b"", b"{", b"[]", b"1", b"\xff", b"[" * 100_000, b"NaN"])
    def test_body_that_is_no_object(self, visitor: httpx.Client, body: bytes) -> None:
        """It is refused in words."""
        answer = visitor.post("/judge", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 400
        assert answer.json()["problem"] == "The request must be a JSON object."

    def test_body_is_bounded(self, visitor: httpx.Client) -> None:
        """With a length that is announced, and without one."""

        def chunks() -> Iterator[bytes]:
            for _ in range(LONGEST_BODY // 1024 + 1):
                yield b" " * 1024

        headers = {"Content-Type": "application/json"}
        for body in (b" " * (LONGEST_BODY + 1), chunks()):
            answer = visitor.post("/judge", content=body, headers=headers)
            assert answer.status_code == 413
            assert answer.json()["problem"] == "That is more than 128 KiB."

    def test_limits_of_the_fields_fit_into_the_body(self) -> None:
        """What a field takes, the request can carry."""
        assert pasting.LONGEST_TOKEN + pasting.LONGEST_JWKS < LONGEST_BODY


class TestNothingIsKept:
    """Not in a log, not on a terminal."""

    def test_log_has_nothing_of_a_request(
        self, visitor: httpx.Client, caplog: pytest.LogCaptureFixture
    ) -> None:
        """No part of a token, no user and no reason is in any line of this process."""
        with caplog.at_level(logging.INFO):
            for preset in PRESETS:
                told = visitor.post("/judge", json={**preset.fields, "username": "mallory"}).json()
                secrets = ["mallory", "Bearer", str(told["reason"])]
                secrets += [
                    part["text"]
                    for token in told["tokens"]
                    for part in token["parts"]
                    if part["text"]
                ]
                lines = "\n".join(map(logging.Formatter().format, caplog.records))
                assert not [one for one in secrets if one in lines]

    def test_program(self) -> None:
        """It prints its address, and ends with 0 at Ctrl-C, whatever was judged meanwhile."""
        with subprocess.Popen(
            [sys.executable, "-m", "example_apps.playground", "0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            try:
                lines = [process.stdout.readline() for _ in range(2)]
                origin = lines[1].split()[1]
                headers = {"Origin": origin}
                with httpx.Client(headers=headers, trust_env=False, timeout=60) as client:
                    for preset in PRESETS:
                        assert client.post(f"{origin}/judge", json=preset.fields).is_success
                    assert client.get(f"{origin}/elsewhere?token=secret").status_code == 404
            finally:
                process.send_signal(signal.SIGINT)
            more, errors = process.communicate(timeout=60)
        assert (process.returncode, more, errors) == (0, "", "")
        assert lines[0] == "Starting the example apps ...\n"
        assert lines[1] == f"Open {origin} in a browser. Ctrl-C ends this.\n"
        assert origin.startswith("http://127.0.0.1:")

    def test_port_that_is_taken(self) -> None:
        """It says so, names a way out, and ends with 1."""
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            done = subprocess.run(  # noqa: S603
                [sys.executable, "-m", "example_apps.playground", str(port)],
                capture_output=True,
                text=True,
                timeout=600,
            )
        assert (done.returncode, done.stderr) == (1, "")
        assert f"Port {port} of 127.0.0.1 cannot be used" in done.stdout
        assert f"make playground PORT={port + 1}" in done.stdout


class _Form(HTMLParser):
    """The values of the page's form, by the names of its fields, and each tag with what it has."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, list[str]] = {}
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note it."""
        given = dict(attrs)
        self.tags.append((tag, given))
        name = given.get("name") or ""
        if tag == "select":
            self._select = name
        if tag == "option" or given.get("type") == "radio":
            self.values.setdefault(name or self._select, []).append(given.get("value") or "")


@pytest.fixture(scope="module")
def form() -> _Form:
    """The page, read."""
    form = _Form()
    form.feed((PAGE / "index.html").read_text(encoding="utf-8"))
    return form


def test_form_offers_what_can_be_built(form: _Form) -> None:
    """Each choice of the page is one of the server's, and none is missing."""
    offered = {name: set(values) for name, values in form.values.items()}
    assert offered == {
        "mode": {"build", "paste"},
        "kind": set(building.KINDS),
        "issued_by": set(building.ISSUERS),
        "expires_in": set(building.LIFETIMES),
        "change": {*building.ALTERATIONS, *building.WRAPPINGS},
        "route": {*ROUTES, *BALANCED_ROUTES},
        "token_use": set(pasting.TOKEN_USES),
    }


def test_each_field_has_a_label_and_is_not_remembered(form: _Form) -> None:
    """No browser keeps what was typed, and none sends it to a spelling service."""
    labels = {given.get("for") for tag, given in form.tags if tag == "label"}
    for tag, given in form.tags:
        typed = tag == "textarea" or (tag == "input" and "type" not in given)
        if tag == "select" or typed:
            assert given.get("id") in labels
        if typed:
            assert given.get("spellcheck") == "false"
    (whole,) = [given for tag, given in form.tags if tag == "form"]
    assert whole["autocomplete"] == "off"


def test_page_has_nothing_foreign_and_nothing_inline(form: _Form) -> None:
    """Its policy would refuse it; and all that it loads stands beside it."""
    for tag, given in form.tags:
        assert tag != "style"
        assert not [name for name in given if name == "style" or name.startswith("on")]
        for name in ("src", "href", "action"):
            target = given.get(name) or ""
            assert not target or target.startswith("#") or (PAGE / target[1:]).is_file()
        if tag == "script":
            assert given.get("src")
    for path in PAGE.iterdir():
        text = path.read_text(encoding="utf-8")
        addresses = set(re.findall(r"https?://[\w.:]+", text))
        assert addresses <= {"http://www.w3.org", "http://127.0.0.1:9229"}, path.name
    script = (PAGE / "playground.js").read_text(encoding="utf-8")
    for name in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
        assert name not in script
    for name in ("localStorage", "sessionStorage", "cookie", "indexedDB", "pushState", "location"):
        assert name not in script.replace("answer.location", "").replace('"Location"', "")


def _titled(answer: httpx.Response) -> list[tuple[str, str]]:
    names = {name.lower(): name for name in SECURITY_HEADERS}
    return [(names.get(name, name), value) for name, value in answer.headers.items()]
