"""No token, password, code, attribute or address in an error, or in a report of one."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import trio

from cognito_guard.aws import LiveCaller, LiveUsers, UserApi
from cognito_guard.testing import LocalUserPool

from ..engine.reports import assert_nothing_shown, shown_by
from ..engine.silence import assert_silent, secrets_of
from .kept_server import Behaviour, KeptServer, refuses, says

SECRETS = {"Un-mistak-able-1", "Un-mistak-able-2", "secret@lovelace.example", "876543210"}

CALLS: dict[str, tuple[Any, ...]] = {
    "get_user": (),
    "update_attributes": ({"email": "secret@lovelace.example"},),
    "delete_attributes": (["email"],),
    "send_attribute_code": ("email",),
    "verify_attribute": ("email", "876543210"),
    "change_password": ("Un-mistak-able-1", "Un-mistak-able-2"),
    "delete_user": (),
    "list_devices": (),
    "list_user_sessions": (),
    "revoke_user_session": ("876543210",),
    "global_sign_out": (),
    "user_info": (),
}
ANSWERS: dict[str, Behaviour] = {
    "rubbish": says(200, b"secret@lovelace.example"),
    "refused": refuses("NotAuthorizedException", "secret@lovelace.example"),
    "unknown": refuses("UnknownException", "secret@lovelace.example"),
    "throttled": refuses("TooManyRequestsException", "secret@lovelace.example"),
    "another user": says(
        200,
        {
            "Username": "secret@lovelace.example",
            "UserAttributes": [{"Name": "sub", "Value": "secret@lovelace.example"}],
            **{name: ["secret@lovelace.example"] for name in ("Devices", "Sessions")},
            "CodeDeliveryDetailsList": ["secret@lovelace.example"],
        },
    ),
    "too much": says(200, b'"secret@lovelace.example"' * 10_000),
    "nothing": lambda handler: handler.hang_up(),
}


def silent(error: BaseException, token: str, pool: LocalUserPool) -> None:
    """Neither the error nor a report of it says anything."""
    known = (pool.client_id, pool.issuer, "aws.cognito.signin.user.admin", "openid")
    hidden = SECRETS | {one for one in secrets_of(token) if one not in known}
    assert_silent(error, hidden)
    assert_nothing_shown(shown_by(error), hidden)


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("way", ["sync", "asyncio", "trio"])
def test_calls(pool: LocalUserPool, name: str, answer: str, way: str) -> None:
    """Whatever comes back, and however it is called."""
    with KeptServer(ANSWERS[answer]) as server:
        api = UserApi(pool.trust(), url=server.url, domain=server.url, writable=["email"])
        token = pool.access_token("ada", scopes=["openid", "aws.cognito.signin.user.admin"])
        try:
            run(way, getattr(api, name if way == "sync" else f"a{name}"), token, *CALLS[name])
        except Exception as error:  # noqa: BLE001  # each of them
            silent(error, token, pool)
        else:
            assert answer == "another user"
        api.close()


def run(way: str, function: Any, *args: Any) -> Any:
    """At once, or under asyncio or trio."""
    if way == "sync":
        return function(*args)

    async def main() -> Any:
        return await function(*args)

    return asyncio.run(main()) if way == "asyncio" else trio.run(main)


@pytest.mark.parametrize("way", ["sync", "asyncio"])
def test_what_is_refused_before_it_is_sent(pool: LocalUserPool, way: str) -> None:
    """Names, values, tokens."""
    api = UserApi(pool.trust(), writable=["name"], url="http://127.0.0.1:1/")
    good = pool.access_token("ada")
    stranger = pool.access_token("ada", iss="https://other.example")
    tries: list[tuple[str, tuple[Any, ...]]] = [
        ("update_attributes", (good, {"email": "secret@lovelace.example"})),
        ("update_attributes", (good, {"name": ["secret@lovelace.example"]})),
        ("update_attributes", (good, "secret@lovelace.example")),
        ("delete_attributes", (good, ["secret@lovelace.example"])),
        ("delete_attributes", (good, 876543210)),
        ("change_password", (good, "Un-mistak-able-1", None)),
        ("verify_attribute", (good, "email", 876543210)),
        *((name, (bad, *args)) for name, args in CALLS.items() for bad in (stranger, good[:-9], 7)),
    ]
    for name, args in tries:
        method = getattr(api, name if way == "sync" else f"a{name}")
        with pytest.raises(Exception) as failed:
            run(way, method, *args)
        if isinstance(args[0], str):
            silent(failed.value, args[0], pool)


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("way", ["sync", "asyncio", "trio"])
def test_live(pool: LocalUserPool, answer: str, way: str) -> None:
    """Checks as well, and what adapters do with a request."""
    from cognito_guard import Guard

    with KeptServer(ANSWERS[answer]) as server:
        live = LiveUsers(UserApi(pool.trust(), url=server.url))
        token = pool.access_token("ada")
        guard = Guard(pool.trust())
        caller = LiveCaller(guard, Headers(token), guard.verify(token))
        for checking in (live, caller):
            args: tuple[Any, ...] = (token,) if checking is live else (live,)
            method = checking.check if way == "sync" else checking.acheck
            with pytest.raises(Exception) as failed:
                run(way, method, *args)
            silent(failed.value, token, pool)
        live.api.close()


class Headers:
    """Those of a request with a token."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, name: str) -> list[str]:
        return [f"Bearer {self._token}"] if name == "authorization" else []
