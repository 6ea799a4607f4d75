"""FaultyServer: a real server on loopback that serves as badly as a test asks."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ssl import SSLContext
from typing import ClassVar, Self

from .faults import Fault
from .listener import Listener, Visit
from .wire import WIRE_FAULTS

__all__ = ["FaultyServer"]


class FaultyServer(ABC):
    """Serves on a port of 127.0.0.1, as a context manager, with faults to switch on."""

    faults: ClassVar[frozenset[Fault]] = frozenset(
        {Fault.DOWN, Fault.WRONG_CERTIFICATE, *WIRE_FAULTS}
    )
    """What can be wrong with it."""

    def __init__(
        self, delay: float, tls: bool, *, port: int = 0, patience: float | None = None
    ) -> None:
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
        self._listener = Listener(self._serve, self._context, port=port, patience=patience)

    @abstractmethod
    def _answering(self) -> Callable[[Visit], object]:
        """What answers a visit that comes now, with the faults that are on now."""

    @property
    def origin(self) -> str:
        """The scheme, host and port: ``http://127.0.0.1:PORT``."""
        scheme = "http" if self.authority is None else "https"
        return f"{scheme}://127.0.0.1:{self._listener.port}"

    @property
    def fault(self) -> Fault | None:
        """The current fault, or ``None``. It may be set at any time.

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
        """Switch ``fault`` on until the end of the block."""
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
            answer = self._answering()
            self._visits.add(visit)
        try:
            answer(visit)
        finally:
            with self._lock:
                self._visits.discard(visit)
