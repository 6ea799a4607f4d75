"""Sealing: who has the store, or even the secret, opens nothing."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from cognito_guard import ConfigurationError
from cognito_guard.login.sealing import Sealer

from ..leaks import holds_token
from .site import SECRET, WAYS, site
from .test_refresh import signed_in

OTHER = "another secret that has 32 letters"
SEALED = Sealer([SECRET], "pool").seal("session", "id", b"content")


def test_what_was_sealed_opens() -> None:
    """For the same purpose and binding; each time it looks different."""
    sealer = Sealer([SECRET], "pool")
    assert sealer.open("session", "id", SEALED) == b"content"
    assert sealer.seal("session", "id", b"content") != SEALED


@pytest.mark.parametrize(
    ("sealer", "purpose", "bound_to", "sealed"),
    [
        (Sealer([OTHER], "pool"), "session", "id", SEALED),
        (Sealer([SECRET], "other pool"), "session", "id", SEALED),
        (Sealer([SECRET], "pool"), "attempt", "id", SEALED),
        (Sealer([SECRET], "pool"), "session", "other", SEALED),
        (Sealer([SECRET], "pool"), "session", "id", SEALED[:-1]),
        (Sealer([SECRET], "pool"), "session", "id", SEALED + b"\0"),
        (Sealer([SECRET], "pool"), "session", "id", SEALED[:20]),
        (Sealer([SECRET], "pool"), "session", "id", SEALED[:12]),
        (Sealer([SECRET], "pool"), "session", "id", SEALED[:11]),
        (Sealer([SECRET], "pool"), "session", "id", b""),
        (Sealer([SECRET], "pool"), "session", "id", bytes([SEALED[0] ^ 1]) + SEALED[1:]),
        (Sealer([SECRET], "pool"), "session", "id", SEALED[:-1] + bytes([SEALED[-1] ^ 1])),
    ],
    ids=[
        *("secret", "context", "purpose", "binding", "cut", "longer", "shorter than a tag"),
        *("nonce alone", "less than a nonce", "nothing", "nonce changed", "tag changed"),
    ],
)
def test_what_does_not_open(sealer: Sealer, purpose: str, bound_to: str, sealed: bytes) -> None:
    """Another secret, app, purpose or binding, and anything changed."""
    assert sealer.open(purpose, bound_to, sealed) is None


def test_keys_are_those_of_hkdf() -> None:
    """RFC 5869, as ``cryptography`` does it."""
    info = b"cognito_guard 1\0pool\0session\0id"
    secret = SECRET.encode("ascii")
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(secret)
    assert AESGCM(key).decrypt(SEALED[:12], SEALED[12:], info) == b"content"


def test_secrets_are_replaced_one_by_one() -> None:
    """All of them open, the first one seals."""
    both = Sealer([OTHER.encode("ascii"), SECRET], "pool")
    assert both.open("session", "id", SEALED) == b"content"
    newer = both.seal("session", "id", b"content")
    assert Sealer([OTHER], "pool").open("session", "id", newer) == b"content"
    assert Sealer([SECRET], "pool").open("session", "id", newer) is None


@pytest.mark.parametrize(
    ("secrets", "problem"),
    [
        (None, "must be a list"),
        (SECRET, "must be a list"),
        (SECRET.encode("ascii"), "must be a list"),
        ({SECRET: 1}, "must be a list"),
        ([], "must not be empty"),
        (["short"], "32 characters at least"),
        ([SECRET, "short"], "32 characters at least"),
        ([1], "32 characters at least"),
        (["password" * 8], "made at random"),
        ([SECRET, SECRET], "twice"),
    ],
)
def test_what_is_no_secret(secrets: Any, problem: str) -> None:
    """Refused when the app starts, without being repeated."""
    with pytest.raises(ConfigurationError, match=problem) as caught:
        Sealer(secrets, "pool")
    assert SECRET not in str(caught.value)
    assert "password" not in str(caught.value)


def test_secret_of_any_letters() -> None:
    """A secret is bytes in the end, whatever wrote it."""
    odd = "ä\ud800" * 4 + "0123456789abcdefghijk"
    sealer = Sealer([odd], "pool")
    assert sealer.open("p", "b", sealer.seal("p", "b", b"x")) == b"x"


def test_dump_of_the_store_signs_in_nobody() -> None:
    """In all that the store has there is no token, no id and no user; and with the secret as well,
    it does not open."""
    with site(WAYS[0], rotation=True) as here:
        browser = signed_in(here)
        session = browser.current()
        assert session is not None
        here.clock.now += 3590
        browser.current()
        entries = here.store.memory._entries
        dump = " ".join(f"{key} {entry.value!r}" for key, entry in entries.items())
        for secret in (
            *(browser.session_id or "", session.access_token, session.identity.subject),
            *(here.endpoint.asked[-1]["refresh_token"], "alice"),
            *here.endpoint._refresh_tokens,
        ):
            assert secret
            assert secret not in dump
        assert not holds_token(dump)
        sealer = here.sessions._staying._shelf.records._sealer
        for key, entry in entries.items():
            for purpose in ("session", "attempt"):
                assert sealer.open(purpose, key, entry.value) is None
                assert sealer.open(purpose, "", entry.value) is None
        for key in entries:
            name = key.partition("/")[2]
            assert here.do("current", name[:43]) is None


def test_state_says_nothing() -> None:
    """The address of the sign-in page has no page, verifier or nonce that can be read."""
    with site(WAYS[0]) as here:
        started = here.browser().start(next_page="/secret-page-of-alice")
        state = started.url.split("state=")[1].split("&")[0]
        attempt = here.sessions._signing_in._attempts.open(state, started.binding)
        assert attempt.next_page == "/secret-page-of-alice"
        assert attempt.verifier not in started.url
        assert "secret-page" not in started.url
        assert repr(attempt) == "<Attempt>"
