"""guard.py: a header whose token was verified before is found at a glance, and judged as any."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cognito_guard import (
    AuthError,
    AuthorizationHeader,
    Cookie,
    Credential,
    Guard,
    Identity,
    InvalidToken,
    MissingCredentials,
    Reason,
    UserPool,
)
from cognito_guard.testing import LocalLoadBalancer, LocalUserPool

from .strategies import repeatable

POOL = LocalUserPool()
ALB = LocalLoadBalancer(POOL)
# Made when the tests are collected, which may be long before they run.
DAY = 24 * 3600
ALICE, BOB = (POOL.access_token(name, expires_in=DAY) for name in ("alice", "bob"))
EXPIRED = POOL.access_token("alice", expires_in=-60)
DATA, DATA_OF_BOB = (ALB.data(name, expires_in=DAY) for name in ("alice", "bob"))

Values = Mapping[str, Sequence[str | bytes]]
Outcome = tuple[Any, ...]


def guards(**options: Any) -> list[Guard]:
    """The kinds of guard that there are, by where they look."""
    bearer = AuthorizationHeader()
    pool: UserPool = POOL.trust()
    return [
        Guard(pool, **options),
        Guard(pool, carriers=[bearer, Cookie("token")], **options),
        Guard(pool, ALB.trust(), **options),
        Guard(ALB.trust(), **options),
    ]


def warmed() -> list[Guard]:
    """They have verified everything often enough to remember it."""
    warm = guards()
    for guard in warm:
        for _ in range(3):
            for token in (ALICE, BOB):
                outcome(guard.authenticate, {"authorization": [f"Bearer {token}"]})
            for data in (DATA, DATA_OF_BOB):
                outcome(guard.authenticate, {"x-amzn-oidc-data": [data]})
    return warm


def outcome(authenticate: Callable[[Any], Any], request: Values) -> Outcome:
    """Who it is, or why not; as an adapter sees it."""
    try:
        found = authenticate(lambda name: list(request.get(name, [])))
        if asyncio.iscoroutine(found):
            found = asyncio.run(found)
    except AuthError as error:
        return type(error), error.reason, error.detail, getattr(error, "set_cookie", None)
    if isinstance(found, Credential):
        return found.value, type(found.carrier), found.others
    return (found,)


WARM, COLD = warmed(), guards(cache_entries=0)

tokens = st.sampled_from([ALICE, BOB, EXPIRED, ALICE[:-1], f"{ALICE}=", "A.B.C", ""])
pieces = st.sampled_from(
    ["", " ", "  ", "\t", ",", ", ", ", Basic YQ==", ", a=b", "=", "\u00e9", "\n", '"', "Bearer "]
)
words = st.sampled_from(["Bearer ", "bearer ", "BEARER ", "bEaReR ", "Bearer", "Basic ", "", " "])
values = st.one_of(
    st.builds("{}{}".format, words, tokens),
    st.builds("{}{}{}{}{}".format, pieces, words, pieces, tokens, pieces),
    st.builds("{}{}, {}{}".format, words, tokens, words, tokens),
)
raw = st.builds(
    lambda value, as_bytes: value.encode("latin-1") if as_bytes else value, values, st.booleans()
)
requests = st.fixed_dictionaries(
    {"authorization": st.lists(raw, max_size=2) | st.lists(raw, min_size=1, max_size=1)},
    optional={
        "cookie": st.lists(tokens.map("token={}".format), max_size=2),
        "x-amzn-oidc-data": st.lists(st.sampled_from([DATA, DATA_OF_BOB, ""]), max_size=2),
    },
)


@repeatable
@given(requests, st.integers(0, 3))
def test_the_verdict_is_that_of_a_guard_without_a_cache(request: Values, kind: int) -> None:
    """Whatever the headers are, who remembers says what somebody says who reads and verifies them
    each time."""
    warm, cold = WARM[kind], COLD[kind]

    expected = outcome(cold.authenticate, request)
    assert outcome(warm.authenticate, request) == expected
    assert outcome(warm.aauthenticate, request) == expected


@repeatable
@given(requests, st.integers(0, 3))
def test_so_is_the_credential(request: Values, kind: int) -> None:
    """What is found in the headers is the same, too."""
    warm, cold = WARM[kind], COLD[kind]

    found, expected = (outcome(guard.find_credential, request) for guard in (warm, cold))
    assert found[:2] == expected[:2]
    if len(found) == 3:  # a carrier is another object in each of them
        assert [one.value for one in found[2]] == [one.value for one in expected[2]]


@pytest.mark.parametrize("way", ["authenticate", "aauthenticate"])
def test_it_is_found_without_examining_the_header(
    way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A token that is remembered was examined when it was new."""
    guard = warmed()[0]
    examined: list[object] = []
    monkeypatch.setattr(AuthorizationHeader, "examine", staticmethod(examined.append))

    for value in (f"Bearer {ALICE}", f"bearer {ALICE}".encode()):
        (identity,) = outcome(getattr(guard, way), {"authorization": [value]})
        assert isinstance(identity, Identity)
    assert examined == []

    assert outcome(getattr(guard, way), {"authorization": [f"BEARER {ALICE}"]})[:2] == (
        MissingCredentials,
        Reason.MISSING_CREDENTIALS,
    ), "as there is nothing that examines it"


@pytest.mark.parametrize("way", ["authenticate", "aauthenticate"])
def test_a_check_that_raises_one_error_for_all(way: str) -> None:
    """A refusal of a remembered token has no cookie to drop that another request's error had."""
    error = InvalidToken(Reason.REVOKED, "Out.")
    refusing: list[bool] = []

    def check(identity: Identity) -> None:
        if refusing:
            raise error

    guard = Guard(POOL.trust(checks=[check]))
    request = {"authorization": [f"Bearer {ALICE}"]}
    for _ in range(3):
        outcome(getattr(guard, way), request)
    refusing.append(True)
    error.set_cookie = "token=; Max-Age=0"

    assert outcome(getattr(guard, way), request) == (InvalidToken, Reason.REVOKED, "Out.", None)


@pytest.mark.parametrize("way", ["authenticate", "aauthenticate"])
def test_a_remembered_credential_is_not_missing(way: str) -> None:
    """A key set that takes it for missing makes nobody of no caller."""
    keys = Keys()
    guard = Guard(POOL.trust(jwks=keys))
    request = {"authorization": [f"Bearer {ALICE}"]}
    for _ in range(3):
        outcome(getattr(guard, way), request)
    keys.missing = True

    assert outcome(getattr(guard, way), request)[:2] == (InvalidToken, Reason.CHECK_FAILED)


class Keys:
    """The pool's, until they take a credential for missing."""

    missing = False

    def key(self, kid: str, /) -> Any:
        """See ``KeySet.key``."""
        if self.missing:
            raise MissingCredentials(Reason.MISSING_CREDENTIALS, "So it says.")
        return COLD[0]._tokens._trusted[POOL.issuer][1].key(kid)


def test_headers_that_cannot_be_read_are_missing() -> None:
    """As with any carrier: what gives the headers may say that there is no credential."""

    def none(name: str) -> list[str]:
        raise MissingCredentials(Reason.MISSING_CREDENTIALS, "So it says.")

    for guard in (WARM[0], COLD[0]):
        assert guard.find_credential(none) is None


def test_no_list_is_no_header() -> None:
    """A function may answer ``None`` for a header that is not there, as a mapping's ``get`` does:
    every kind of guard takes the request for one without a credential."""
    nothing: Any = {}.get
    for guard in guards():
        with pytest.raises(MissingCredentials):
            guard.authenticate(nothing)
        assert guard.find_credential(nothing) is None
