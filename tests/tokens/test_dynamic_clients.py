"""Clients that register themselves: accepted by resource or by a function, never by default."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from cognito_guard import DYNAMIC_CLIENTS, AccessDenied, Guard, InvalidToken, Reason, UserPool
from cognito_guard.testing import LocalUserPool

URL = "https://app.example/oauth/client.json"
API = "https://api.example.com"


@pytest.fixture(scope="module")
def local() -> LocalUserPool:
    """The pool where clients register."""
    return LocalUserPool()


def reason(guard: Guard, token: str) -> Reason | None:
    """Why a token is refused, if it is."""
    try:
        guard.verify(token)
    except InvalidToken as refusal:
        return refusal.reason
    return None


def is_ours(client_id: str) -> bool:
    """What a user's function may look like."""
    return client_id.startswith("https://app.example/")


@pytest.mark.parametrize("client", ["1abc", URL, "any text: \u00fc", "urn:client:1"])
def test_by_resource(local: LocalUserPool, client: str) -> None:
    """A token that was issued for this API is accepted from whichever client; no other one is."""
    guard = Guard(local.trust(client_ids=DYNAMIC_CLIENTS, resources=[API]))

    good = local.access_token(client_id=client, claims={"aud": API})
    assert guard.verify(good).client_id == client
    other = local.access_token(client_id=client, claims={"aud": "https://other.example"})
    assert reason(guard, other) is Reason.WRONG_RESOURCE
    assert reason(guard, local.access_token(client_id=client)) is Reason.WRONG_RESOURCE


@pytest.mark.parametrize("cache_entries", [0, 100])
def test_by_a_function(local: LocalUserPool, cache_entries: int) -> None:
    """The function decides by the client's id, each time that a token is shown."""
    banned: list[str] = []
    asked: list[str] = []

    def accepts(client_id: str) -> bool:
        asked.append(client_id)
        return is_ours(client_id) and client_id not in banned

    pool = local.trust(client_ids=DYNAMIC_CLIENTS, client_check=accepts, token_use="any")
    guard = Guard(pool, cache_entries=cache_entries)
    token = local.access_token(client_id=URL)

    assert reason(guard, token) is None
    assert reason(guard, local.access_token(client_id="1abc")) is Reason.WRONG_CLIENT
    assert reason(guard, local.id_token(aud="1abc")) is Reason.WRONG_CLIENT
    assert reason(guard, local.id_token(aud=URL)) is None
    banned.append(URL)
    assert reason(guard, token) is Reason.WRONG_CLIENT
    assert asked == [URL, "1abc", "1abc", URL, URL]


@pytest.mark.parametrize("answer", [None, 1, "yes", [URL], False, object()], ids=type)
def test_only_true_accepts(local: LocalUserPool, answer: Any) -> None:
    """A function without ``return``, or that gives what it found, accepts nobody."""
    guard = Guard(local.trust(client_ids=DYNAMIC_CLIENTS, client_check=lambda _: answer))

    assert reason(guard, local.access_token()) is Reason.WRONG_CLIENT


def test_the_function_is_asked_last_but_for_checks(local: LocalUserPool) -> None:
    """Nobody's code runs for a token that was not verified, and a check sees accepted clients."""

    def never(_: object) -> bool:
        raise AssertionError("asked")

    guard = Guard(local.trust(client_ids=DYNAMIC_CLIENTS, client_check=never))
    assert reason(guard, local.access_token(expires_in=-1)) is Reason.TOKEN_EXPIRED
    assert reason(guard, local.access_token()[:-8] + "AAAAAAAA") is Reason.BAD_SIGNATURE

    guard = Guard(local.trust(client_check=lambda _: False, checks=[never]))
    assert reason(guard, local.access_token()) is Reason.WRONG_CLIENT


def test_the_function_beside_a_list(local: LocalUserPool) -> None:
    """With a list of clients, or any client, the function is one more condition."""
    listed = Guard(local.trust(client_check=is_ours))
    assert reason(listed, local.access_token()) is Reason.WRONG_CLIENT
    assert reason(listed, local.access_token(client_id=URL)) is Reason.WRONG_CLIENT


def test_its_own_refusal_goes_through(local: LocalUserPool) -> None:
    """A function may say itself why it refuses."""

    def refuse(_: str) -> bool:
        raise AccessDenied(Reason.CHECK_FAILED, "This client has no contract.")

    with pytest.raises(AccessDenied, match="no contract"):
        Guard(local.trust(client_check=refuse)).verify(local.access_token())


def test_urls_in_a_list(local: LocalUserPool) -> None:
    """The URL of a client's metadata is an id, compared letter by letter."""
    guard = Guard(local.trust(client_ids=[URL, "1abc"]))

    assert reason(guard, local.access_token(client_id=URL)) is None
    assert reason(guard, local.access_token(client_id="1abc")) is None
    for other in (URL + "/", URL.upper(), URL + "?x", "https://app.example"):
        assert reason(guard, local.access_token(client_id=other)) is Reason.WRONG_CLIENT


def test_it_can_be_copied(local: LocalUserPool) -> None:
    """The word is one object, and a pool with a function goes where other pools go."""
    assert repr(DYNAMIC_CLIENTS) == "DYNAMIC_CLIENTS"
    assert pickle.loads(pickle.dumps(DYNAMIC_CLIENTS)) is DYNAMIC_CLIENTS  # noqa: S301
    assert copy.deepcopy(DYNAMIC_CLIENTS) is DYNAMIC_CLIENTS
    pool: UserPool = local.trust(client_ids=DYNAMIC_CLIENTS, client_check=is_ours)
    twin = pickle.loads(pickle.dumps(pool))  # noqa: S301
    assert reason(Guard(twin), local.access_token(client_id=URL)) is None
    assert reason(Guard(twin), local.access_token()) is Reason.WRONG_CLIENT
