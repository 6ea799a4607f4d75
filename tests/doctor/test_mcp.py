"""``doctor --mcp``: what clients of an MCP server ask, of one of ours and of wrong ones."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from cognito_guard import Guard
from cognito_guard.doctor.mcp import _may_ask, check_mcp
from cognito_guard.doctor.mcp_client import check_client
from cognito_guard.testing import LocalClient, LocalUserPool
from cognito_guard_asgi import CognitoMiddleware
from example_apps.serving import bound, serve

from ..cli.running import run, run_process

WELL_KNOWN = "/.well-known/oauth-protected-resource"
Answers = Mapping[str, tuple[int, dict[str, str], Any]]


@contextmanager
def answering(answers: Any) -> Iterator[str]:
    """A server with these answers by path, in which ``ORIGIN`` stands for its own."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def do_GET(self) -> None:
            status, headers, body = answers.get(self.path.partition("?")[0], (404, {}, ""))
            text = body if isinstance(body, str) else json.dumps(body)
            raw = text.replace("ORIGIN", origin).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value.replace("ORIGIN", origin))
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        origin = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield origin
        finally:
            server.shutdown()
            thread.join()


def ids(origin: str, path: str = "/mcp") -> dict[str, str]:
    """What is found, in short."""
    found = list(check_mcp(f"{origin}{path}"))
    for one in found:
        assert one.what.endswith(".")
        assert bool(one.why) == (one.level != "ok")
    return {one.id: one.level for one in found}


CHALLENGE = {"WWW-Authenticate": f'Bearer resource_metadata="ORIGIN{WELL_KNOWN}/mcp"'}
METADATA = {
    "resource": "ORIGIN/mcp",
    "authorization_servers": ["ORIGIN/pool"],
    "scopes_supported": ["openid"],
}
DOCUMENT = {
    "issuer": "ORIGIN/pool",
    "code_challenge_methods_supported": ["S256"],
    "registration_endpoint": "ORIGIN/oauth2/register",
}
GOOD: dict[str, tuple[int, dict[str, str], Any]] = {
    "/mcp": (401, CHALLENGE, ""),
    f"{WELL_KNOWN}/mcp": (200, {}, METADATA),
    "/pool/.well-known/openid-configuration": (200, {}, DOCUMENT),
}
ALL_GOOD = ["mcp-challenge", "mcp-resource", "mcp-scopes", "mcp-discovery", "mcp-registration"]


def metadata(**changes: Any) -> Any:
    """Answers with other metadata; ``None`` leaves a member out."""
    changed = {name: value for name, value in {**METADATA, **changes}.items() if value is not None}
    return {**GOOD, f"{WELL_KNOWN}/mcp": (200, {}, changed)}


def document(**changes: Any) -> Any:
    """Answers with another discovery document."""
    changed = {name: value for name, value in {**DOCUMENT, **changes}.items() if value is not None}
    return {**GOOD, "/pool/.well-known/openid-configuration": (200, {}, changed)}


def first(status: int, **headers: str) -> Any:
    """Answers with another one to the first request."""
    return {**GOOD, "/mcp": (status, headers, "")}


def test_a_server_of_ours(pool: LocalUserPool) -> None:
    """Nothing is wrong with a guard that has a resource and a pool that lets clients register."""
    with pool.listen(registration_scopes=["openid"]) as server, bound() as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/mcp"
        guard = Guard(server.trust(), resource=url)
        with serve(CognitoMiddleware(None, guard=guard), listener, lifespan="off"):  # type: ignore[arg-type]
            found = list(check_mcp(url))
    assert [one.id for one in found] == ALL_GOOD
    assert {one.level for one in found} == {"ok"}


CASES: dict[str, tuple[Any, dict[str, str]]] = {
    "good": (GOOD, {}),
    "open": (first(200), {"mcp-open": "error"}),
    "a redirect": (first(307, Location="ORIGIN/mcp/"), {"mcp-redirect": "error"}),
    "not there": (first(404), {"mcp-no-challenge": "error"}),
    "down": (first(503), {"mcp-no-challenge": "error"}),
    "no name": (first(401), {"mcp-metadata-unnamed": "warning"}),
    "a name within another": (
        first(401, **{"WWW-Authenticate": 'Bearer x_resource_metadata="ORIGIN/other"'}),
        {"mcp-metadata-unnamed": "warning"},
    ),
    "a name that is no address": (
        first(401, **{"WWW-Authenticate": 'Bearer resource_metadata="file:///etc/passwd"'}),
        {"mcp-address-wrong": "error"},
    ),
    "no metadata": (
        {**GOOD, f"{WELL_KNOWN}/mcp": (404, {}, "")},
        {"mcp-metadata-absent": "error"},
    ),
    "metadata that is none": (
        {**GOOD, f"{WELL_KNOWN}/mcp": (200, {}, "<html>")},
        {"mcp-metadata-absent": "error"},
    ),
    "a list": ({**GOOD, f"{WELL_KNOWN}/mcp": (200, {}, [])}, {"mcp-metadata-absent": "error"}),
    "deep": (
        {**GOOD, f"{WELL_KNOWN}/mcp": (200, {}, "[" * 100_000)},
        {"mcp-metadata-absent": "error"},
    ),
    "a slash": (metadata(resource="ORIGIN/mcp/"), {"mcp-resource-other": "error"}),
    "another resource": (metadata(resource="ORIGIN/other"), {"mcp-resource-other": "error"}),
    "no resource": (metadata(resource=None), {"mcp-resource-other": "error"}),
    "no issuer": (metadata(authorization_servers=[]), {"mcp-no-issuer": "error"}),
    "an issuer of another type": (
        metadata(authorization_servers=[1]),
        {"mcp-no-issuer": "error"},
    ),
    "an issuer that is no address": (
        metadata(authorization_servers=["http://pool.example"]),
        {"mcp-address-wrong": "error"},
    ),
    "no scopes": (metadata(scopes_supported=None), {"mcp-no-scopes": "error"}),
    "an empty list of scopes": (metadata(scopes_supported=[]), {"mcp-no-scopes": "error"}),
    "offline_access": (
        metadata(scopes_supported=["openid", "offline_access"]),
        {"mcp-offline-access": "error"},
    ),
    "many scopes": (metadata(scopes_supported=["openid"] * 1000), {}),
    "no document": (
        metadata(authorization_servers=["ORIGIN/nothing"]),
        {"mcp-discovery-absent": "error"},
    ),
    "another issuer": (document(issuer="ORIGIN/updated"), {"mcp-issuer-other": "error"}),
    "no PKCE": (document(code_challenge_methods_supported=None), {"mcp-no-pkce": "warning"}),
    "plain PKCE": (
        document(code_challenge_methods_supported=["plain"]),
        {"mcp-no-pkce": "warning"},
    ),
    "no registration": (
        document(registration_endpoint=None),
        {"mcp-no-registration": "info"},
    ),
    "registration at no address": (
        document(registration_endpoint=True),
        {"mcp-no-registration": "info"},
    ),
    "by a document": (
        document(registration_endpoint=None, client_id_metadata_document_supported=True),
        {},
    ),
}


@pytest.mark.parametrize("what", CASES)
def test_what_is_wrong(what: str) -> None:
    """Each mistake is found, and named once."""
    answers, wrong = CASES[what]
    with answering(answers) as origin:
        found = ids(origin)
    assert {name: level for name, level in found.items() if level != "ok"} == wrong


@pytest.mark.parametrize(
    ("other", "url", "asked"),
    [
        ("https://pool.example/p", "https://mcp.example", True),
        ("http://127.0.0.1:8080/p", "http://localhost:8000", True),
        ("http://127.0.0.1:8080/p", "https://mcp.example", False),
        ("http://169.254.169.254/latest", "http://localhost:8000", False),
        ("file:///etc/passwd", "http://localhost:8000", False),
        ("https://user@pool.example", "https://mcp.example", False),
        ("", "https://mcp.example", False),
    ],
)
def test_where_an_answer_leads(other: str, url: str, asked: bool) -> None:
    """A server elsewhere has nothing asked on this machine, or on its network."""
    assert _may_ask(other, url) == asked


CLIENT = LocalClient(
    "made", callback_urls=["http://localhost:3030/callback"], scopes=["openid", "orders/read"]
)


@pytest.mark.parametrize(
    ("client_id", "callback", "scopes", "found"),
    [
        ("made", CLIENT.callback_urls[0], ["openid"], "mcp-client"),
        ("made", f"{CLIENT.callback_urls[0]}/", ["openid"], "mcp-client-unknown"),
        ("unknown", CLIENT.callback_urls[0], ["openid"], "mcp-client-unknown"),
        ("made", CLIENT.callback_urls[0], ["openid", "orders/write"], "mcp-client-scopes"),
        ("made", CLIENT.callback_urls[0], ["email"], "mcp-client-scopes"),
    ],
)
def test_a_client_made_by_hand(
    pool: LocalUserPool, client_id: str, callback: str, scopes: list[str], found: str
) -> None:
    """Its id, its callback and its scopes are held against a real authorize endpoint."""
    with pool.listen(CLIENT) as server, bound() as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/mcp"
        guard = Guard(server.trust(), resource=url, resource_scopes=scopes)
        with serve(CognitoMiddleware(None, guard=guard), listener, lifespan="off"):  # type: ignore[arg-type]
            last = list(check_mcp(url, (client_id, callback)))[-1]
        assert server.requests["authorize"] == 1
    assert (last.id, last.level) == (found, "ok" if found == "mcp-client" else "error")


def test_an_endpoint_that_refuses() -> None:
    """Its error is told; and an endpoint is only asked where clients would."""
    back = {"Location": f"{CLIENT.callback_urls[0]}?error=invalid_target&state=x"}
    client = (CLIENT.client_id, CLIENT.callback_urls[0])
    with bound() as closed:
        nowhere = f"http://127.0.0.1:{closed.getsockname()[1]}/authorize"
        for endpoint, found in (
            ("ORIGIN/authorize?tenant=a", "mcp-client-refused"),
            ("http://pool.example/authorize", "mcp-address-wrong"),
            (nowhere, "mcp-unreachable"),
            (None, "mcp-discovery"),
        ):
            answers = document(authorization_endpoint=endpoint)
            with answering({**answers, "/authorize": (302, back, "")}) as origin:
                assert list(check_mcp(f"{origin}/mcp", client))[-1].id == found


@pytest.mark.parametrize("scopes", [5, True, "openid", {"openid": 1}, [["openid"]]], ids=repr)
def test_scopes_that_are_none(scopes: Any) -> None:
    """What is no list of texts is asked for nowhere, and breaks nothing."""
    answers = metadata(scopes_supported=scopes)
    known = {**DOCUMENT, "authorization_endpoint": "ORIGIN/authorize"}
    answers["/pool/.well-known/openid-configuration"] = (200, {}, known)
    with answering(answers) as origin:
        found = list(check_mcp(f"{origin}/mcp", (CLIENT.client_id, CLIENT.callback_urls[0])))
    assert found[-1].id == "mcp-client-unknown"
    assert "mcp-scopes" not in {one.id for one in found if one.level == "ok"}


@pytest.mark.parametrize(
    ("location", "found"),
    [
        ("https://pool.example/login?error=x", "mcp-client"),
        ("http://localhost:3030/callback?code=x", "mcp-client"),
        ("http://localhost:3030/callback?error=access_denied", "mcp-client-refused"),
        ("http://[?error=x", "mcp-client"),
        ("", "mcp-client-unknown"),
    ],
)
def test_where_the_endpoint_leads(location: str, found: str) -> None:
    """Only what the client's own callback is told counts."""
    (one,) = check_client("made", "http://localhost:3030/callback", 302, location)
    assert one.id == found


def test_nobody_there() -> None:
    """There is an end to it, and it says what was asked."""
    with bound() as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        assert ids(url) == {"mcp-unreachable": "error"}


def test_the_root() -> None:
    """The metadata of a server at the root of its origin has no path behind it."""
    answers = {
        **metadata(resource="ORIGIN/"),
        "/": (401, {}, ""),
    }
    answers[WELL_KNOWN] = answers.pop(f"{WELL_KNOWN}/mcp")
    with answering(answers) as origin:
        assert ids(origin, "/") == {
            "mcp-metadata-unnamed": "warning",
            **dict.fromkeys(ALL_GOOD[1:], "ok"),
        }


def test_the_first_document_counts() -> None:
    """Clients look in three places, RFC 8414's first."""
    other = {**DOCUMENT, "issuer": "ORIGIN/elsewhere"}
    answers = {**GOOD, "/.well-known/oauth-authorization-server/pool": (200, {}, other)}
    with answering(answers) as origin:
        assert ids(origin)["mcp-issuer-other"] == "error"


def test_the_command() -> None:
    """It needs neither settings nor AWS, and prints nothing that moves a terminal."""
    with answering(metadata(resource="\x1b[31mred")) as origin:
        command = ["doctor", "--mcp", f"{origin}/mcp"]
        done = run_process(*command)
        assert done.status == 1, done.err
        assert "error: mcp-resource-other: " in done.out
        assert "\x1b" not in done.out
        assert "aws" not in done.out
        found = json.loads(run_process(*command, "--json").out)
        assert found[0]["id"] == "mcp-resource-other"
    done = run_process("doctor", "--mcp", "http://mcp.example.com/mcp")
    assert (done.status, "--mcp must be https" in done.err) == (2, True)
    for half in (["--mcp-client-id", "a"], ["--mcp-client-id", "a", "--mcp-callback", "b"]):
        done = run("doctor", *half, *["--mcp", "https://mcp.example"][: 4 - len(half)])
        assert (done.status, "go together" in done.err) == (2, True)
