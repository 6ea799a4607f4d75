"""Processes that fork, or end, in the midst of a fetch. ``python scenes.py NAME`` plays one.

Status 0 and silence mean that all went well. Each function is the whole of a process: a fork of the
process that runs the tests would take pytest along.
"""

from __future__ import annotations

import asyncio
import importlib.abc
import importlib.util
import json
import os
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from cognito_guard import Guard, Pending, RemoteKeySet
from cognito_guard.keys import lookup, remote
from cognito_guard.network import exchange, fetch
from cognito_guard.testing import JwksServer, LocalUserPool

PATIENCE = 60

CLIENT = "httpx2" if importlib.util.find_spec("httpx2") else "httpx"

POOL = LocalUserPool()
KID: str = POOL.jwks()["keys"][0]["kid"]


class Listener:
    """A server whose connections are answered by hand."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.settimeout(PATIENCE)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/"

    def __enter__(self) -> Listener:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def take_and_hang(self) -> None:
        """The next connection stays open, without an answer, until the process is gone."""
        self.take().detach()

    def take(self) -> socket.socket:
        """The next connection, its request read."""
        connection, _ = self._socket.accept()
        connection.settimeout(PATIENCE)
        assert connection.recv(65536).startswith(b"GET ")
        return connection

    @staticmethod
    def answer(connection: socket.socket) -> None:
        """Send the keys of ``POOL``."""
        body = json.dumps(POOL.jwks()).encode("utf-8")
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        with connection:
            connection.sendall(head.encode("ascii") + body)


def get_key(keys: RemoteKeySet, kid: str = KID) -> None:
    """Wait until the key is there."""
    while isinstance(key := keys.key(kid), Pending):
        assert key.wait(PATIENCE)
    assert key.kid == kid


def in_child(do: Callable[[], object]) -> int:
    """Fork; the child does this and ends. Its process id."""
    if child := os.fork():
        return child
    signal.alarm(PATIENCE)
    try:
        do()
    except BaseException:  # noqa: BLE001  # a child must not go on as if it were the parent
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def join(child: int) -> None:
    """Wait for a child that must have done well."""
    _, status = os.waitpid(child, 0)
    assert status == 0, f"the child ended with {status}"


def wait_for_ever() -> None:
    """No fetch gives up, nor who waits for one: however busy the machine is, it takes its time."""
    fetch.FETCH_SECONDS = fetch._STEP_SECONDS = 1e6
    lookup._WAIT_SECONDS = remote._GIVE_UP_SECONDS = 1e6
    exchange._LONGEST_LOADING = 1e6


# Forks.


def fork_during_a_fetch() -> None:
    """The child fetches for itself, and the parent's fetch goes on."""
    with Listener() as listener:
        keys = RemoteKeySet(listener.url)
        pending = keys.key(KID)
        assert isinstance(pending, Pending)
        of_the_parent = listener.take()
        child = in_child(lambda: get_key(keys))
        listener.answer(listener.take())
        join(child)
        assert not pending.wait(0)
        listener.answer(of_the_parent)
        get_key(keys)


def fork_with_the_lock_held() -> None:
    """Another thread holds the lock, and a fetch is due: the child works all the same."""
    with JwksServer(POOL.jwks, "/") as server:
        keys = RemoteKeySet(server.url)
        held, release = threading.Event(), threading.Event()

        def hold() -> None:
            with keys._lock:
                held.set()
                release.wait(PATIENCE)

        holder = threading.Thread(target=hold)
        holder.start()
        assert held.wait(PATIENCE)
        join(in_child(lambda: get_key(keys)))
        release.set()
        holder.join()


def fork_during_the_fetch_of_a_new_key() -> None:
    """The attempt that the child lost does not count: it looks for the new key itself."""
    now = [0.0]
    old = LocalUserPool().jwks()
    published: list[dict[str, Any]] = [old]
    asked, release = threading.Semaphore(0), threading.Event()

    def jwks() -> dict[str, Any]:
        current = published[-1]
        asked.release()
        if len(published) == 2:
            published.append(published[-1])  # only the first one waits
            assert release.wait(PATIENCE)
        return current

    with JwksServer(jwks, "/") as server:
        keys = RemoteKeySet(server.url, clock=lambda: now[0])
        get_key(keys, old["keys"][0]["kid"])
        published.append(POOL.jwks())
        now[0] += 30
        assert isinstance(keys.key(KID), Pending)
        assert asked.acquire(timeout=PATIENCE)
        assert asked.acquire(timeout=PATIENCE)
        join(in_child(lambda: get_key(keys)))
        release.set()
        get_key(keys)


class _Slow(importlib.abc.MetaPathFinder):
    """Holds up the import of a module, in the thread that imports it."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.begun, self.go_on = threading.Event(), threading.Event()

    def find_spec(self, name: str, path: Sequence[str] | None, target: object = None) -> None:
        """Find nothing, but take one's time over it."""
        if name == self._name:
            self.begun.set()
            assert self.go_on.wait(PATIENCE)


def fork_while_httpx_is_imported() -> None:
    """A server that prefetches and then forks its workers: each of them can still import it."""
    _fork_while(CLIENT)


def fork_while_httpcore_is_imported() -> None:
    """The same, further down."""
    _fork_while(CLIENT.replace("httpx", "httpcore"))


def fork_while_idna_is_imported() -> None:
    """The same, further down still."""
    _fork_while("idna")


def _fork_while(name: str) -> None:
    slow = _Slow(name)
    sys.meta_path.insert(0, slow)
    with JwksServer(POOL.jwks, "/") as server:
        guard = Guard(POOL.trust(jwks=server.url))
        guard.prefetch()
        assert slow.begun.wait(PATIENCE)
        # Of these, what was registered last is called first: the import goes on at the very fork.
        os.register_at_fork(before=slow.go_on.set)
        token = POOL.access_token()
        children = [in_child(lambda: guard.verify(token)) for _ in range(3)]
        for child in children:
            join(child)
        guard.verify(token)


# Ends. No fetch here comes to an end by itself: whoever waits for one is killed in the end.


def end_during_a_fetch() -> None:
    """The endpoint hangs, and the process has nothing left to do."""
    with Listener() as listener:
        RemoteKeySet(listener.url).prefetch()
        listener.take_and_hang()


def end_during_a_look_up() -> None:
    """The resolver hangs."""
    asked = threading.Event()

    def hang(*_: object, **__: object) -> NoReturn:
        asked.set()
        while True:
            threading.Event().wait()

    socket.getaddrinfo = hang
    RemoteKeySet("https://keys.example/").prefetch()
    assert asked.wait(PATIENCE)


def end_while_httpx_is_imported() -> None:
    """The process prefetches and is over before the client is even loaded."""
    slow = _Slow(CLIENT)
    sys.meta_path.insert(0, slow)
    RemoteKeySet("https://keys.example/").prefetch()
    assert slow.begun.wait(PATIENCE)


def end_at_once() -> None:
    """The process prefetches and is over."""
    hanging = socket.create_server(("127.0.0.1", 0))
    RemoteKeySet(f"http://127.0.0.1:{hanging.getsockname()[1]}/").prefetch()
    hanging.detach()


def end_after_a_request_gave_up() -> None:
    """A request of asyncio's gave up waiting for an endpoint that hangs."""
    with Listener() as listener:
        guard = Guard(POOL.trust(jwks=listener.url))

        async def main() -> None:
            task = asyncio.ensure_future(guard.averify(POOL.access_token()))
            await asyncio.to_thread(listener.take_and_hang)
            task.cancel()
            await asyncio.wait([task])
            assert task.cancelled()

        asyncio.run(main())


def end_during_a_request() -> None:
    """The process is told to end while a request waits in a thread that nobody joins."""
    with Listener() as listener:
        guard = Guard(POOL.trust(jwks=listener.url))
        threading.Thread(target=guard.verify, args=(POOL.access_token(),), daemon=True).start()
        listener.take_and_hang()
        sys.exit(0)


if __name__ == "__main__":
    signal.alarm(3 * PATIENCE)
    wait_for_ever()
    globals()[sys.argv[1]]()
