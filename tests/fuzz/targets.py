"""What is fuzzed: one function per kind of input. It returns, or raises for a bug.

Each first asks the engine (``ENGINE``, whose cost is looked at too) and then examines what it said.
No signature stands in the way: the keys here find every signature good, so that the bytes reach
every check there is.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from cognito_guard import (
    AuthError,
    AuthorizationHeader,
    Cookie,
    Guard,
    Identity,
    InvalidRequest,
    InvalidToken,
    LoadBalancer,
    MissingCredentials,
    UserPool,
)
from cognito_guard.http.carriers import Forwarded
from cognito_guard.keys.jwk import KeySetError, parse_key_set
from cognito_guard.load_balancers.pem import parse_pem
from tests.engine.forge import NOW, Forge, b64
from tests.engine.header_values import headers
from tests.engine.silence import assert_silent, assert_unsaid

from . import examine

# More than a guard looks at by default, so that a test can see how the work grows.
_MAX_BYTES = 1024 * 1024

ARN = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/fuzz/50dc6c495c0c9188"
KID = "12345678-1234-1234-1234-123456789012"
HEADER = b'{"kid":"any","alg":"RS256"}'
ALB_HEADER = b'{"kid":"%b","alg":"ES256","iss":"%b","client":"%b","signer":"%b","exp":%d}' % (
    KID.encode(),
    Forge.issuer.encode(),
    Forge.client_id.encode(),
    ARN.encode(),
    NOW + 60,
)
CLAIMS = b'{"sub":"a","iss":"%b","client_id":"%b","token_use":"access","exp":%d}' % (
    Forge.issuer.encode(),
    Forge.client_id.encode(),
    NOW + 3600,
)
ALB_HEADERS = ("x-amzn-oidc-data", "x-amzn-oidc-accesstoken", "x-amzn-oidc-identity")


class AgreeableKeys:
    """Has a key for everybody, and the key finds every signature good."""

    def __init__(self, algorithm: str) -> None:
        self.algorithm = algorithm
        self.kid = "any"

    def key(self, kid: str, /) -> Any:
        """See ``KeySet.key``."""
        return self

    def verify(self, signing_input: bytes, signature: bytes) -> bool:
        """See ``VerificationKey.verify``."""
        return True


def _guard(
    *, with_pool: bool, with_balancer: bool, join: bool = False, cached: bool = False
) -> Guard:
    pool = UserPool(
        Forge.user_pool_id,
        client_ids=[Forge.client_id],
        jwks=AgreeableKeys("RS256"),  # type: ignore[arg-type]
        token_use="any",
        split_roles=True,
        leeway=0.5,
    )
    balancer = LoadBalancer(
        [ARN],
        client_id=Forge.client_id,
        issuer=Forge.issuer,
        user_pool=pool if join else None,
        keys=AgreeableKeys("ES256"),  # type: ignore[arg-type]
        split_roles=True,
        leeway=0.5,
    )
    keywords: dict[str, Any] = {
        "max_token_bytes": _MAX_BYTES,
        "clock": lambda: float(NOW),
        "cache_bytes": 1024 * 1024 if cached else 0,
    }
    if not with_pool:
        return Guard(balancer, **keywords)
    keywords["carriers"] = [AuthorizationHeader(), Cookie("session")]
    return Guard(pool, *([balancer] if with_balancer else []), **keywords)


_pool_guard = _guard(with_pool=True, with_balancer=False)
_caching_guard = _guard(with_pool=True, with_balancer=False, cached=True)
_balancer_guard = _guard(with_pool=False, with_balancer=True)
_caching_balancer_guard = _guard(with_pool=False, with_balancer=True, cached=True)
_both_guard = _guard(with_pool=True, with_balancer=True, join=True)


class Asked(NamedTuple):
    """What the engine said, and about which token."""

    outcome: Identity | AuthError
    text: str


def _text(data: bytes, header: bytes) -> str:
    kind, rest = data[:1], data[1:]
    if kind == b"p":
        return _compact(header, rest)
    if kind == b"h":
        return _compact(rest, CLAIMS)
    if kind == b"b":
        header, _, payload = rest.partition(b"\n")
        return _compact(header, payload)
    return rest.decode("utf-8", "surrogateescape")


def _compact(header: bytes, payload: bytes) -> str:
    return f"{b64(header)}.{b64(payload)}.AAAA"


def ask_token(data: bytes) -> Asked:
    """A token: ``t`` and its text, ``p`` and a payload, ``h`` and a header, ``b`` and both, with a
    line end between them.
    """
    text = _text(data, HEADER)
    try:
        return Asked(_pool_guard.verify(text), text)
    except InvalidToken as error:
        return Asked(error, text)


def ask_forwarded(data: bytes) -> Asked:
    """A load balancer's data, written as tokens are."""
    text = _text(data, ALB_HEADER)
    encoded = text.encode("utf-8", "surrogateescape")
    try:
        find = headers(x_amzn_oidc_data=[encoded])
        return Asked(_balancer_guard.authenticate(find), text)
    except (InvalidRequest, InvalidToken) as error:
        return Asked(error, text)


def ask_request(data: bytes) -> list[Asked]:
    """The headers of a request: lines, each a name, a colon and a value. Asked as bytes, and as
    text."""
    values: dict[str, list[str | bytes]] = {}
    for line in data.split(b"\n"):
        name, colon, value = line.partition(b":")
        known = name.decode("latin-1").lower()
        if not colon or known not in ("authorization", "cookie", *ALB_HEADERS):
            known, value = "authorization", line
        values.setdefault(known.replace("-", "_"), []).append(value)
    as_text: dict[str, list[str | bytes]] = {
        name: [line.decode("latin-1") for line in lines if isinstance(line, bytes)]
        for name, lines in values.items()
    }
    return [_authenticate(one) for one in (values, as_text)]


def _authenticate(values: dict[str, list[str | bytes]]) -> Asked:
    find = headers(**values)
    try:
        identity = _both_guard.authenticate(find)
    except (InvalidRequest, InvalidToken, MissingCredentials) as error:
        return Asked(error, "")
    credential = _both_guard.find_credential(find)
    assert credential is not None
    value = credential.value
    return Asked(identity, value.data if isinstance(value, Forwarded) else value)


def ask_jwks(data: bytes) -> dict[str, Any] | KeySetError:
    """The body of a key set's answer."""
    try:
        return dict(parse_key_set(data))
    except KeySetError as error:
        return error


def ask_pem(data: bytes) -> dict[str, Any] | KeySetError:
    """The body of an answer with a load balancer's key."""
    try:
        return {KID: parse_pem(KID, data)}
    except KeySetError as error:
        return error


def token(data: bytes) -> None:
    """See :func:`ask_token`. With a cache it is answered as without."""
    asked = ask_token(data)
    _examine(_pool_guard, asked)
    if isinstance(asked.outcome, Identity):
        for _ in range(3):
            assert _caching_guard.verify(asked.text) == asked.outcome


def forwarded(data: bytes) -> None:
    """See :func:`ask_forwarded`. With a cache it is answered as without."""
    asked = ask_forwarded(data)
    _examine(_balancer_guard, asked)
    if isinstance(asked.outcome, Identity):
        find = headers(x_amzn_oidc_data=[asked.text.encode("utf-8", "surrogateescape")])
        for _ in range(3):
            assert _caching_balancer_guard.authenticate(find) == asked.outcome


def request(data: bytes) -> None:
    """See :func:`ask_request`."""
    as_bytes, as_text = ask_request(data)
    for asked in (as_bytes, as_text):
        _examine(_both_guard, asked)
    one, other = (
        asked.outcome.reason if isinstance(asked.outcome, AuthError) else asked.outcome.subject
        for asked in (as_bytes, as_text)
    )
    assert one == other, "bytes and text of one request mean two things"


def jwks(data: bytes) -> None:
    """See :func:`ask_jwks`."""
    secrets = examine.secrets_in(data)
    with examine.Records(secrets):
        keys = ask_jwks(data)
    _examine_keys(keys, "RS256", secrets)
    if isinstance(keys, dict):
        assert list(parse_key_set(json.loads(data))) == list(keys)


def pem(data: bytes) -> None:
    """See :func:`ask_pem`."""
    _examine_keys(ask_pem(data), "ES256", examine.long([data.decode("latin-1")]))


def _examine(guard: Guard, asked: Asked) -> None:
    if isinstance(asked.outcome, AuthError):
        examine.error(guard, asked.outcome, asked.text)
    else:
        examine.identity(asked.outcome, asked.text)


def _examine_keys(keys: dict[str, Any] | KeySetError, algorithm: str, secrets: list[str]) -> None:
    if isinstance(keys, KeySetError):
        assert_silent(keys, secrets)
        return
    for kid, key in keys.items():
        assert isinstance(kid, str)
        assert kid
        assert key.algorithm == algorithm
        assert_unsaid(repr(key), secrets, "the repr of a key")
        for length in (0, 1, 64, 256):
            assert not key.verify(b"x", bytes(length))


TARGETS: dict[str, Callable[[bytes], None]] = {
    "token": token,
    "forwarded": forwarded,
    "request": request,
    "jwks": jwks,
    "pem": pem,
}
ENGINE: dict[str, Callable[[bytes], object]] = {
    "token": ask_token,
    "forwarded": ask_forwarded,
    "request": ask_request,
    "jwks": ask_jwks,
    "pem": ask_pem,
}
