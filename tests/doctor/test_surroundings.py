"""What is said without AWS credentials, on servers of our own and on some that fail."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme

from cognito_guard import ANY_CLIENT, UserPool
from cognito_guard.doctor.surroundings import (
    Seen,
    check_clock,
    check_discovery,
    check_keys,
    check_machine,
    check_pool,
)
from cognito_guard.testing import Fault, JwksServer, LocalUserPool

from ..cli.aws import StandIn
from ..cli.running import ENVIRONMENT, run_process
from ..ports import closed_port

ORIGINAL = "cognito-idp.eu-west-1.amazonaws.com"
UPDATED = "issuer-cognito-idp.eu-west-1.amazonaws.com"


def ids(findings: Any) -> list[tuple[str, str]]:
    """What was found, in short."""
    return [(one.id, one.level) for one in findings]


def test_pool_in_good_health(pool: LocalUserPool) -> None:
    """The keys and the discovery document of a pool that answers, each is a line."""
    with pool.listen() as server:
        trusted = UserPool(pool.user_pool_id, client_ids=ANY_CLIENT, issuer=server.issuer)
        found = [*check_pool(trusted)]
    assert ids(found) == [("keys-reached", "ok"), ("discovery", "ok")]
    assert "2 keys, reached directly" in found[0].what
    assert not any(one.why or one.fix for one in found)


def test_keys_at_an_address(pool: LocalUserPool) -> None:
    """Where the settings say where the keys are, that address is asked and no other."""
    with JwksServer(pool.jwks, "/keys") as server:
        found = [*check_pool(pool.trust(jwks=server.url))]
        assert server.requests == 1
    assert found[0].id == "keys-reached"
    assert server.url in found[0].what


def test_keys_in_a_file(pool: LocalUserPool, tmp_path: Path) -> None:
    """A file is read, and nothing is fetched."""
    path = tmp_path / "keys.json"
    path.write_text(json.dumps(pool.jwks()))
    assert ids(check_pool(pool.trust(jwks=str(path)))) == [("keys-reached", "ok")]
    path.write_text("{}")
    assert ids(check_pool(pool.trust(jwks=str(path)))) == [("keys-unreachable", "error")]


@pytest.mark.parametrize("fault", [Fault.SERVER_ERROR, Fault.HTML, Fault.EMPTY_SET, Fault.DRIP])
def test_no_keys(pool: LocalUserPool, fault: Fault) -> None:
    """Keys that cannot be had are an error, with what is wrong, within a bounded time."""
    with JwksServer(pool.jwks, "/keys") as server:
        server.fault = fault
        found = [*check_pool(pool.trust(jwks=server.url))]
    assert ("keys-unreachable", "error") in ids(found)


def test_nobody_listens(pool: LocalUserPool) -> None:
    """Where nobody listens, nothing is known of the clock, and no document is looked for."""
    with closed_port() as port:
        issuer = f"http://127.0.0.1:{port}/{pool.user_pool_id}"
        gone = UserPool(pool.user_pool_id, client_ids=ANY_CLIENT, issuer=issuer)
        assert ids(check_pool(gone)) == [("keys-unreachable", "error")]


@contextmanager
def dated(pool: LocalUserPool, date: str) -> Iterator[str]:
    """Where keys are, on a server that says that it is ``date``, in good answers and in bad."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(pool.jwks()).encode()
            self.send_response_only(200 if self.path == "/keys" else 403)
            self.send_header("Date", date)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("path", ["/keys", "/refused"])
@pytest.mark.parametrize("date", ["Sun, 06 Nov 1994 08:49:37 GMT", "yesterday", "", "1" * 99])
def test_clock_of_a_server(pool: LocalUserPool, path: str, date: str) -> None:
    """The ``Date`` of any answer is what the clock is held against; what is no date counts not."""
    with dated(pool, date) as origin:
        found = ids(check_pool(pool.trust(jwks=f"{origin}{path}")))
    assert (("clock-wrong", "error") in found) is date.endswith("GMT")
    assert len(found) == 1 + date.endswith("GMT")


def test_one_form_of_the_issuer(pool: LocalUserPool) -> None:
    """One form without keys is normal, as long as the other has some."""
    keys = json.dumps(pool.jwks()).encode()
    refused = Seen("https://updated/", problem="status 403")
    good = Seen("https://original/", keys, way="through the proxy p:1 (https_proxy)")
    found = [*check_keys([good, refused])]
    assert ids(found) == [("keys-reached", "ok"), ("issuer-form-absent", "info")]
    assert "through the proxy p:1 (https_proxy)" in found[0].what
    assert ids(check_keys([refused, refused])) == [("keys-unreachable", "error")] * 2
    assert ids(check_keys([Seen("https://x/", b'{"keys": []}')])) == [("keys-unreachable", "error")]


@pytest.mark.parametrize(
    ("ahead", "expected", "word"),
    [
        (0.4, [("clock", "ok")], "agrees"),
        (-4.9, [("clock", "ok")], "agrees"),
        (5.0, [("clock-wrong", "warning")], "5 seconds ahead"),
        (-299.0, [("clock-wrong", "warning")], "299 seconds behind"),
        (300.0, [("clock-wrong", "error")], "300 seconds ahead"),
        (-90000.0, [("clock-wrong", "error")], "90000 seconds behind"),
    ],
)
def test_clock(ahead: float, expected: list[tuple[str, str]], word: str) -> None:
    """How far the clock is from the server's; the first server that says so counts."""
    found = [*check_clock([Seen("https://x/"), Seen("https://y/", ahead=ahead)])]
    assert ids(found) == expected
    assert word in found[0].what


def test_clock_that_nobody_tells() -> None:
    """Without a time from a server nothing is said of the clock."""
    assert [*check_clock([Seen("https://x/")])] == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"[]", ("discovery-absent", "info")),
        (b"{}", ("discovery-absent", "info")),
        (b"<html>", ("discovery-absent", "info")),
        (b'{"issuer": 7}', ("discovery-absent", "info")),
        (b'{"issuer": "https://other.example"}', ("discovery-other-issuer", "error")),
        (b"[" * 100_000, ("discovery-absent", "info")),
    ],
    ids=["list", "empty", "html", "number", "other", "nesting"],
)
def test_discovery(pool: LocalUserPool, body: bytes, expected: tuple[str, str]) -> None:
    """A document that names another issuer is an error; one that is none, only a note."""
    assert ids([check_discovery(pool.trust(), Seen("https://x/", body))]) == [expected]


def test_discovery_that_cannot_be_had(pool: LocalUserPool) -> None:
    """Why there is none is told."""
    finding = check_discovery(pool.trust(), Seen("https://x/", problem="status 404"))
    assert (finding.id, "status 404" in finding.what) == ("discovery-absent", True)


def test_discovery_of_either_form(pool: LocalUserPool) -> None:
    """Whichever form of the issuer a document names is accepted."""
    for issuer in UserPool(pool.user_pool_id, client_ids=ANY_CLIENT).issuers:
        seen = Seen("https://x/", json.dumps({"issuer": issuer}).encode())
        assert check_discovery(pool.trust(), seen).id == "discovery"


def test_trust_store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Which certificates are trusted; a variable that leads nowhere is named."""
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    (finding,) = check_machine()
    assert (finding.id, "own store" in finding.what) == ("trust-store", True)
    bundle = tmp_path / "bundle.pem"
    trustme.CA().cert_pem.write_to_path(str(bundle))
    monkeypatch.setenv("AWS_CA_BUNDLE", str(bundle))
    (finding,) = check_machine()
    assert "by AWS_CA_BUNDLE" in finding.what
    monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "nowhere"))
    (finding,) = check_machine()
    assert (finding.id, finding.level) == ("trust-store-wrong", "error")
    assert "AWS_CA_BUNDLE" in finding.what


@pytest.mark.parametrize("good", [{ORIGINAL, UPDATED}, {ORIGINAL}, set()], ids=len)
def test_both_forms_through_a_proxy(pool: LocalUserPool, tmp_path: Path, good: set[str]) -> None:
    """At AWS, both forms are asked; the way there is named, the proxy's password is not."""
    body = json.dumps(pool.jwks()).encode()
    with StandIn(trustme.CA(), dict.fromkeys(good, body)) as aws:
        env = aws.environment(tmp_path)
        for name in ("HTTPS_PROXY", "https_proxy"):
            env[name] = env[name].replace("//", "//name:pass-word@")
        asked = ("doctor", "--user-pool-id", pool.user_pool_id, "--no-aws", "--json")
        outcome = run_process(*asked, env=env)
    found = {one["id"]: one for one in json.loads(outcome.out)}
    assert "pass-word" not in outcome.out + outcome.err
    assert outcome.err == ""
    if good:
        assert outcome.status == 0
        assert "through the proxy 127.0.0.1:" in found["keys-reached"]["what"]
        assert ("issuer-form-absent" in found) is (good == {ORIGINAL})
        assert "discovery-absent" in found  # the stand-in has keys under every path
    else:
        assert outcome.status == 3
        assert "asked through the proxy 127.0.0.1:" in found["keys-unreachable"]["what"]


def test_proxy_that_is_none(pool: LocalUserPool) -> None:
    """A variable that names no proxy is named."""
    env = {**ENVIRONMENT, "HTTPS_PROXY": "gopher://x", "https_proxy": "gopher://x", "NO_PROXY": ""}
    env["no_proxy"] = ""
    outcome = run_process("doctor", "--user-pool-id", pool.user_pool_id, "--no-aws", env=env)
    assert outcome.status == 3
    assert "https_proxy" in outcome.out


def test_proxy_that_is_down(pool: LocalUserPool) -> None:
    """The way is told once, and apart from what went wrong on it."""
    asked = ("doctor", "--user-pool-id", pool.user_pool_id, "--no-aws", "--json")
    with closed_port() as port:
        closed = f"http://127.0.0.1:{port}"
        env = {**ENVIRONMENT, "HTTPS_PROXY": closed, "https_proxy": closed, "NO_PROXY": ""}
        env["no_proxy"] = ""
        outcome = run_process(*asked, env=env)
    found = [one for one in json.loads(outcome.out) if one["id"] == "keys-unreachable"]
    assert [one["what"].count("through the proxy") for one in found] == [1, 1]
