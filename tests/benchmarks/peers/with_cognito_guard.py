"""cognito_guard: `Guard.verify`, without its cache and with it, and what only we are asked."""

from __future__ import annotations

import base64
from functools import partial
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from worker import Call, Worker, bare, material

from cognito_guard import Guard, LoadBalancer, StaticKeySet, UserPool

given = material()
balancer = given["load_balancer"]
data = given["tokens"]["data"]
# One key set for all pools: what is measured is the guard, not how long it takes to read keys.
keys = StaticKeySet(given["jwks"])


def guard(*user_pool_ids: str, **options: Any) -> Guard:
    """Trusts these pools."""
    trusted = (UserPool(each, client_ids=[given["client_id"]], jwks=keys) for each in user_pool_ids)
    return Guard(*trusted, **options)


def bare_es256() -> Call:
    """The signature check of the load balancer's data alone, decoded beforehand."""
    (pem,) = balancer["keys"].values()
    key: Any = load_pem_public_key(pem.encode("ascii"))
    signed, _, encoded = data.encode("ascii").rpartition(b".")
    raw = base64.urlsafe_b64decode(encoded)
    signature = encode_dss_signature(
        int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    )
    scheme = ECDSA(SHA256())
    return lambda text: key.verify(signature, signed, scheme)


def load_balancer_data(**options: Any) -> Call:
    """As an adapter asks: with a function that gives a header's values."""
    trusted = Guard(
        LoadBalancer(
            [balancer["arn"]],
            client_id=balancer["client_id"],
            issuer=balancer["issuer"],
            keys=balancer["keys"],
        ),
        **options,
    )

    def call(text: str) -> None:
        trusted.authenticate(partial(_values, text))

    return call


def _values(text: str, name: str) -> tuple[str, ...]:
    return (text,) if name == "x-amzn-oidc-data" else ()


OFF: dict[str, Any] = {"cache_entries": 0}


def first_sight(**options: Any) -> Call:
    """Tokens that were not seen before, each another one. When all were, another guard goes on: it
    shares the keys, and costs next to nothing beside so many tokens."""
    once = [token.encode("ascii") for token in given["once"]]
    left: list[bytes] = []
    verify = guard(given["user_pool_id"]).verify

    def call(text: str) -> None:
        nonlocal verify
        if not left:
            left.extend(once)
            verify = guard(given["user_pool_id"], **options).verify
        verify(left.pop().decode("ascii"))

    return call


class Request:
    """What gives the headers of a request, as an adapter for ASGI has it."""

    __slots__ = ("_headers",)

    def __init__(self, token: str) -> None:
        self._headers = [(b"host", b"localhost"), (b"authorization", b"Bearer " + token.encode())]

    def __call__(self, name: str) -> list[bytes]:
        raw = name.encode("latin-1")
        return [value for key, value in self._headers if key == raw]


def whole_request() -> Call:
    """As an adapter asks, with the raw value of the header."""
    authenticate = guard(given["user_pool_id"]).authenticate
    return lambda text: authenticate(Request(text))


calls: dict[str, Call] = {
    "verify": guard(given["user_pool_id"], **OFF).verify,
    "repeat": guard(given["user_pool_id"]).verify,
    "first sight": first_sight(),
    "first sight, no cache": first_sight(**OFF),
    "whole request": whole_request(),
    "bare ES256": bare_es256(),
    "load balancer": load_balancer_data(**OFF),
    "load balancer, repeat": load_balancer_data(),
    **{f"bare {size}": bare(given, size) for size in given["sizes"]},
    **{name: guard(*ids, **OFF).verify for name, ids in given["pools"].items()},
}
examples = {
    "load balancer": "data",
    "load balancer, repeat": "data",
    "bare ES256": "data",
    **{n: n for n in given["pools"]},
}

Worker("cognito-guard", given, calls, examples).serve()
