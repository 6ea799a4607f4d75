"""Forged tokens and broken requests: through every adapter the verdict is the engine's.

The engine's own tests have every way to break a token; here is one of each kind.
"""

from __future__ import annotations

import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from typing import Any

import jwt
import pytest

from cognito_guard.testing import LocalUserPool

from ..raw import Answer, ask, bearer
from .adapters import Adapter
from .conftest import Origin

OMIT = LocalUserPool.OMIT
Make = Callable[[LocalUserPool], str]


def claims(pool: LocalUserPool) -> dict[str, Any]:
    """The claims of a good access token."""
    decoded: dict[str, Any] = jwt.decode(
        pool.access_token(groups=["admins"]), options={"verify_signature": False}
    )
    return decoded


def headed(**headers: Any) -> Make:
    """Good claims under a header with these members, really signed."""
    return lambda pool: pool.sign(claims(pool), headers=headers)


def claimed(**changes: Any) -> Make:
    """A really signed access token with these claims."""
    return lambda pool: pool.access_token(**{"groups": ["admins"], **changes})


def spelt(change: Callable[[str], str]) -> Make:
    """A good token, its text changed."""
    return lambda pool: change(pool.access_token())


def unsigned(alg: str) -> Make:
    """A good token's payload under another header, with a signature that anybody can make."""

    def make(pool: LocalUserPool) -> str:
        _, payload, signature = pool.access_token(groups=["admins"]).split(".")
        header = f'{{"alg":"{alg}","kid":"{kid(pool)}"}}'.encode()
        head = urlsafe_b64encode(header).rstrip(b"=").decode()
        return f"{head}.{payload}.{signature if alg != 'none' else ''}"

    return make


def kid(pool: LocalUserPool) -> str:
    """The id of the key that signs access tokens."""
    found: str = jwt.get_unverified_header(pool.access_token())["kid"]
    return found


def secret(pool: LocalUserPool) -> str:
    """Signed with the public key's text as if it were a shared secret."""
    public = jwt.PyJWK(pool.jwks()["keys"][1]).key
    assert public is not None
    return jwt.encode(
        claims(pool), urlsafe_b64encode(str(public).encode()), "HS256", {"kid": kid(pool)}
    )


def impostor(pool: LocalUserPool) -> str:
    """The claims and the ``kid`` are right, the key is another pool's."""
    return LocalUserPool().sign(claims(pool), headers={"kid": kid(pool)})


def trailing_bits(text: str) -> str:
    """The same signature in another spelling, which a lenient decoder takes for the same."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    respelt = text[:-1] + alphabet[alphabet.index(text[-1]) + 1]
    assert urlsafe_b64decode(f"{respelt}==") == urlsafe_b64decode(f"{text}==")
    return respelt


TOKENS: list[tuple[str, Make, str]] = [
    ("alg none", unsigned("none"), "unsupported_algorithm"),
    ("alg None with a signature", unsigned("None"), "unsupported_algorithm"),
    ("a public key as a secret", secret, "unsupported_algorithm"),
    ("alg RS384", unsigned("RS384"), "unsupported_algorithm"),
    ("crit", headed(crit=["exp"]), "unsupported_header"),
    ("zip", headed(zip="DEF"), "unsupported_header"),
    ("another type", headed(typ="JWE"), "unsupported_header"),
    ("kid is too long", headed(kid="x" * 300), "malformed_token"),
    ("kid is a path", headed(kid="../../../etc/passwd"), "unknown_key"),
    ("kid is a URL", headed(kid="https://evil.example/jwks.json"), "unknown_key"),
    ("kid with CRLF", headed(kid="a\r\nX-Evil: 1"), "malformed_token"),
    ("one part", lambda pool: "A" * 40, "malformed_token"),
    ("two parts", spelt(lambda text: text.rpartition(".")[0]), "malformed_token"),
    ("four parts", spelt(lambda text: f"{text}.e30"), "malformed_token"),
    ("many dots", lambda pool: "." * 5000, "malformed_token"),
    ("no signature", spelt(lambda text: text.rpartition(".")[0] + "."), "malformed_token"),
    ("padding", spelt(lambda text: f"{text}=="), "malformed_token"),
    ("trailing bits", spelt(trailing_bits), "malformed_token"),
    ("standard base64", spelt(lambda text: f"{text[:-2]}+/"), "malformed_token"),
    ("a lone surrogate", claimed(nickname="\ud800"), "malformed_token"),
    ("NaN", claimed(exp=float("nan")), "malformed_token"),
    ("deep nesting", claimed(act={"x": [[[[[]]]]] * 90}), "malformed_token"),
    ("another pool's key", impostor, "bad_signature"),
    ("exp is text", claimed(exp=str(int(time.time()) + 3600)), "malformed_claim"),
    ("exp is true", claimed(exp=True), "malformed_claim"),
    ("exp is no time", claimed(exp=1e30), "malformed_claim"),
    ("exp is missing", claimed(exp=OMIT), "malformed_claim"),
    ("exp is negative", claimed(exp=-1), "token_expired"),
    ("nbf ahead", claimed(nbf=int(time.time()) + 3600), "token_not_yet_valid"),
    ("iss is another's", claimed(iss="https://evil.example"), "unknown_issuer"),
    ("iss is missing", claimed(iss=OMIT), "malformed_claim"),
    ("client_id is a list", lambda p: claimed(client_id=[p.client_id])(p), "malformed_claim"),
    ("client_id is a prefix", lambda p: claimed(client_id=p.client_id[:-1])(p), "wrong_client"),
    ("token_use is missing", claimed(token_use=OMIT), "malformed_claim"),
    ("token_use in capitals", claimed(token_use="ACCESS"), "wrong_token_use"),
    ("groups is text", claimed(claims={"cognito:groups": "admins"}), "malformed_claim"),
    ("groups are nested", claimed(claims={"cognito:groups": [["admins"]]}), "malformed_claim"),
    ("scope is a list", claimed(scope=["orders/read"]), "malformed_claim"),
    ("sub is missing", claimed(sub=OMIT), "malformed_claim"),
    ("bound to a sender", claimed(cnf={"jkt": "x"}), "sender_constrained"),
]


@pytest.mark.parametrize(
    ("make", "reason"), [row[1:] for row in TOKENS], ids=[row[0] for row in TOKENS]
)
def test_token(
    adapter: Adapter, make: Make, reason: str, origin: Origin, pool: LocalUserPool
) -> None:
    """A forged token is 401 with its reason, whatever the path asks for, and is not repeated."""
    token = make(pool)
    answer = ask(origin(adapter, "plain"), "/admin", [bearer(token)])
    assert answer.status == 401
    problem = adapter.problem(answer.json)
    assert problem["reason"] == reason
    assert answer.all("WWW-Authenticate") == [
        f'Bearer error="invalid_token", error_description="{_quoted(problem["detail"])}"'
    ]
    assert not any(part in repr(answer) for part in token.split(".") if len(part) > 8)


def _quoted(detail: str) -> str:
    # RFC 6750, section 3: no quotation marks in a description.
    return detail.replace('"', "'")


REQUESTS: list[tuple[str, list[bytes]]] = [
    ("a token over the cap", [b"Authorization: Bearer " + b"A" * 17_000]),
    ("a header of 1 MB", [b"Authorization: Bearer " + b"A" * 1_000_000]),
    ("another header of 1 MB", [b"X-Junk: " + b"A" * 1_000_000]),
    ("ten thousand headers", [b"Authorization: Bearer a"] * 10_000),
    ("NUL", [b"Authorization: Bearer a\x00b"]),
    ("control characters", [b"Authorization: Bearer \x01\x7f\x1b[31m"]),
    ("a bare CR", [b"Authorization: Bearer a\rX-Evil: 1"]),
    ("a folded header", [b"Authorization: Bearer", b" folded"]),
    ("a space before the colon", [b"Authorization : Bearer a"]),
    ("bytes that are no text", [b"Authorization: Bearer \xff\xfe\x80"]),
    ("a scheme that is no text", [b"Authorization: \xff\xfe\x80 token"]),
    ("a cookie that is no text", [b"Cookie: token=\xff\xfe\x80"]),
]


@pytest.mark.parametrize("lines", [row[1] for row in REQUESTS], ids=[row[0] for row in REQUESTS])
@pytest.mark.parametrize("server", ["plain", "cookie"])
def test_request(
    adapter: Adapter, server: str, lines: list[bytes], origin: Origin, pool: LocalUserPool
) -> None:
    """What no client would send is refused, by the server or by us, and the next one is served."""
    where = origin(adapter, server)
    answer: Answer | None
    try:
        answer = ask(where, "/me", lines)
    except ConnectionError:  # a server may hang up on what it will not read
        answer = None
    assert answer is None or 400 <= answer.status < 500
    assert ask(where, "/me", [bearer(pool.access_token())]).status == 200
