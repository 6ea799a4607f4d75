"""One request and its answer, for fetch and post: a short time, a bounded body, no redirect.

All that this needs is imported when the first request is made, so that a process which only ever
sees static keys never pays for it: the HTTP client takes longer than all the rest.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, final

from .._support.fork import forget_after_fork
from .connecting import Deadline
from .failure import FetchFailed
from .proxies import proxy_for
from .trust import NOT_STRICT, tls_context

if TYPE_CHECKING:
    import ssl

    from .client import Client, Told
    from .proxies import Proxy

__all__ = ["Answer", "Form", "Line", "exchange", "have_forks_wait"]

# X509_V_ERR_PATH_LOOP and what follows it: what OpenSSL demands when it is to be strict, and Python
# has asked it to be since 3.13.
_STRICT_ERRORS = range(79, 95)


@final
class Answer:
    """What a server answered. Its ``repr`` says the status alone."""

    # No tuple: error reports show the members of one, whatever its `repr`.
    __slots__ = ("body", "challenge", "date", "location", "media_type", "retry_after", "status")

    def __init__(
        self,
        status: int,
        media_type: str,
        body: bytes,
        retry_after: int | None = None,
        date: str = "",
        challenge: str = "",
        location: str = "",
    ) -> None:
        self.status = status
        self.challenge = challenge
        """``WWW-Authenticate``; empty where there is none."""
        self.location = location
        """``Location``, as the server wrote it; empty where there is none."""
        self.date = date
        """What time it is there, as the server wrote it; empty where it did not."""
        self.retry_after = retry_after
        """Seconds, as the server said; ``None`` where it did not, or named a time of day."""
        self.media_type = media_type
        """In lower case, without parameters; empty where the server named none."""
        self.body = body

    def __repr__(self) -> str:
        return f"<Answer {self.status}>"


@final
class Form:
    """A form to post. Its ``repr`` says nothing, so it may be a variable while the client runs, and
    whoever hears what the client logs."""

    __slots__ = ("_authorization", "_fields")

    def __init__(self, fields: Mapping[str, str], authorization: str | None) -> None:
        self._fields = fields
        self._authorization = authorization

    def told(self) -> dict[str, Any]:
        """As arguments for the client."""
        from urllib.parse import urlencode

        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if self._authorization is not None:
            headers["Authorization"] = self._authorization
        return {"headers": headers, "content": urlencode(self._fields).encode("ascii")}


@final
class Line:
    """A connection to one host that is kept from one exchange to the next.

    Any number of threads may use it: one finds the connection, the others open their own. A child
    of a ``fork`` opens its own as well.
    """

    def __init__(self) -> None:
        self._client: Client | None = None
        forget_after_fork(self)

    def close(self) -> None:
        """Close the connection; one that an exchange is using, when that is over. The next
        exchange opens another."""
        with _loading:
            self._take(None)

    def client(self, context: ssl.SSLContext, proxy: Proxy | None) -> Client | None:
        """What has the connection, if it was made with the same; ``_loading`` is held."""
        client = self._client
        if client is not None and (client.context is not context or client.proxy != proxy):
            self._take(None)  # the certificates on this machine, or its proxy, have changed
        return self._client

    def keep(self, client: Client) -> None:
        """Have the next exchange use it; ``_loading`` is held."""
        self._take(client)

    def _take(self, client: Client | None) -> None:
        old, self._client = self._client, client
        if old is not None:
            old.retire()

    def _forget_parent(self) -> None:
        self._client = None


def exchange(
    method: str,
    url: str,
    *,
    accept: str,
    seconds: tuple[float, float],
    max_body: int,
    form: Told | None = None,
    only_status: int | None = None,
    line: Line | None = None,
    repeatable: bool = False,
) -> Answer:
    """The answer to one request, not followed anywhere.

    ``seconds``: how long the whole may take, from resolving the name to the last byte, and each of
    its steps. ``form``: what to send. ``only_status``: any other status is a failure, and its body
    is not read. ``line``: the connection to use, and to keep. ``repeatable``: whether the request
    may be made again where the server closed that connection in the very moment.

    Raises :class:`FetchFailed`.
    """
    have_forks_wait()
    with _loading:
        import encodings.idna  # noqa: F401  # what a look-up needs

        from .client import core

        client = _client(url, line)
    deadline = Deadline(*seconds)
    try:
        while True:
            try:
                with client.answer(deadline, method, url, accept, form) as answer:
                    return _read(answer, max_body, only_status)
            except (core.ReadError, core.WriteError, core.RemoteProtocolError):
                if not (repeatable and client.used_a_kept_connection):
                    raise
                # As often as there are connections that were closed; then a new one is opened.
    except FetchFailed:
        raise
    except (TimeoutError, core.TimeoutException):
        problem = f"no answer within {deadline.seconds if deadline.over else deadline.step:g} s"
    except (OSError, core.ConnectError) as error:
        problem = f"no connection: {_cause(error)}"
    except core.ProxyError as error:  # what follows the status is the proxy's own wording
        code = str(error)[:3]
        problem = f"the proxy answered with {code if code.isdecimal() else 'a refusal'}"
    except Exception as error:  # noqa: BLE001  # of the client's, and of others' for odd URLs
        problem = type(error).__name__
    finally:
        with _loading:
            client.users -= 1
            if line is None:
                client.retire()
            else:
                client.close_if_retired()
    # A proxy has a password, so it is no variable here.
    way = "" if client.proxy is None else f" (through the proxy {client.proxy.place})"
    raise FetchFailed(problem + way)


def _client(url: str, line: Line | None) -> Client:
    """What makes the request, and is used by one more from now on; ``_loading`` is held."""
    from .client import Client

    context, proxy = tls_context(), proxy_for(url)
    client = None if line is None else line.client(context, proxy)
    if client is None:
        client = Client(context, proxy, kept=line is not None)
        if line is not None:
            line.keep(client)
    client.users += 1
    return client


def _read(answer: Any, max_body: int, only_status: int | None) -> Answer:
    status = answer.status_code
    if only_status not in (None, status):
        raise FetchFailed(f"status {status}", status=status)
    body = bytearray()
    # Raw: a compressed body that nobody asked for is not unpacked.
    for chunk in answer.iter_raw():
        body += chunk
        if len(body) > max_body:
            raise FetchFailed(f"a body of more than {max_body} bytes")
    named = answer.headers.get("content-type", "")
    wait = answer.headers.get("retry-after", "")
    seconds = int(wait) if wait.isascii() and wait.isdecimal() and len(wait) < 6 else None
    media_type = named.partition(";")[0].strip().lower()
    others = [answer.headers.get(name, "") for name in ("date", "www-authenticate", "location")]
    return Answer(status, media_type, bytes(body), seconds, *others)


def _cause(error: BaseException) -> str:
    """What the system said: of the name, the network or the certificate. Nothing that came."""
    import errno
    import socket
    import ssl

    cause = type(error).__name__
    one: BaseException | None = error
    while one is not None:  # from the client's words to the system's, which come last
        if isinstance(one, ssl.SSLCertVerificationError):
            cause = f"certificate verify failed: {one.verify_message}"
            if one.verify_code in _STRICT_ERRORS:
                cause += (
                    " (Python 3.13 and later demand this; "
                    f"{NOT_STRICT}=1 accepts the certificate without it)"
                )
        elif isinstance(one, ssl.SSLError):
            cause = f"TLS: {one.reason}"
        elif isinstance(one, socket.gaierror):
            cause = str(one.strerror)
        elif isinstance(one, OSError) and (name := errno.errorcode.get(one.errno or 0)):
            cause = f"{os.strerror(one.errno or 0)} ({name})"
        one = one.__cause__ or one.__context__
    return cause


# Held while the thread that fetches loads modules. A fork waits for that: in the child the thread
# is gone, and a module that it had begun to import could never be imported there.
_loading = threading.RLock()

# No loading takes that long. What does waits for something that the fork itself holds.
_LONGEST_LOADING = 10.0

_forks_wait = False


def have_forks_wait() -> None:
    """Have every fork from now on wait for the modules that a fetch is loading.

    For whoever is going to fetch, before there is a thread for it.
    """
    global _forks_wait
    if not _forks_wait and hasattr(os, "register_at_fork"):
        # To load them, the thread needs the lock of `logging`, which a fork holds as well. What was
        # registered last is called first, so this wait is over before the fork takes that lock.
        import logging  # noqa: F401

        os.register_at_fork(
            before=lambda: _loading.acquire(timeout=_LONGEST_LOADING),
            after_in_parent=_after_fork_in_parent,
            after_in_child=_after_fork_in_child,
        )
        _forks_wait = True


def _after_fork_in_parent() -> None:
    with suppress(RuntimeError):  # the fork did not get it in time
        _loading.release()


def _after_fork_in_child() -> None:
    # Another one: uWSGI forks without a word beforehand, so this one may not be ours to open.
    global _loading
    _loading = threading.RLock()
