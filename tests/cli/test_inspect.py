"""``cognito-guard inspect``: what is inside, said to be unverified, for any text at all."""

from __future__ import annotations

import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cognito_guard.cli.diagnosis import diagnose
from cognito_guard.errors import InvalidToken, Reason
from cognito_guard.testing import LocalLoadBalancer, LocalUserPool
from cognito_guard.tokens.parsing import parse_token

from ..engine.strategies import repeatable
from .running import Outcome, run, run_process

HEADER = {"alg": "RS256", "kid": "1", "typ": "JWT"}


def b64(value: object) -> str:
    """Base64url of a value's JSON, or of bytes."""
    data = value if isinstance(value, bytes) else json.dumps(value).encode("utf-8")
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def token_of(claims: object, header: object = HEADER, signature: str = "AAAA") -> str:
    """An unsigned token with this inside."""
    return f"{b64(header)}.{b64(claims)}.{signature}"


def notes_of(outcome: Outcome) -> list[str]:
    """The lines under the heading ``notes``."""
    _, _, text = outcome.out.partition("\nnotes\n")
    return [line.strip() for line in text.splitlines()]


def problems_of(outcome: Outcome) -> list[str]:
    """The lines under the heading that says what is wrong."""
    _, _, text = outcome.out.partition("\nnot a well-formed token\n")
    lines = text.splitlines()
    end = next((i for i, line in enumerate(lines) if not line.startswith(" ")), len(lines))
    return [line.strip() for line in lines[:end]]


def test_good_token(pool: LocalUserPool) -> None:
    """Header, claims and times are shown, notes are made, and nothing sounds like a verdict."""
    token = pool.access_token("alice", groups=["admins"])
    outcome = run("inspect", token)
    lines = outcome.out.splitlines()
    assert (outcome.status, outcome.err) == (0, "")
    assert lines[0].startswith("UNVERIFIED: nothing here was checked")
    assert '  alg  "RS256"' in lines
    assert '  username        "alice"' in lines
    assert '  cognito:groups  ["admins"]' in lines
    assert any(
        line.startswith("  exp ") and line.endswith(" UTC (in 59 minutes)") for line in lines
    )
    assert "signature of 256 bytes, not checked" in lines
    assert notes_of(outcome) == [
        "It says that it is the access token of a user.",
        f"Its issuer is the original form of user pool {pool.user_pool_id}.",
    ]
    assert "valid" not in outcome.out
    assert not any(part in outcome.out for part in token.split("."))


@pytest.mark.parametrize(
    ("token", "note"),
    [
        pytest.param(
            lambda pool: pool.access_token(expires_in=-60),
            "Would be refused: token_expired: The token has expired.",
            id="expired",
        ),
        pytest.param(
            lambda pool: pool.access_token(nbf=int(time.time()) + 3600),
            "Would be refused: token_not_yet_valid: The token is not valid yet.",
            id="not yet valid",
        ),
        pytest.param(
            lambda pool: pool.access_token(exp="soon"),
            'Would be refused: malformed_claim: The claim "exp" must be present, and',
            id="exp is no number",
        ),
        pytest.param(
            lambda pool: pool.access_token(groups=[], claims={"cognito:groups": "admins"}),
            'Would be refused: malformed_claim: The claim "cognito:groups" must be a list',
            id="groups are no list",
        ),
        pytest.param(
            lambda pool: pool.id_token(aud=["a"]),
            'Would be refused: malformed_claim: The claim "aud" must be',
            id="client is no text",
        ),
        pytest.param(
            lambda pool: pool.access_token(cnf={"jkt": "x"}),
            "Would be refused: sender_constrained: ",
            id="sender-constrained",
        ),
        pytest.param(
            lambda pool: token_of({}, {"alg": "none", "kid": "1"}),
            "Would be refused: unsupported_algorithm: The token must be signed with RS256.",
            id="alg none",
        ),
        pytest.param(
            lambda pool: token_of({}, {**HEADER, "crit": ["b64"]}),
            'Would be refused: unsupported_header: The token\'s header has a "crit" member.',
            id="crit",
        ),
        pytest.param(
            lambda pool: token_of({}, {**HEADER, "jku": "https://a.example"}),
            'The header\'s "jku" is never looked at: a token does not choose its own key.',
            id="jku",
        ),
        pytest.param(
            lambda pool: pool.id_token(), "It says that it is an ID token.", id="ID token"
        ),
        pytest.param(
            lambda pool: pool.machine_token(),
            "It says that it is the access token of a machine",
            id="machine",
        ),
        pytest.param(
            lambda pool: pool.access_token(sub=pool.client_id),
            "It says that it is the access token of a user",
            id="a user named as a client",
        ),
        pytest.param(
            lambda pool: pool.access_token(token_use=["access"]),
            "It does not say that it is an access token or an ID token",
            id="no token_use",
        ),
        pytest.param(
            lambda pool: pool.access_token(iss=pool.updated_issuer),
            "Its issuer is the updated form of user pool eu-west-1_LocalPool.",
            id="updated issuer",
        ),
        pytest.param(
            lambda pool: pool.access_token(iss=pool.issuer + "/"),
            "Its issuer is not an AWS user pool",
            id="slash after the issuer",
        ),
        pytest.param(
            lambda pool: pool.access_token(iss=f"{pool.issuer}/{pool.user_pool_id}"),
            "Its issuer is not an AWS user pool",
            id="more after the issuer",
        ),
        pytest.param(
            lambda pool: pool.access_token(iss="https://evil.example/eu-west-1_LocalPool"),
            "Its issuer is not an AWS user pool",
            id="another host",
        ),
        pytest.param(
            lambda pool: token_of({"iss": 7}), "Its issuer is not an AWS user pool", id="number"
        ),
    ],
)
def test_notes(pool: LocalUserPool, token: Any, note: str) -> None:
    """What is worth noting about a well-formed token is noted, and it is no error."""
    outcome = run("inspect", token(pool))
    assert outcome.status == 0
    assert any(line.startswith(note) for line in notes_of(outcome))


@pytest.mark.parametrize(
    ("token", "problem"),
    [
        pytest.param("", "The token is empty.", id="empty"),
        pytest.param(
            "junk",
            "A signed token has three parts, separated by dots; this one has 1 part.",
            id="1",
        ),
        pytest.param("e30.e30", "this one has 2 parts.", id="2"),
        pytest.param("e30." * 3 + "e30", "this one has 4 parts.", id="4"),
        pytest.param(
            b64({"alg": "dir", "enc": "x"}) + "..a.b.c", "an encrypted one (JWE)", id="JWE"
        ),
        pytest.param(' {"payload": "e30."}', "This is JSON;", id="JSON serialisation"),
        pytest.param("Bearer " + token_of({}), "the word Bearer", id="Bearer"),
        pytest.param(token_of({}) + " ", "signature holds white space.", id="space"),
        pytest.param(token_of({}) + "==", "signature is padded with '='", id="padding"),
        pytest.param(token_of({}, signature="a+b/"), "signature is standard base64", id="base64"),
        pytest.param(token_of({}, signature="aä"), "outside the base64url alphabet", id="letters"),
        pytest.param(token_of({}, signature="AAAAA"), "signature has a length", id="cut"),
        pytest.param(token_of({}, signature="AB"), "signature ends in stray bits", id="stray bits"),
        pytest.param(token_of({}, signature=""), "The token has no signature.", id="unsigned"),
        pytest.param("." + b64({}) + ".AA", "header is empty.", id="no header"),
        pytest.param(b64(HEADER) + "..AA", "payload is empty.", id="no payload"),
        pytest.param(token_of(b"\xff{}"), "payload is not UTF-8 (at byte 1 of 3).", id="bytes"),
        pytest.param(token_of("{}".encode("utf-16")), "payload is not UTF-8", id="UTF-16"),
        pytest.param(token_of(b"\xef\xbb\xbf{}"), "starts with a byte order mark.", id="BOM"),
        pytest.param(token_of(b"{} x"), "payload is not JSON: Extra data (at ch", id="garbage"),
        pytest.param(token_of(b"{'a':1}"), "payload is not JSON: Expecting", id="quotes"),
        pytest.param(token_of([1]), "payload is JSON, but not an object.", id="array"),
        pytest.param(token_of(b'{"a":1,"a":2}'), "names a member of an object twice.", id="twice"),
        pytest.param(token_of(b'{"a":NaN}'), "holds NaN, which JSON does not know.", id="NaN"),
        pytest.param(token_of(b'{"a":1e400}'), "beyond what a double can hold.", id="1e400"),
        pytest.param(token_of(b'{"a":' + b"9" * 5000 + b"}"), "thousands of digits.", id="digits"),
        pytest.param(token_of(b'{"a":"\\ud800"}'), "half of a surrogate pair.", id="surrogate"),
        pytest.param(token_of(b"[" * 9000), "more than 256 objects and arrays.", id="nesting"),
        pytest.param(
            token_of({}, b'{"a":1,"a":2}'), "names a member of an object twice", id="header"
        ),
        pytest.param(token_of({}, {"alg": "RS256"}), 'header has no usable "kid".', id="no kid"),
        pytest.param("A" * 16385, "The token is longer than 16384 bytes;", id="too large"),
    ],
)
def test_problems(token: str, problem: str) -> None:
    """A text that is no well-formed token is status 1, and what is wrong is said precisely."""
    outcome = run("inspect", token)
    assert (outcome.status, outcome.err) == (1, "")
    assert any(problem in line for line in problems_of(outcome))
    assert outcome.out.startswith("UNVERIFIED: ")


def test_what_can_be_read_is_shown() -> None:
    """A broken token is still shown as far as it can be read: a load balancer's has padding."""
    padded = f"{b64(HEADER)}==.{b64({'sub': 'me'})}==.A"
    outcome = run("inspect", padded)
    assert outcome.status == 1
    assert '  kid  "1"' in outcome.out
    assert '  sub  "me"' in outcome.out
    assert "signature of" not in outcome.out


def test_encrypted_token() -> None:
    """Of an encrypted token the header is shown, and no part of it is taken for its payload."""
    outcome = run("inspect", b64({"alg": "dir", "enc": "A256GCM"}) + ".a.b.c.d")
    assert '  enc  "A256GCM"' in outcome.out
    assert problems_of(outcome) == [
        "The token has five parts: it is an encrypted one (JWE), not a signed one (JWS)."
    ]


def test_empty_objects() -> None:
    """A header or claims without members are said to be empty."""
    assert "claims\n  (empty)\n" in run("inspect", token_of({})).out


def test_times_that_are_none(pool: LocalUserPool) -> None:
    """A claim that should be a time and is none is shown as it is."""
    claims = {"exp": True, "iat": "1", "nbf": 10**30, "auth_time": None}
    lines = run("inspect", token_of(claims)).out.splitlines()
    assert [line.split()[1:] for line in lines if line.split()[:1][0] in claims] == [
        ["true"],
        ['"1"'],
        [str(10**30)],
        ["null"],
    ]


def test_fractions_of_a_second() -> None:
    """A time may be a fraction (RFC 7519, section 2), and is shown with the second it is in."""
    outcome = run("inspect", token_of({"exp": 86401.5}))
    assert outcome.status == 0
    assert "  exp  86401.5  1970-01-02 00:00:01 UTC (" in outcome.out


def test_load_balancers_data() -> None:
    """What a load balancer signs is known by its header; padded as it is, it is well-formed."""
    alb = LocalLoadBalancer()
    outcome = run("inspect", alb.data("alice", expires_in=120))
    assert (outcome.status, outcome.err) == (0, "")
    expiries = [line for line in outcome.out.splitlines() if line.startswith("  exp ")]
    assert len(expiries) == 2, "in the header and below"
    assert all(line.endswith("(in 1 minute)") for line in expiries), expiries
    assert "signature of 64 bytes, not checked" in outcome.out.splitlines()
    assert notes_of(outcome) == [
        "It says that it is a load balancer's data (x-amzn-oidc-data), signed by the one that its "
        "signer names.",
        f"Its issuer is the original form of user pool {alb.pool.user_pool_id}.",
    ]


@pytest.mark.parametrize(
    ("claims", "header", "note"),
    [
        ({"exp": 1}, {}, "token_expired: The token has expired."),
        ({}, {"exp": 1}, "token_expired: The token has expired."),
        ({}, {"exp": None}, 'malformed_claim: The claim "exp" must be'),
        ({}, {"signer": ["a"]}, 'malformed_claim: The claim "signer" must be'),
        ({}, {"client": ""}, 'malformed_claim: The claim "client" must be'),
        ({}, {"iss": 1}, 'malformed_claim: The claim "iss" must be'),
        ({}, {"kid": "1"}, 'malformed_token: The "kid" in the header of the load'),
        ({"sub": ""}, {}, 'malformed_claim: The claim "sub" must be'),
        ({}, {"alg": "RS256"}, "unsupported_algorithm: The token must be signed with ES256."),
    ],
)
def test_load_balancers_data_that_would_be_refused(
    claims: dict[str, Any], header: dict[str, Any], note: str
) -> None:
    """The claims in the header are looked at as those below it."""
    alb = LocalLoadBalancer()
    data = alb.data("alice", claims=claims, headers=header)
    (found,) = [each for each in notes_of(run("inspect", data)) if "refused" in each]
    assert found.startswith(f"Would be refused: {note}")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda data: f"{data}=", "signature is not padded to a multiple of four letters."),
        (lambda data: data.replace(".", "=====.", 1), "header is not padded to a multiple of"),
        (lambda data: data.replace(".", ".=", 1), "payload is not padded to a multiple of"),
        (lambda data: data.replace(".", ".\n", 1), "payload holds white space."),
        (lambda data: data.rpartition(".")[0], "this one has 2 parts."),
    ],
)
def test_load_balancers_data_that_is_not_well_formed(
    change: Callable[[str], str], problem: str
) -> None:
    """What is wrong is said part by part, and padding that is as it should be is not."""
    outcome = run("inspect", change(LocalLoadBalancer().data("alice")))
    (found,) = problems_of(outcome)
    assert outcome.status == 1
    assert problem in found


def test_several(pool: LocalUserPool) -> None:
    """Several tokens, and those on standard input, are numbered; one bad one decides the status."""
    good = pool.access_token()
    outcome = run("inspect", good, "junk")
    assert outcome.status == 1
    assert "token 1: UNVERIFIED" in outcome.out
    assert "token 2: UNVERIFIED" in outcome.out
    outcome = run("inspect", "-", stdin=good.encode("ascii"))
    assert outcome.status == 0
    assert outcome.out.startswith("line 1: UNVERIFIED")


def _strictly_well_formed(text: str) -> bool:
    try:
        parse_token(text)
    except InvalidToken as refusal:
        # These two say that the token is well-formed and of another kind.
        return refusal.reason in (Reason.UNSUPPORTED_ALGORITHM, Reason.UNSUPPORTED_HEADER)
    return True


segments = st.one_of(
    st.binary(max_size=40).map(b64),
    st.dictionaries(st.text(max_size=5), st.integers() | st.text(), max_size=3).map(b64),
    st.sampled_from([b64(HEADER), b64({**HEADER, "crit": []}), "e30", "", "e30=", "AB", "é"]),
    st.text(max_size=20),
)


@repeatable
@given(st.lists(segments, min_size=1, max_size=6).map(".".join) | st.text())
def test_any_text(text: str) -> None:
    """Whatever the text: no error, and everything that the engine cannot parse has its problem."""
    outcome = run("inspect", "--", text) if text != "-" else run("inspect", "a")
    assert outcome.status in (0, 1)
    assert all(line.isprintable() for line in outcome.out.split("\n"))
    if not _strictly_well_formed(text):
        assert outcome.status == 1


@repeatable
@given(st.tuples(segments, segments, segments).map(".".join))
def test_problems_are_the_engines(text: str) -> None:
    """A token is called well-formed if, and only if, the engine's strict parser says so too.

    The engine stops at an algorithm that it does not take, before it has seen the rest.
    """
    diagnosis = diagnose(text)
    if not diagnosis.refusals:
        assert (not diagnosis.problems) is _strictly_well_formed(text)


def test_any_bytes_on_stdin() -> None:
    """A process that is fed every byte there is ends without a traceback."""
    outcome = run_process("inspect", "-", stdin=bytes(range(256)))
    assert (outcome.status, outcome.err) == (1, "")
