"""Fault: what can be wrong with a server of keys. A closed list, each switched on by its name.

What they do is written elsewhere: ``wire.py`` does what goes wrong between two machines, whatever
is served; ``key_sets.py`` does what can be wrong with a key set that arrives in good order.
"""

from __future__ import annotations

from enum import Enum

__all__ = ["Fault"]


class Fault(Enum):
    """What is wrong with a :class:`JwksServer` or a :class:`PemServer`.

    A fault concerns the requests that come while it is on. What it held back is let go when it is
    switched off. The faults after ``WRONG_CERTIFICATE`` are about key sets.
    """

    # On the wire.

    DOWN = "down"
    """Nobody listens: connections are refused. When it is over, the port is the same."""
    HANG = "hang"
    """The request is taken and nothing is answered."""
    SLOW = "slow"
    """The right answer, but late: after the server's ``delay``."""
    DRIP = "drip"
    """The right answer, a byte every 50 ms: no read takes long, and all of them take for ever."""
    HANG_UP = "hang up"
    """The connection is closed without an answer."""
    HALF_BODY = "half body"
    """The connection is closed in the midst of the body."""
    GARBLED = "garbled"
    """Half of the body as if it were all of it: HTTP is content, and JSON or PEM is invalid."""
    EMPTY_BODY = "empty body"
    """Status 200 and no bytes."""
    HTML = "html"
    """Status 200 and a page that asks to sign in, as a captive portal sends it."""
    REDIRECT = "redirect"
    """302 to an address on the same server, where the right answer is."""
    FORBIDDEN = "forbidden"
    """Status 403, with the right body: only who looks at the status notices."""
    SERVER_ERROR = "server error"
    """Status 500, with the right body."""
    TOO_LARGE = "too large"
    """The right answer, blown up with a megabyte of white space."""
    ENDLESS = "endless"
    """White space that never ends, as fast as it is read."""
    WRONG_CERTIFICATE = "wrong certificate"
    """A certificate for another host, from the same authority. Only where ``tls`` is on."""

    # In the key set.

    EMPTY_SET = "empty set"
    """A key set without keys."""
    WRONG_JSON = "wrong json"
    """Good JSON that is no key set."""
    MALFORMED_KEY = "malformed key"
    """All the keys, and before them one whose numbers are none."""
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
    """Every ``kid`` is there twice, with two different keys."""
    ROTATED = "rotated"
    """New keys, under new ``kid``, next to the ones that were there."""
    WITHDRAWN = "withdrawn"
    """New keys, under new ``kid``, in place of the ones that were there."""
    REPLACED = "replaced"
    """New keys under the ``kid`` of the ones that were there."""
