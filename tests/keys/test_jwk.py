"""jwk.py: which keys of a set are used, which are left out, and which sets are refused."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from cognito_guard.keys.jwk import KeySetError, parse_key_set

from .material import MESSAGE, OMIT, checks, jwk, jwks, number, pair

GOOD = jwk("good")

BAD: dict[str, tuple[Any, str]] = {
    "a text": ("RSA", "is not a JSON object"),
    "a list": ([GOOD], "is not a JSON object"),
    "null": (None, "is not a JSON object"),
    "private": (jwk("b", d=number(3)), "holds private or symmetric key material"),
    "private primes": (jwk("b", p="AQ", q="AQ"), "holds private or symmetric key material"),
    "oct": ({"kty": "oct", "kid": "b", "k": "c2VjcmV0"}, "holds private or symmetric key material"),
    "oct without k": ({"kty": "oct", "kid": "b", "alg": "HS256"}, "is not an RSA key"),
    "EC": ({"kty": "EC", "kid": "b", "crv": "P-256", "x": "AQ", "y": "AQ"}, "is not an RSA key"),
    "no kty": (jwk("b", kty=OMIT), "is not an RSA key"),
    "kty in another case": (jwk("b", kty="rsa"), "is not an RSA key"),
    "use: enc": (jwk("b", use="enc"), "is not for signatures (use)"),
    "use: null": (jwk("b", use=None), "is not for signatures (use)"),
    "use: a list": (jwk("b", use=["sig"]), "is not for signatures (use)"),
    "key_ops: sign": (jwk("b", key_ops=["sign"]), "is not for verifying (key_ops)"),
    "key_ops: a text": (jwk("b", key_ops="verify"), "is not for verifying (key_ops)"),
    "alg: RS512": (jwk("b", alg="RS512"), "is for another algorithm than RS256 (alg)"),
    "alg: HS256": (jwk("b", alg="HS256"), "is for another algorithm than RS256 (alg)"),
    "alg: none": (jwk("b", alg="none"), "is for another algorithm than RS256 (alg)"),
    "alg: null": (jwk("b", alg=None), "is for another algorithm than RS256 (alg)"),
    "no kid": (jwk(OMIT), "has no kid"),
    "kid: empty": (jwk(""), "has no kid"),
    "kid: a number": (jwk(7), "has no kid"),
    "no n": (jwk("b", n=OMIT), 'has no base64url number under "n"'),
    "n: a number": (jwk("b", n=65537), 'has no base64url number under "n"'),
    "n: padded": (jwk("b", n=GOOD["n"] + "="), 'has no base64url number under "n"'),
    "n: standard base64": (jwk("b", n="+/" * 171), 'has no base64url number under "n"'),
    "n: not ASCII": (jwk("b", n="é" * 342), 'has no base64url number under "n"'),
    "n: trailing bits": (jwk("b", n=GOOD["n"][:-1] + "f"), 'has no base64url number under "n"'),
    "no e": (jwk("b", e=OMIT), 'has no base64url number under "e"'),
    "n: zero": (jwk("b", n="AA"), "has fewer than 2048 or more than 8192 bits"),
    "n: empty": (jwk("b", n=""), "has fewer than 2048 or more than 8192 bits"),
    "2047 bits": (jwk("b", n=number(2**2047 - 1)), "has fewer than 2048 or more than 8192 bits"),
    "1024 bits": (jwk("b", n=number(2**1023 + 1)), "has fewer than 2048 or more than 8192 bits"),
    "8193 bits": (jwk("b", n=number(2**8192 + 1)), "has fewer than 2048 or more than 8192 bits"),
    "e: one": (jwk("b", e="AQ"), "is not an RSA public key"),
    "e: even": (jwk("b", e="BA"), "is not an RSA public key"),
    "e: zero": (jwk("b", e="AA"), "is not an RSA public key"),
    "e: huge": (jwk("b", e=number(2**32 + 1)), "has too large an exponent"),
}


@pytest.mark.parametrize(("member", "problem"), BAD.values(), ids=BAD)
def test_bad_key_is_left_out_and_the_others_count(
    member: Any, problem: str, caplog: pytest.LogCaptureFixture
) -> None:
    """One key that is not to be used costs only itself, and an operator reads why."""
    keys = parse_key_set(jwks(member, GOOD))
    assert list(keys) == ["good"]
    assert checks(keys["good"], "a")
    assert caplog.messages == [f"key set: key 1 {problem} and is left out"]


@pytest.mark.parametrize(("member", "problem"), BAD.values(), ids=BAD)
def test_set_of_bad_keys_is_refused_with_the_reason(member: Any, problem: str) -> None:
    """A set without a single usable key is an error that says what is wrong with each."""
    with pytest.raises(KeySetError) as caught:
        parse_key_set({"keys": [member]})
    assert str(caught.value) == f"it holds no usable key; key 1 {problem}"


def test_set_of_many_bad_keys_makes_no_long_log_line() -> None:
    """Of sixty bad keys, it is said of the first few what is wrong with them."""
    with pytest.raises(KeySetError) as caught:
        parse_key_set({"keys": ["RSA"] * 60})
    told = "; ".join(f"key {number} is not a JSON object" for number in (1, 2, 3, 4))
    assert str(caught.value) == f"it holds no usable key; {told}; and 56 more"


SOURCES: dict[str, bytes] = {
    "nothing": b"",
    "HTML": b"<!doctype html><title>Sign in</title>",
    "cut off": jwks(GOOD)[:-1],
    "something after the end": jwks(GOOD) + b"}",
    "a list": json.dumps([GOOD]).encode(),
    "a key": json.dumps(GOOD).encode(),
    "null": b"null",
    "keys: an object": json.dumps({"keys": {"good": GOOD}}).encode(),
    "keys: null": b'{"keys": null}',
    "UTF-16": jwks(GOOD).decode().encode("utf-16"),
    "a BOM": b"\xef\xbb\xbf" + jwks(GOOD),
    "not UTF-8": b'{"keys": "\xff"}',
    "a number of 5,000 digits": b'{"keys": [], "x": %s}' % (b"9" * 5000),
    "nested 100,000 deep": b'{"keys": ' + b"[" * 100_000,
    "nested 300 deep, to the end": b'{"keys": ' + b"[" * 300 + b"]" * 300 + b"}",
    "objects nested 50,000 deep": b'{"keys":' * 50_000,
}


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_what_is_no_key_set_is_refused(source: bytes) -> None:
    """Whatever the bytes, the outcome is keys or a KeySetError, and it quotes none of them."""
    with pytest.raises(KeySetError) as caught:
        parse_key_set(source)
    assert str(caught.value) == 'it is not an object with a list under "keys"'
    assert caught.value.__cause__ is None


def test_empty_set_is_refused() -> None:
    """No keys at all are no key set: they would refuse everybody."""
    with pytest.raises(KeySetError, match="no usable key"):
        parse_key_set(b'{"keys": []}')


def test_number_of_keys_is_bounded() -> None:
    """64 keys are taken, 65 are not: nobody's pool has so many."""
    assert len(parse_key_set(jwks(*(jwk(f"k{i}") for i in range(64))))) == 64
    with pytest.raises(KeySetError, match="more than 64 keys"):
        parse_key_set(jwks(*(jwk(f"k{i}") for i in range(65))))


def test_lax_json_around_the_keys_does_no_harm() -> None:
    """NaN, repeated names and foreign members in a set decide nothing; the keys are checked."""
    text = jwks(GOOD)[:-1] + b', "x": NaN, "x": Infinity, "keys": [' + jwks(GOOD)[10:-2] + b"]}"
    assert list(parse_key_set(text)) == ["good"]


@pytest.mark.parametrize(
    "members",
    [
        {"use": OMIT, "alg": OMIT},
        {"key_ops": ["verify"], "use": OMIT},
        {"x5c": ["MIIC"], "x5t": "AQ", "jku": "https://evil.example/", "foreign": {"d": 1}},
        {"e": number(3)},
        {"n": number(2**8191 + 1)},
    ],
    ids=["no use and alg", "key_ops", "foreign members", "exponent 3", "8192 bits"],
)
def test_unusual_but_good_key_is_used(members: dict[str, Any]) -> None:
    """What RFC 7517 leaves open does not cost a key its use, and no address in it is followed."""
    assert list(parse_key_set(jwks(jwk("b", **members)))) == ["b"]


def test_same_key_twice_under_one_kid_is_one_key() -> None:
    """A repetition is harmless, with or without what does not belong to the key."""
    keys = parse_key_set(jwks(jwk("x", "a"), jwk("x", "a", use=OMIT)))
    assert checks(keys["x"], "a")


@pytest.mark.parametrize("names", ["ab", "ba", "aba", "aab"])
def test_two_keys_under_one_kid_are_both_left_out(
    names: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Which of two keys signs would be a guess, in whatever order they come."""
    keys = parse_key_set(jwks(*(jwk("x", name) for name in names), GOOD))
    assert list(keys) == ["good"]
    assert "repeats the kid of another key and is left out" in caplog.text


def test_set_of_two_keys_under_one_kid_is_refused() -> None:
    """Nothing is left of a set whose only kid is ambiguous."""
    with pytest.raises(KeySetError, match="key 2 repeats the kid of another key"):
        parse_key_set(jwks(jwk("x", "a"), jwk("x", "b")))


def test_bad_key_does_not_make_a_kid_ambiguous() -> None:
    """A key that is left out anyway cannot push out the good one of the same kid."""
    keys = parse_key_set(jwks(jwk("x", "b", use="enc"), jwk("x", "a"), jwk("x", "b", d="AQ")))
    assert checks(keys["x"], "a")


def test_kids_are_compared_as_whole_texts() -> None:
    """Neither case nor white space nor a Unicode form makes two kids one."""
    kids = ["k", "K", "k ", "k\x00", "\u212a", "é", "e\u0301"]
    assert list(parse_key_set(jwks(*(jwk(kid) for kid in kids)))) == kids


def test_nothing_of_a_key_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """Neither log nor error nor repr quotes a kid or key material."""
    caplog.set_level(logging.DEBUG)
    secret = jwk("a-telling-kid", d="c2VjcmV0LWV4cG9uZW50", p="c2VjcmV0LXByaW1l")
    keys = parse_key_set(jwks(secret, jwk("other-kid", alg="a-telling-alg"), GOOD))
    with pytest.raises(KeySetError) as caught:
        parse_key_set(jwks(secret))
    said = caplog.text + str(caught.value) + repr(keys["good"])
    values = [secret["d"], secret["p"], secret["kid"], GOOD["n"], "telling"]
    assert [value for value in values if value in said] == []


@pytest.mark.parametrize(
    "signature",
    [b"", b"\x00" * 256, b"\xff" * 256, b"\x00" * 255, b"\x00" * 257, b"\x30\x06\x02\x01\x00"],
    ids=["empty", "zeros", "more than n", "short", "long", "DER"],
)
def test_signature_of_any_shape_is_answered_with_no(signature: bytes) -> None:
    """A signature that cannot be one is False, not an exception."""
    assert parse_key_set(jwks(GOOD))["good"].verify(MESSAGE, signature) is False


def test_modulus_that_is_no_product_of_primes_only_fails_to_verify() -> None:
    """A key that somebody broke in its number verifies nothing and crashes nothing."""
    even = pair("a").public_key().public_numbers().n & ~1
    assert not checks(parse_key_set(jwks(jwk("x", n=number(even))))["x"], "a")
