"""Visit: a connection that is kept until somebody has had enough."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator

import pytest

from cognito_guard.testing.listener import Visit

PATIENCE = 60.0


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """A TCP connection's two ends; on the second one a request was sent."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname(), timeout=PATIENCE)
        connection, _ = listener.accept()
    client.sendall(b"GET /path?query HTTP/1.1\r\nHost: localhost\r\n\r\n")
    with connection, client:
        yield connection, client


def test_request_is_read(ends: tuple[socket.socket, socket.socket]) -> None:
    """Its head, and what it asks for."""
    visit = Visit(ends[0], ends[0])
    assert visit.head.endswith(b"localhost\r\n\r\n")
    assert visit.target == "/path?query"


def test_client_that_leaves_is_noticed(ends: tuple[socket.socket, socket.socket]) -> None:
    """Whatever it had to say before, no time is waited out."""
    visit = Visit(ends[0], ends[0])
    ends[1].sendall(b"more")
    ends[1].close()
    assert visit.stay(1e6) is False
    assert visit.stay() is False


def test_client_that_resets_the_connection_is_noticed(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    """The rude way to leave is a way to leave."""
    visit = Visit(ends[0], ends[0])
    ends[1].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    ends[1].close()
    assert visit.stay() is False
    assert visit.send(b"x") is False


def test_time_is_waited_out(ends: tuple[socket.socket, socket.socket]) -> None:
    """And not a moment longer is anything waited for."""
    visit = Visit(ends[0], ends[0])
    assert visit.stay(0.01) is True
    assert visit.send(b"x") is True
    assert ends[1].recv(1) == b"x"


def test_release_lets_nothing_be_held_back_again(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    """What comes too late to be waited for is not waited for, not even the end of the client."""
    visit = Visit(ends[0], ends[0])
    ends[1].close()
    visit.release()
    assert visit.stay() is True


def test_release_wakes_who_waits(ends: tuple[socket.socket, socket.socket]) -> None:
    """From another thread; afterwards there is still something to be said."""
    visit = Visit(ends[0], ends[0])
    answers: list[bool] = []

    def serve() -> None:
        answers.append(visit.stay())
        visit.send(b"at last")

    thread = threading.Thread(target=serve)
    thread.start()
    visit.release()
    assert ends[1].recv(7) == b"at last"
    thread.join(PATIENCE)
    assert answers == [True]
