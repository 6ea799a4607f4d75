"""Fault: what can be wrong with a key server. A closed list; you switch each one on by its name.

What they do is written elsewhere: ``wire.py`` does what goes wrong between two machines, whatever
is served; ``key_sets.py`` does what can be wrong with a key set that arrives in good order.
"""

from __future__ import annotations

from enum import Enum

__all__ = ["Fault"]


class Fault(Enum):
    """What is wrong with a :class:`JwksServer`, a :class:`PemServer` or a :class:`PoolServer`.

    A fault affects the requests that arrive while it is on. Responses that it held back are
    released when it is switched off. The faults after ``WRONG_CERTIFICATE`` are about key sets.
    """

    # On the wire.

    DOWN = "down"
    """Connections are refused. Afterwards the port is the same."""
    HANG = "hang"
    """The request is accepted, but there is no response."""
    SLOW = "slow"
    """The right response, but late: after the server's ``delay``."""
    DRIP = "drip"
    """The right response, one byte every 50 ms: each read is short, but the whole takes very
    long."""
    HANG_UP = "hang up"
    """The connection is closed without a response."""
    HALF_BODY = "half body"
    """The connection is closed in the middle of the body."""
    GARBLED = "garbled"
    """Half of the body, sent as if it were complete: valid HTTP, but invalid JSON or PEM."""
    EMPTY_BODY = "empty body"
    """Status 200 and no bytes."""
    HTML = "html"
    """Status 200 and a sign-in page, as from a captive portal."""
    REDIRECT = "redirect"
    """302 to an address on the same server, which has the right response."""
    FORBIDDEN = "forbidden"
    """Status 403, with the right body: only a client that checks the status notices."""
    SERVER_ERROR = "server error"
    """Status 500, with the right body."""
    TOO_LARGE = "too large"
    """The right response, with a megabyte of white space added."""
    ENDLESS = "endless"
    """Endless white space, as fast as it is read."""
    WRONG_CERTIFICATE = "wrong certificate"
    """A certificate for another host, from the same authority. Only with ``tls``."""

    # In the key set.

    EMPTY_SET = "empty set"
    """A key set without keys."""
    WRONG_JSON = "wrong json"
    """Valid JSON that is not a key set."""
    MALFORMED_KEY = "malformed key"
    """All the keys, and before them one with invalid numbers."""
    PRIVATE_KEY = "private key"
    """Every key is published with a private member."""
    SYMMETRIC_KEY = "symmetric key"
    """Every key is an ``oct`` key, under the same ``kid``."""
    WEAK_KEY = "weak key"
    """Every key is an RSA key of 1024 bits, under the same ``kid``."""
    ENCRYPTION_KEY = "encryption key"
    """Every key is for encryption (``use``)."""
    OTHER_ALGORITHM = "other algorithm"
    """Every key is for another algorithm than RS256 (``alg``)."""
    DUPLICATE_KID = "duplicate kid"
    """Every ``kid`` occurs twice, with two different keys."""
    ROTATED = "rotated"
    """New keys with a new ``kid``, in addition to the old ones."""
    WITHDRAWN = "withdrawn"
    """New keys with a new ``kid``, instead of the old ones."""
    REPLACED = "replaced"
    """New keys with the ``kid`` of the old ones."""
