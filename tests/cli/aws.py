"""A stand-in for the hosts of AWS: a real proxy on loopback that speaks TLS in their names."""

from __future__ import annotations

import os
import socket
import ssl
import threading
from collections.abc import Mapping
from pathlib import Path

import trustme

from .running import ENVIRONMENT

_PATIENT = Path(__file__).with_name("patient")


class StandIn:
    """Answers ``CONNECT`` for any host, and then one GET over TLS.

    ``answers`` gives the body for each host that answers with 200; any other one answers 403, as
    AWS does for a form of the issuer that a pool does not have. ``asked`` notes the hosts.
    """

    def __init__(self, authority: trustme.CA, answers: Mapping[str, bytes]) -> None:
        self._authority = authority
        self._answers = answers
        self.asked: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def environment(self, folder: Path) -> dict[str, str]:
        """The environment of a process for which this is AWS. Needs a folder for a certificate."""
        certificate = folder / "authority.pem"
        self._authority.cert_pem.write_to_path(str(certificate))
        address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        # In both spellings, because a machine's own settings may come in either.
        proxies = {"HTTPS_PROXY": address, "NO_PROXY": ""}
        lower = {name.lower(): value for name, value in proxies.items()}
        # A busy machine may take longer for an answer than a command waits.
        path = os.pathsep.join([str(_PATIENT), *filter(None, [ENVIRONMENT.get("PYTHONPATH")])])
        own = {"SSL_CERT_FILE": str(certificate), "PYTHONPATH": path}
        return {**ENVIRONMENT, **proxies, **lower, **own}

    def __enter__(self) -> StandIn:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        # Closing alone does not wake up a thread that accepts.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        connection.settimeout(30)
        target = _head(connection).split(b" ")[1]
        host = target.partition(b":")[0].decode("ascii")
        self.asked.append(host)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._authority.issue_cert(host).configure_cert(context)
        with context.wrap_socket(connection, server_side=True) as inside:
            _head(inside)
            body = self._answers.get(host)
            status = b"403 Forbidden" if body is None else b"200 OK"
            head = b"HTTP/1.1 %b\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
            inside.sendall(head % (status, len(body or b"")) + (body or b""))


def _head(connection: socket.socket) -> bytes:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        piece = connection.recv(4096)
        assert piece, "the client left"
        head += piece
    return head
