"""Real HTTP servers on loopback that serve public keys, and serve them as badly as a test asks."""

from __future__ import annotations

import json
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from ssl import SSLContext
from typing import Any, ClassVar, Self, final

from .faults import Fault
from .key_sets import KEY_SET_FAULTS
from .listener import Listener, Visit
from .wire import FOLLOWED, WIRE_FAULTS, Page

__all__ = ["JwksServer", "PemServer"]

_NO_PAGE = Page("text/plain", b"", HTTPStatus.NOT_FOUND)
_NO_METHOD = Page("text/plain", b"", HTTPStatus.METHOD_NOT_ALLOWED)


class _KeyServer(ABC):
    """Serves pages on a free port of 127.0.0.1, as a context manager, with faults to switch on."""

    faults: ClassVar[frozenset[Fault]] = frozenset(
        {Fault.DOWN, Fault.WRONG_CERTIFICATE, *WIRE_FAULTS}
    )
    """What can be wrong with it."""

    def __init__(self, delay: float, tls: bool) -> None:
        self._delay = delay
        self._lock = threading.Lock()
        self._fault: Fault | None = None
        self._visits: set[Visit] = set()
        self.authority: bytes | None = None
        """The certificate (PEM) that a client has to trust, if the server speaks https. A file of
        it is what ``SSL_CERT_FILE`` may name."""
        self._good: SSLContext | None = None
        self._wrong: SSLContext | None = None
        if tls:
            from .certificates import Authority

            authority = Authority()
            self.authority = authority.pem
            self._good = authority.context("127.0.0.1")
            self._wrong = authority.context("elsewhere.invalid")
        self.requests = 0
        self._listener = Listener(self._serve, self._context)

    @abstractmethod
    def _page(self, path: str) -> Page | None:
        """What to answer for ``path`` now; ``None`` is a 404 that does not count as a request."""

    @property
    def origin(self) -> str:
        """The scheme, host and port: ``http://127.0.0.1:PORT``."""
        scheme = "http" if self.authority is None else "https"
        return f"{scheme}://127.0.0.1:{self._listener.port}"

    @property
    def fault(self) -> Fault | None:
        """What is wrong with the server; None if nothing is. It may be set at any time.

        Setting it raises ``ValueError`` for a fault that this server cannot have.
        """
        return self._fault

    @fault.setter
    def fault(self, fault: Fault | None) -> None:
        if fault is not None and fault not in self.faults:
            raise ValueError(f"a {type(self).__name__} cannot have {fault}")
        if fault is Fault.WRONG_CERTIFICATE and self.authority is None:
            raise ValueError(f"{fault} takes a server with tls=True")
        with self._lock:
            self._fault = fault
            if fault is Fault.DOWN:
                self._listener.down()
            else:
                self._listener.up()
            for visit in self._visits:
                visit.release()

    @contextmanager
    def failing(self, fault: Fault) -> Iterator[None]:
        """Have ``fault`` until the end of the block."""
        before, self.fault = self.fault, fault
        try:
            yield
        finally:
            self.fault = before

    def __enter__(self) -> Self:
        self._listener.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.__exit__()

    def _context(self) -> SSLContext | None:
        return self._wrong if self._fault is Fault.WRONG_CERTIFICATE else self._good

    def _serve(self, visit: Visit) -> None:
        with self._lock:
            # As one: who sets another fault lets go of those, and only those, that knew this one.
            fault = self._fault
            self._visits.add(visit)
        try:
            self._answer(visit, fault)
        finally:
            with self._lock:
                self._visits.discard(visit)

    def _answer(self, visit: Visit, fault: Fault | None) -> None:
        if visit.target is None:
            visit.send(_NO_METHOD.http("Allow: GET"))
            return
        path, _, query = visit.target.partition("?")
        page = self._page(path)
        if page is None:
            visit.send(_NO_PAGE.http())
            return
        with self._lock:
            self.requests += 1
        spoil = WIRE_FAULTS.get(fault) if fault and query != FOLLOWED else None
        if spoil is None:
            visit.send(page.http())
        else:
            spoil(visit, page, self._delay)


@final
class JwksServer(_KeyServer):
    """Serves a JWK set on a free port of 127.0.0.1, as a context manager.

    ``jwks`` is called at every request, so that a rotation shows at once. ``url`` is where the key
    set is; ``requests`` counts how often it was asked for. ``delay`` is how many seconds
    :attr:`Fault.SLOW` takes. With ``tls`` it speaks https, and its certificate is good for whoever
    trusts :attr:`authority`.
    """

    faults = _KeyServer.faults | KEY_SET_FAULTS.keys()

    def __init__(
        self,
        jwks: Callable[[], Mapping[str, Any]],
        path: str,
        *,
        delay: float = 1.0,
        tls: bool = False,
    ) -> None:
        super().__init__(delay, tls)
        self._jwks = jwks
        self._path = path

    @property
    def url(self) -> str:
        """The address of the key set."""
        return self.origin + self._path

    def _page(self, path: str) -> Page | None:
        if path != self._path:
            return None
        jwks = self._jwks()
        spoil = KEY_SET_FAULTS.get(self.fault) if self.fault else None
        published = jwks if spoil is None else spoil(jwks)
        return Page("application/json", json.dumps(published).encode("utf-8"))


@final
class PemServer(_KeyServer):
    """Serves PEM public keys at ``/{kid}`` on a free port of 127.0.0.1, as a context manager.

    ``keys`` is called at every request, so that a rotation shows at once, and gives the keys by
    their ``kid``. ``url`` is what the ``kid`` is appended to after a slash. ``requests`` counts the
    requests, those for a ``kid`` that is unknown (404) too. It can have the faults that are not
    about key sets; ``delay`` and ``tls`` are those of :class:`JwksServer`.
    """

    def __init__(
        self, keys: Callable[[], Mapping[str, str]], *, delay: float = 1.0, tls: bool = False
    ) -> None:
        super().__init__(delay, tls)
        self._keys = keys

    @property
    def url(self) -> str:
        """The base address of the keys."""
        return self.origin

    def _page(self, path: str) -> Page | None:
        pem = self._keys().get(path[1:])
        return _NO_PAGE if pem is None else Page("text/plain", pem.encode("ascii"))
