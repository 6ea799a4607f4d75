"""StaticKeySet, and key sets that a user hands to a pool: which keys count, and for whom."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
import pytest

from cognito_guard import (
    ConfigurationError,
    Guard,
    InvalidToken,
    KeySet,
    Reason,
    StaticKeySet,
    VerificationKey,
)
from cognito_guard.testing import LocalUserPool

from .material import checks, jwk, jwks

WAYS: dict[str, Callable[[Path], Any]] = {
    "a mapping": lambda _: json.loads(jwks(jwk("x"), jwk("y", "b"))),
    "bytes": lambda path: path.read_bytes(),
    "a path as text": str,
    "a path": lambda path: path,
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A JWKS file with the keys ``x`` and ``y``."""
    path = tmp_path / "jwks.json"
    path.write_bytes(jwks(jwk("x"), jwk("y", "b")))
    return path


@pytest.fixture
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever opens a socket fails."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)


@pytest.mark.usefixtures("no_sockets")
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_keys_come_from_a_mapping_bytes_or_a_file(way: Callable[[Path], Any], file: Path) -> None:
    """However they are given, the keys are found by kid and nothing is fetched."""
    keys = StaticKeySet(way(file))
    assert checks(keys.key("x"), "a")
    assert checks(keys.key("y"), "b")
    assert not checks(keys.key("x"), "b")
    assert isinstance(keys, KeySet)
    assert repr(keys) == "<StaticKeySet of 2 keys>"


@pytest.mark.parametrize("kid", ["z", "", "X", "x "])
def test_unknown_kid_is_the_tokens_fault(kid: str) -> None:
    """A kid that is not in the set is answered with unknown_key."""
    with pytest.raises(InvalidToken) as caught:
        StaticKeySet(jwks(jwk("x"))).key(kid)
    assert caught.value.reason is Reason.UNKNOWN_KEY
    assert caught.value.__context__ is None


UNUSABLE: dict[str, tuple[Callable[[Path], Any], str]] = {
    "a missing file": (
        lambda p: p / "none",
        "none): the file cannot be read: No such file",
    ),
    "a directory": (lambda p: p, "): the file cannot be read: Is a directory"),
    "a path with NUL": (lambda p: f"{p}/\0", "jwks: no file has a NUL character in its name"),
    "no JSON": (lambda _: b"<html>", "it is HTML or XML"),
    "no keys": (lambda _: {"keys": []}, "it holds no usable key"),
    "a private key": (lambda _: {"keys": [jwk(d="AQ")]}, "holds private or symmetric key material"),
    "a single key": (lambda _: jwk(), "it is a single key"),
    "no mapping": (lambda _: [jwk()], "it is a list"),
}


@pytest.mark.parametrize(("what", "problem"), UNUSABLE.values(), ids=UNUSABLE)
def test_unusable_keys_are_a_configuration_error(
    what: Callable[[Path], Any], problem: str, tmp_path: Path
) -> None:
    """What cannot verify anything fails at start-up, with the reason and without the key."""
    with pytest.raises(ConfigurationError) as caught:
        StaticKeySet(what(tmp_path))
    assert problem in str(caught.value)
    assert jwk()["n"] not in str(caught.value)


@pytest.mark.usefixtures("no_sockets")
def test_pool_with_static_keys_never_touches_the_network(
    tmp_path: Path, pool: LocalUserPool
) -> None:
    """A pool whose keys are a mapping or a file verifies and refuses without a socket."""
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps(pool.jwks()), encoding="utf-8")
    for where in (pool.jwks(), path, str(path)):
        guard = Guard(pool.trust(jwks=where))
        guard.prefetch()
        assert guard.verify(pool.access_token()).subject == pool.subject("alice")
        with pytest.raises(InvalidToken) as caught:
            guard.verify(pool.sign(_claims(pool), headers={"kid": "unknown"}))
        assert caught.value.reason is Reason.UNKNOWN_KEY


class OneMethod:
    """The least that is a key set: one method, no base class."""

    def __init__(self, keys: StaticKeySet) -> None:
        self.asked: list[str] = []
        self._keys = keys

    def key(self, kid: str, /) -> VerificationKey:
        """The key with this id."""
        self.asked.append(kid)
        return self._keys.key(kid)


def test_any_object_with_the_one_method_is_a_key_set(pool: LocalUserPool) -> None:
    """A user's own key set is asked, by kid, for both issuer forms of its pool."""
    keys = OneMethod(StaticKeySet(pool.jwks()))
    guard = Guard(pool.trust(jwks=keys))
    assert isinstance(keys, KeySet)
    for issuer in (pool.issuer, pool.updated_issuer):
        guard.verify(pool.access_token(iss=issuer))
    assert keys.asked == [pool.jwks()["keys"][1]["kid"]] * 2


def test_error_of_a_users_key_set_is_the_callers(pool: LocalUserPool) -> None:
    """What a user's key set raises arrives as it is: it is no verdict on the token."""

    class Broken:
        def key(self, kid: str, /) -> VerificationKey:
            raise LookupError("the vault is sealed")

    with pytest.raises(LookupError, match="sealed"):
        Guard(pool.trust(jwks=Broken())).verify(pool.access_token())


def test_keys_belong_to_their_issuer(pool: LocalUserPool, other_pool: LocalUserPool) -> None:
    """Pool B's key never verifies a token that names pool A, though both use the same kid."""
    shared = {"kid": "shared"}
    keys = {p: {"keys": [{**p.jwks()["keys"][1], **shared}]} for p in (pool, other_pool)}
    guard = Guard(*(p.trust(jwks=keys[p]) for p in keys))
    for named, signer in ((pool, other_pool), (other_pool, pool)):
        own = signer.sign(_claims(signer), headers=shared)
        assert guard.verify(own).subject == signer.subject("alice")
        with pytest.raises(InvalidToken) as caught:
            guard.verify(signer.sign(_claims(named), headers=shared))
        assert caught.value.reason is Reason.BAD_SIGNATURE


def test_kid_of_another_pool_is_unknown(pool: LocalUserPool, other_pool: LocalUserPool) -> None:
    """A token that names pool A and the kid of pool B finds no key."""
    guard = Guard(pool.trust(), other_pool.trust())
    with pytest.raises(InvalidToken) as caught:
        guard.verify(other_pool.sign(_claims(pool)))
    assert caught.value.reason is Reason.UNKNOWN_KEY


def _claims(pool: LocalUserPool) -> dict[str, Any]:
    """The claims of an access token of a pool."""
    claims: dict[str, Any] = jwt.decode(
        pool.access_token(), options={"verify_signature": False, "verify_exp": False}
    )
    return claims
