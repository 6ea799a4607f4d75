"""The corpus: every attack there is, in the order in which the engine makes its checks."""

from __future__ import annotations

from typing import Any

from ..pool import LocalUserPool
from .algorithms import ALGORITHMS, SIGNATURES
from .attack import Attack
from .attempt import Attempt
from .claims import TIMES_AND_PARTIES
from .confusion import CONFUSION, ID_TOKENS, RESOURCES
from .contents import CONTENTS
from .cookies import COOKIES
from .encodings import ENCODINGS
from .forge import Forge
from .forwarded_data import FORWARDED_DATA
from .headers import KEYS_BROUGHT_ALONG, MALFORMED_HEADERS, UNKNOWN_KEYS, UNSUPPORTED_HEADERS
from .json_text import JSON
from .load_balancer import FORWARDED_REQUESTS, FORWARDED_TOKENS
from .requests import REQUESTS
from .shapes import LARGE, SHAPES
from .untrusted_proxies import UNTRUSTED_LOAD_BALANCER

__all__ = ["CORPUS", "build"]

CORPUS: tuple[Attack, ...] = (
    *REQUESTS,
    *COOKIES,
    *UNTRUSTED_LOAD_BALANCER,
    *LARGE,
    *SHAPES,
    *ENCODINGS,
    *ALGORITHMS,
    *UNSUPPORTED_HEADERS,
    *MALFORMED_HEADERS,
    *JSON,
    *TIMES_AND_PARTIES,
    *CONFUSION,
    *ID_TOKENS,
    *UNKNOWN_KEYS,
    *SIGNATURES,
    *KEYS_BROUGHT_ALONG,
    *CONTENTS,
    *RESOURCES,
    *FORWARDED_REQUESTS,
    *FORWARDED_DATA,
    *FORWARDED_TOKENS,
)


def build(pool: LocalUserPool, **app: Any) -> list[Attempt]:
    """Every attack that a request can carry, prepared for an app that trusts ``pool``.

    ``app`` describes the app, with the arguments of :class:`Forge`.
    """
    return list(attempts(Forge(pool, **app)))


def attempts(forge: Forge, corpus: tuple[Attack, ...] = CORPUS) -> list[Attempt]:
    """The attacks of a corpus that concern the forge's app, and that a request can carry."""
    fitting = ((attack, attack.headers(forge)) for attack in corpus if attack.fits(forge))
    return [Attempt(attack, forge, headers) for attack, headers in fitting if headers is not None]
