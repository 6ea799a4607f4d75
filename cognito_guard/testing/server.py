"""Real HTTP servers on loopback that serve public keys, with faults that a test switches on."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus
from typing import Any, final

from .faults import Fault
from .faulty_server import FaultyServer
from .key_sets import KEY_SET_FAULTS
from .listener import Visit
from .wire import FOLLOWED, WIRE_FAULTS, Page

__all__ = ["JwksServer", "PemServer"]

_NO_PAGE = Page("text/plain", b"", HTTPStatus.NOT_FOUND)
_NO_METHOD = Page("text/plain", b"", HTTPStatus.METHOD_NOT_ALLOWED, ("Allow: GET",))


class _KeyServer(FaultyServer):
    """Serves pages with keys."""

    def __init__(self, delay: float, tls: bool) -> None:
        super().__init__(delay, tls)
        self.requests = 0

    @abstractmethod
    def _page(self, path: str) -> Page | None:
        """What to answer for ``path`` now; ``None`` is a 404 that does not count as a request."""

    def _answering(self) -> Callable[[Visit], object]:
        return partial(self._answer, fault=self._fault)

    def _answer(self, visit: Visit, *, fault: Fault | None) -> None:
        if visit.target is None:
            visit.send(_NO_METHOD.http())
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

    ``jwks`` is called for every request, so a rotation takes effect at once. ``url`` is the address
    of the key set; ``requests`` counts the requests for it. ``delay`` is the time in seconds that
    :attr:`Fault.SLOW` takes. With ``tls`` it uses https, and clients that trust :attr:`authority`
    accept its certificate.
    """

    faults = FaultyServer.faults | KEY_SET_FAULTS.keys()

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
    about key sets; ``delay`` and ``tls`` are as for :class:`JwksServer`.
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
