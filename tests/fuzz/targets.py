"""What is fuzzed: one function per kind of input. It returns, or raises for a bug.

No signature stands in the way: the one key here finds every signature good, so that the bytes
reach every check there is.
"""

from __future__ import annotations

import json
import logging
import re
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterable
from typing import Any

from cognito_guard import (
    AuthError,
    AuthorizationHeader,
    Cookie,
    Guard,
    Identity,
    InvalidRequest,
    InvalidToken,
    MissingCredentials,
    Reason,
    UserPool,
)
from cognito_guard.jwk import KeySetError, parse_key_set
from tests.engine.forge import NOW, Forge, b64
from tests.engine.header_values import headers
from tests.engine.silence import assert_silent, assert_unsaid, secrets_of

# More than a guard looks at by default, so that a test can see how the work grows.
_MAX_BYTES = 1024 * 1024
# Shorter texts can be words of our own sentences: a fuzzer finds them.
_TELLING = 24
_HEADER = b'{"kid":"any","alg":"RS256"}'
_HEADER_NAMES = ("authorization", "cookie")


class AgreeableKey:
    """Finds every signature good."""

    algorithm = "RS256"
    kid = "any"

    def verify(self, signing_input: bytes, signature: bytes) -> bool:
        """See ``VerificationKey.verify``."""
        return True


class AgreeableKeys:
    """Has a key for everybody."""

    _key: Any = AgreeableKey()

    def key(self, kid: str, /) -> Any:
        """See ``KeySet.key``."""
        return self._key


def _guard(**arguments: Any) -> Guard:
    pool = UserPool(
        Forge.user_pool_id,
        client_ids=[Forge.client_id],
        jwks=AgreeableKeys(),
        token_use="any",
        split_roles=True,
        leeway=0.5,
    )
    return Guard(pool, clock=lambda: float(NOW), max_token_bytes=_MAX_BYTES, **arguments)


_bearer_guard = _guard()
_cookie_guard = _guard(carriers=[AuthorizationHeader(), Cookie("session")])


def token(data: bytes) -> None:
    """A token: ``t`` and its text, ``p`` and a payload, ``h`` and a header, ``b`` and both, with a
    line end between them.
    """
    kind, rest = data[:1], data[1:]
    if kind == b"p":
        text = _compact(_HEADER, rest)
    elif kind == b"h":
        text = _compact(rest, _payload())
    elif kind == b"b":
        header, _, payload = rest.partition(b"\n")
        text = _compact(header, payload)
    else:
        text = rest.decode("utf-8", "surrogateescape")
    try:
        identity = _bearer_guard.verify(text)
    except InvalidToken as error:
        _examine_error(_bearer_guard, error, text)
    else:
        _examine_identity(identity, text)


def request(data: bytes) -> None:
    """The headers of a request: lines, each a name, a colon and a value."""
    values: dict[str, list[str | bytes]] = {}
    for line in data.split(b"\n"):
        name, colon, value = line.partition(b":")
        known = name.decode("latin-1").lower()
        if not colon or known not in _HEADER_NAMES:
            known, value = "authorization", line
        values.setdefault(known, []).append(value)
    as_text: dict[str, list[str | bytes]] = {
        name: [line.decode("latin-1") for line in lines if isinstance(line, bytes)]
        for name, lines in values.items()
    }
    answers = [_authenticate(one) for one in (values, as_text)]
    assert answers[0] == answers[1], "bytes and text of one request mean two things"


def _authenticate(values: dict[str, list[str | bytes]]) -> object:
    find = headers(**values)
    try:
        identity = _cookie_guard.authenticate(find)
    except (InvalidRequest, InvalidToken, MissingCredentials) as error:
        _examine_error(_cookie_guard, error, "")
        return error.reason
    credential = _cookie_guard.find_credential(find)
    assert credential is not None
    _examine_identity(identity, credential.token)
    return identity.subject


def jwks(data: bytes) -> None:
    """The body of a key set's answer."""
    secrets = _long(_leaves_of(data))
    with _Records() as said:
        try:
            keys = parse_key_set(data)
        except KeySetError as error:
            assert_silent(error, secrets)
            keys = {}
    assert_unsaid("\n".join(said), secrets, "a log record")
    for kid, key in keys.items():
        assert isinstance(kid, str)
        assert kid
        assert key.algorithm == "RS256"
        assert_unsaid(repr(key), secrets, "the repr of a key")
        assert not key.verify(b"x", b"")
        assert not key.verify(b"x", bytes(256))
    if keys:
        assert list(parse_key_set(json.loads(data))) == list(keys)


TARGETS: dict[str, Callable[[bytes], None]] = {"token": token, "request": request, "jwks": jwks}


def _payload() -> bytes:
    return (
        b'{"sub":"a","iss":"%b","client_id":"%b","token_use":"access","exp":%d,"scope":"a b"}'
        % (Forge.issuer.encode(), Forge.client_id.encode(), NOW + 3600)
    )


def _compact(header: bytes, payload: bytes) -> str:
    return f"{b64(header)}.{b64(payload)}.AAAA"


def _examine_error(guard: Guard, error: AuthError, text: str) -> None:
    assert error.reason in Reason
    assert error.reason in type(error).reasons
    assert re.fullmatch(r"[A-Z][ -~]+\.", error.detail)
    assert_silent(error, _long(secrets_of(text)))
    answer = guard.challenge(error)
    assert answer.status == (400 if isinstance(error, InvalidRequest) else 401)
    assert all(re.fullmatch(r"[ -~]+", value) for _, value in answer.headers)
    assert json.loads(answer.body)["reason"] == error.reason


def _examine_identity(identity: Identity, text: str) -> None:
    for name in dir(Identity):
        if not name.startswith("_"):
            getattr(identity, name)
    hash(identity)
    raw = text.split(".")[1]
    # What a reader understands that is less strict.
    claims = json.loads(urlsafe_b64decode(raw + "=" * (-len(raw) % 4)))
    assert json.dumps(identity.claims) == json.dumps(claims)
    assert identity.subject == claims["sub"]
    assert identity.token_use == claims["token_use"]
    assert claims["exp"] + 0.5 > NOW
    assert list(identity.groups) == claims.get("cognito:groups", [])


def _leaves_of(data: bytes) -> Iterable[str]:
    # As a token's payload, because that is what `secrets_of` takes apart.
    return secrets_of(f".{b64(data)}.")


def _long(secrets: Iterable[str]) -> list[str]:
    return [secret for secret in secrets if len(secret) >= _TELLING]


class _Records(logging.Handler):
    """What is logged while it is entered."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self._said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """See ``logging.Handler.emit``."""
        self._said.append(record.getMessage())

    def __enter__(self) -> list[str]:
        logging.getLogger("cognito_guard").addHandler(self)
        return self._said

    def __exit__(self, *_: object) -> None:
        logging.getLogger("cognito_guard").removeHandler(self)
