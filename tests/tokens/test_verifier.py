"""verifier.py: the order of the checks, the way to the key, and what runs after it."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Generator
from functools import partial
from math import inf
from pathlib import Path
from typing import Any

import pytest

from cognito_guard import (
    AccessDenied,
    ConfigurationError,
    Identity,
    InvalidToken,
    KeysUnavailable,
    Pending,
    Reason,
    RemoteKeySet,
    StaticKeySet,
    TokenVerifier,
    UserPool,
    VerificationKey,
)
from cognito_guard.keys import lookup, remote
from cognito_guard.network.fetch import FetchFailed
from cognito_guard.testing import JwksServer, LocalUserPool

from ..engine.forge import NOW, OMIT, Forge
from ..engine.refusal import assert_refused
from ..naming import steady


def verify(verifier: TokenVerifier, token: str) -> Identity:
    """As a thread asks."""
    return verifier.verify(token)


def averify(verifier: TokenVerifier, token: str) -> Identity:
    """As a task asks."""
    return asyncio.run(verifier.averify(token))


both_ways = pytest.mark.parametrize("ask", [verify, averify])
Ask = Callable[[TokenVerifier, str], Identity]


# Each fault, in the order in which it must be the one that is told; a token has all that follow.
FAULTS: list[tuple[dict[str, Any], Reason]] = [
    ({"iss": "https://other.example"}, Reason.UNKNOWN_ISSUER),
    ({"exp": NOW - 1}, Reason.TOKEN_EXPIRED),
    ({"token_use": "id"}, Reason.WRONG_TOKEN_USE),
    ({"client_id": "another"}, Reason.WRONG_CLIENT),
]
FAULTS_AFTER_THE_SIGNATURE: list[tuple[dict[str, Any], Reason]] = [
    ({"nbf": NOW + 1}, Reason.TOKEN_NOT_YET_VALID),
    ({"cnf": {}}, Reason.SENDER_CONSTRAINED),
    ({"aud": "https://other.example"}, Reason.WRONG_RESOURCE),
    ({"cognito:groups": "admins"}, Reason.MALFORMED_CLAIM),
]


@pytest.mark.parametrize("number", range(len(FAULTS)))
def test_cheap_checks_come_first(forge: Forge, number: int) -> None:
    """Of several faults the cheapest to see is told; the signature is looked at after all these."""
    changes: dict[str, Any] = {}
    for fault, _ in FAULTS[number:] + FAULTS_AFTER_THE_SIGNATURE:
        changes.update(fault)

    token = Forge().token(forge.claims(changes))  # of a foreign key

    assert_refused(forge.guard(resources=["x"]), token, FAULTS[number][1])


@pytest.mark.parametrize("number", range(len(FAULTS_AFTER_THE_SIGNATURE)))
def test_contents_are_checked_behind_the_signature(forge: Forge, number: int) -> None:
    """Who cannot sign learns nothing about what else is wrong with a token."""
    changes: dict[str, Any] = {"aud": "x"}
    for fault, _ in FAULTS_AFTER_THE_SIGNATURE[number:]:
        changes.update(fault)
    claims = forge.claims(changes)
    guard = forge.guard(resources=["x"])

    assert_refused(guard, forge.token(claims), FAULTS_AFTER_THE_SIGNATURE[number][1])
    assert_refused(guard, Forge().token(claims), Reason.BAD_SIGNATURE)


@pytest.mark.parametrize("respell", [str.upper, "XX{}XX".format], ids=["capitals", "framed"])
@pytest.mark.parametrize("token_use", ["access", "id"])
def test_claims_have_one_name(forge: Forge, token_use: str, respell: Callable[[str], str]) -> None:
    """A claim by a similar name is another claim, and takes no other one's place."""
    claims = forge.access_claims() if token_use == "access" else forge.id_claims()
    own = ("client_id", "username") if token_use == "access" else ("aud", "cognito:username")
    guard = forge.guard(token_use=token_use)
    assert guard.verify(forge.token(claims)).client_id == forge.client_id

    for name in ("exp", "token_use", "sub", *own):
        wrong = {name: NOW if name == "exp" else "", respell(name): claims[name]}
        with pytest.raises(InvalidToken):
            guard.verify(forge.token({**claims, **wrong}))


def test_own_checks_come_last(forge: Forge) -> None:
    """A check is called with a verified identity, after everything else and in its order."""
    seen: list[Any] = []
    first = lambda identity: seen.append(identity)  # noqa: E731  # returns None, which passes
    guard = forge.guard(checks=[first, lambda _: False, first])

    for token in (Forge().token(), forge.token(forge.claims(sub=OMIT))):
        with pytest.raises(InvalidToken):
            guard.verify(token)
    assert seen == []

    assert_refused(guard, forge.token(), Reason.CHECK_FAILED)
    assert [identity.subject for identity in seen] == [forge.claims()["sub"]] * 2


@pytest.mark.parametrize("answer", [False, 0, 1, "yes", [], ["admins"]], ids=repr)
def test_a_check_that_does_not_say_yes(forge: Forge, answer: object) -> None:
    """A check passes by returning ``None`` or ``True``, and by nothing that merely looks so."""
    assert_refused(forge.guard(checks=[lambda _: answer]), forge.token(), Reason.CHECK_FAILED)


def test_a_check_may_say_why(forge: Forge) -> None:
    """The error of a check is the answer, be it about the token or about the caller."""
    for error in (InvalidToken("revoked", "Signed out."), AccessDenied("missing_claim", "No.")):

        def check(identity: Identity, error: Exception = error) -> None:
            raise error

        with pytest.raises(type(error)) as caught:
            forge.guard(checks=[check]).verify(forge.token())
        assert caught.value is error


@both_ways
def test_the_key_decides_the_algorithm(forge: Forge, ask: Ask) -> None:
    """A key for another algorithm verifies nothing, whatever the header says."""

    class OtherKey:
        algorithm = "ES256"

        def verify(self, signing_input: bytes, signature: bytes) -> bool:
            return True

    class Keys:
        def key(self, kid: str, /) -> Any:
            return OtherKey()

    with pytest.raises(InvalidToken) as caught:
        ask(TokenVerifier(forge.trust(jwks=Keys()), clock=lambda: NOW), forge.token())

    assert caught.value.reason is Reason.UNSUPPORTED_ALGORITHM


class Awaited:
    """What an async method returns: true for Python, and no answer yet."""

    def __await__(self) -> Generator[None, None, bool]:
        yield
        return False


class WordyKey:
    """A key of somebody's own, which answers in its own way."""

    algorithm = "RS256"

    def __init__(self, answer: object) -> None:
        self._answer = answer

    def key(self, kid: str, /) -> Any:
        """As of a key set."""
        return self

    def verify(self, signing_input: bytes, signature: bytes) -> Any:
        """Whatever it was given."""
        return self._answer


@both_ways
@pytest.mark.parametrize("answer", [1, "no", (False, "why"), Awaited(), None, False], ids=steady)
def test_a_key_says_yes_with_true(forge: Forge, ask: Ask, answer: object) -> None:
    """An answer that Python only takes for true verifies no signature."""

    def said(answer: object) -> TokenVerifier:
        return TokenVerifier(forge.trust(jwks=WordyKey(answer)), clock=lambda: NOW)

    assert ask(said(True), forge.token()).username == "forged.alice"
    with pytest.raises(InvalidToken) as caught:
        ask(said(answer), forge.token())
    assert caught.value.reason is Reason.BAD_SIGNATURE


class LateKeys:
    """A key set that has its key after a number of waits, which a thread of its own ends."""

    def __init__(self, forge: Forge, waits: int) -> None:
        self.keys = StaticKeySet({"keys": [forge.jwk()]})
        self.waits = waits

    def key(self, kid: str, /) -> VerificationKey | Pending:
        """See ``KeySet.key``."""
        if self.waits == 0:
            return self.keys.key(kid)
        self.waits -= 1
        pending = Pending()
        threading.Thread(target=pending.finish).start()
        return pending


class NoKeys:
    """A key set whose answer never comes, and which counts the questions."""

    def __init__(self) -> None:
        self.asked = 0

    def key(self, kid: str, /) -> Pending:
        """See ``KeySet.key``."""
        self.asked += 1
        return Pending()


@both_ways
@pytest.mark.parametrize("waits", [1, 3])
def test_a_key_that_is_on_its_way(forge: Forge, ask: Ask, waits: int) -> None:
    """A verification waits for the key it needs, as often as there is something to wait for."""
    keys = LateKeys(forge, waits)
    late = TokenVerifier(forge.trust(jwks=keys), clock=lambda: NOW)

    assert ask(late, forge.token()).client_id == forge.client_id
    assert keys.waits == 0


@both_ways
def test_a_key_that_never_comes(forge: Forge, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wait ends, and it ends as an outage: nobody can say that the token is bad."""
    monkeypatch.setattr(lookup, "_WAIT_SECONDS", 0.01)
    keys = NoKeys()

    with pytest.raises(KeysUnavailable):
        ask(TokenVerifier(forge.trust(jwks=keys), clock=lambda: NOW), forge.token())

    assert keys.asked == 1


class EndlessKeys:
    """A key set that always has something finished to wait for, and never a key."""

    def key(self, kid: str, /) -> Pending:
        """See ``KeySet.key``."""
        pending = Pending()
        pending.finish()
        return pending


@both_ways
def test_all_waits_together_are_bounded(
    forge: Forge, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request does not wait for ever, however many waits it is sent through."""
    monkeypatch.setattr(lookup, "_WAIT_SECONDS", 0.05)
    monkeypatch.setattr(lookup, "_OVER_AT_ONCE", inf)

    with pytest.raises(KeysUnavailable):
        ask(TokenVerifier(forge.trust(jwks=EndlessKeys()), clock=lambda: NOW), forge.token())


@pytest.mark.parametrize("form", ["a mapping", "a file", "a path", "a key set", "a URL"])
def test_where_keys_come_from(pool: LocalUserPool, tmp_path: Path, form: str) -> None:
    """Each form of ``jwks`` leads to the same keys, for both issuer forms of the pool."""
    file = tmp_path / "jwks.json"
    file.write_text(json.dumps(pool.jwks()))
    with pool.serve() as server:
        jwks: Any = {
            "a mapping": pool.jwks(),
            "a file": str(file),
            "a path": file,
            "a key set": StaticKeySet(pool.jwks()),
            "a URL": server.url,
        }[form]
        tokens = TokenVerifier(pool.trust(jwks=jwks))

        for issuer in (pool.issuer, pool.updated_issuer):
            assert tokens.verify(pool.access_token(iss=issuer)).issuer == issuer
        assert server.requests == (1 if form == "a URL" else 0)
        told = {health.source for health in tokens.health().values()}
        address = {"a URL": server.url, "a file": str(file), "a path": str(file)}
        assert told == {address.get(form)}


def test_keys_of_an_overridden_issuer() -> None:
    """With an issuer of its own, a pool's keys are fetched from that issuer's well-known path."""
    with JwksServer(lambda: emulated.jwks(), "/local_abc/.well-known/jwks.json") as server:
        emulated = LocalUserPool("local_abc", issuer=f"{server.origin}/local_abc")
        tokens = TokenVerifier(emulated.trust(jwks=None))

        assert tokens.verify(emulated.access_token()).issuer == emulated.issuer
        tokens.prefetch()
        assert server.requests == 1


class Addresses:
    """Stands for the two addresses of a pool's keys, and counts what is asked of each."""

    def __init__(self, **bodies: bytes) -> None:
        self.bodies = bodies
        self.asked: list[str] = []
        self.was_asked = threading.Event()

    def get(self, url: str) -> bytes:
        """As ``fetch``: the body, or ``FetchFailed``."""
        name = "updated" if url.startswith("https://issuer-cognito-idp.") else "original"
        assert url.endswith("/.well-known/jwks.json")
        self.asked.append(name)
        self.was_asked.set()
        if name not in self.bodies:
            raise FetchFailed("status 403")
        return self.bodies[name]


@both_ways
@pytest.mark.parametrize("served", ["original", "updated"])
@pytest.mark.parametrize("issued", ["original", "updated"])
def test_one_address_may_fail(
    pool: LocalUserPool, monkeypatch: pytest.MonkeyPatch, ask: Ask, served: str, issued: str
) -> None:
    """Where AWS serves a pool's keys at one address alone, tokens of both forms verify with it."""
    addresses = Addresses(**{served: json.dumps(pool.jwks()).encode()})
    monkeypatch.setattr(remote, "RemoteKeySet", partial(RemoteKeySet, get=addresses.get))
    tokens = TokenVerifier(UserPool(pool.user_pool_id, client_ids=[pool.client_id]))
    issuer = {"original": pool.issuer, "updated": pool.updated_issuer}[issued]

    assert ask(tokens, pool.access_token(iss=issuer)).issuer == issuer
    assert ask(tokens, pool.access_token(iss=issuer)).issuer == issuer
    assert addresses.asked.count(served) == 1


def test_only_the_first_address_is_fetched_ahead(
    pool: LocalUserPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``prefetch`` asks the original address; on most pools the other one answers 403."""
    addresses = Addresses(original=json.dumps(pool.jwks()).encode())
    monkeypatch.setattr(remote, "RemoteKeySet", partial(RemoteKeySet, get=addresses.get))
    tokens = TokenVerifier(UserPool(pool.user_pool_id, client_ids=[pool.client_id]))

    tokens.prefetch()
    assert addresses.was_asked.wait(30)
    assert tokens.verify(pool.access_token())
    tokens.prefetch()

    assert addresses.asked == ["original"]


def test_a_key_set_of_ones_own_is_fetched_ahead(pool: LocalUserPool) -> None:
    """``prefetch`` reaches a remote key set that the pool was given ready-made."""
    addresses = Addresses(original=json.dumps(pool.jwks()).encode())
    keys = RemoteKeySet("https://keys.example/.well-known/jwks.json", get=addresses.get)

    TokenVerifier(pool.trust(jwks=keys)).prefetch()

    assert addresses.was_asked.wait(30)


@pytest.mark.parametrize(
    ("jwks", "message"),
    [
        ({"keys": []}, "jwks is not a usable key set"),
        ({}, "jwks is not a usable key set"),
        ("/no/such/file.json", r"jwks \(/no/such/file.json\): the file cannot be read"),
        ("http://keys.example.com/jwks.json", "https only"),
        ("file:///etc/passwd", "jwks|URL|https"),
        ("ftp://keys.example.com/jwks.json", "https only"),
    ],
)
def test_keys_that_cannot_be_used(pool: LocalUserPool, jwks: Any, message: str) -> None:
    """Keys that could never verify anything are a configuration error at start-up."""
    with pytest.raises(ConfigurationError, match=message):
        TokenVerifier(pool.trust(jwks=jwks))


def test_an_issuer_that_serves_keys_in_the_clear() -> None:
    """Keys are fetched over plain http on loopback only; elsewhere anybody could swap them."""
    with pytest.raises(ConfigurationError, match="https only"):
        TokenVerifier(
            UserPool(
                "local_abc", client_ids=["one"], issuer="http://emulator.example:9229/local_abc"
            )
        )
    assert TokenVerifier(
        UserPool("local_abc", client_ids=["one"], issuer="http://127.0.0.1:9229/local_abc")
    )
