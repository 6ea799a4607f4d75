"""Line: a connection that is kept, for so long as what it was made with is the same."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cognito_guard.network.call import Call, Line, call
from cognito_guard.network.exchange import FetchFailed

from ..aws.kept_server import Handler, KeptServer, says

PATIENCE = 60.0
ASKED = Call("Service.Operation", {})


def certificates(folder: Path, name: str) -> str:
    """A file of authorities."""
    import certifi

    path = folder / name
    path.write_bytes(Path(certifi.where()).read_bytes())
    return str(path)


def test_changed_certificates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Are noticed: a new connection is made with them."""
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    line = Line()
    with KeptServer(says(200, {})) as server:
        monkeypatch.setenv("SSL_CERT_FILE", certificates(tmp_path, "one.pem"))
        for _ in range(2):
            call(server.url, ASKED, line=line)
        assert server.connections == 1
        monkeypatch.setenv("SSL_CERT_FILE", certificates(tmp_path, "two.pem"))
        for _ in range(2):
            call(server.url, ASKED, line=line)
        assert server.connections == 2
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
        with pytest.raises(FetchFailed, match="SSL_CERT_FILE"):
            call(server.url, ASKED, line=line)
        line.close()


def test_a_changed_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Is noticed as well. The error names it without its password."""
    line = Line()
    with KeptServer(says(407, b"")) as server:
        for user in ("one", "two"):
            place = server.url.removeprefix("http://").rstrip("/")
            monkeypatch.setenv("https_proxy", f"http://{user}:Pass-word-1@{place}")
            with pytest.raises(FetchFailed) as failed:
                call("https://api.example/", ASKED, line=line)
            assert f"(through the proxy {place})" in str(failed.value)
            assert "Pass-word-1" not in str(failed.value)
        said = [fields["Proxy-Authorization"] for _, fields, _ in server.asked]
        assert len(set(said)) == 2
        line.close()


def test_closed_while_it_is_used() -> None:
    """That exchange goes on to its end."""
    begun, go_on = threading.Event(), threading.Event()

    def behave(handler: Handler) -> None:
        begun.set()
        assert go_on.wait(PATIENCE)
        handler.say(200, {})

    line = Line()
    with KeptServer(behave) as server, ThreadPoolExecutor(1) as threads:
        under_way = threads.submit(call, server.url, ASKED, line=line)
        assert begun.wait(PATIENCE)
        line.close()
        go_on.set()
        assert under_way.result().status == 200
        call(server.url, ASKED, line=line)
        assert server.connections == 2
        line.close()


@pytest.mark.parametrize("repeatable", [True, False])
def test_without_a_line(repeatable: bool) -> None:
    """Nothing is kept, and nothing is asked twice."""
    behave: Callable[[Handler], None] = lambda handler: handler.hang_up()  # noqa: E731
    with KeptServer(behave) as server:
        with pytest.raises(FetchFailed):
            call(server.url, ASKED, repeatable=repeatable)
        assert len(server.asked) == 1
        server.behave = says(200, {})
        for _ in range(2):
            call(server.url, ASKED)
        assert server.connections == 3


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("7", 7), ("0", 0), ("99999", 99999), ("100000", None), ("-1", None), ("\u0663", None),
     ("1.5", None), ("Wed, 21 Oct 2026 07:28:00 GMT", None), ("", None)],
)  # fmt: skip
def test_retry_after(said: str, seconds: int | None) -> None:
    """Whole seconds, of which a day has fewer than a hundred thousand."""

    def behave(handler: Handler) -> None:
        handler.send_response(429)
        handler.send_header("Content-Length", "0")
        handler._headers_buffer.append(b"Retry-After: " + said.encode() + b"\r\n")
        handler.end_headers()

    with KeptServer(behave) as server:
        assert call(server.url, ASKED).retry_after == seconds


def test_in_a_child() -> None:
    """The parent's connection is the parent's: the child opens its own."""
    line = Line()
    with KeptServer(says(200, {})) as server:
        call(server.url, ASKED, line=line)
        of_the_parent = line._client
        line._forget_parent()
        call(server.url, ASKED, line=line)
        assert server.connections == 2
        assert of_the_parent is not None
        of_the_parent.retire()
        line.close()
