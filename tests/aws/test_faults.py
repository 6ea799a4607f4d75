"""The API is down, slow or throttles, answers rubbish, or leads elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import pytest

from cognito_guard.aws import Throttled, UserApi, UserApiError, UserApiUnavailable, user_info
from cognito_guard.network import call as call_module
from cognito_guard.testing import Fault, LocalUserPool, PoolServer, TokenFault

from ..ports import closed_port
from .kept_server import KeptServer, says

WIRE = [
    *(Fault.DOWN, Fault.HANG, Fault.DRIP, Fault.HANG_UP, Fault.HALF_BODY, Fault.GARBLED),
    *(Fault.HTML, Fault.REDIRECT, Fault.FORBIDDEN, Fault.SERVER_ERROR),
    *(Fault.TOO_LARGE, Fault.ENDLESS),
]


@contextmanager
def short_patience() -> Iterator[None]:
    """A call ends soon. For calls that fail: what is answered may take longer than that."""
    with ExitStack() as stack:
        for module in (call_module, user_info):
            stack.enter_context(patch.object(module, "_SECONDS", (0.5, 0.3)))
        yield


@pytest.mark.parametrize("fault", WIRE)
def test_wire(server: PoolServer, api: UserApi, fault: Fault) -> None:
    """No answer that is one."""
    asked: dict[str, Callable[[], Any]] = {
        "api": lambda: api.get_user(server.access_token("ada")),
        "userinfo": lambda: api.user_info(server.access_token("ada", scopes=["openid"])),
    }
    for at, ask in asked.items():
        where: Any = None if fault is Fault.DOWN else at
        with (
            server.failing(fault, at=where),
            short_patience(),
            pytest.raises(UserApiError) as failed,
        ):
            ask()
        # A proxy on the way may say 403, which is no word of Cognito's about the user.
        if not (fault is Fault.FORBIDDEN and at == "userinfo"):
            assert type(failed.value) is UserApiUnavailable
        ask()
    assert server.requests["api"] <= 3


def test_slow(desk: LocalUserPool) -> None:
    """A late answer is one."""
    with desk.listen(delay=0.05) as server, server.failing(Fault.SLOW, at="api"):
        api = UserApi(server.trust())
        assert api.get_user(server.access_token("ada")).username == "ada"
        api.close()


def test_throttled(server: PoolServer, api: UserApi) -> None:
    """Told apart, as nothing was done."""
    with server.failing(TokenFault.TOO_MANY_REQUESTS, at="api"), pytest.raises(Throttled) as no:
        api.get_user(server.access_token("ada"))
    assert (no.value.code, no.value.retry_after) == ("TooManyRequestsException", 1)


def test_user_info_says(pool: LocalUserPool) -> None:
    """429, 403, rubbish, and another user."""
    token = pool.access_token("ada", scopes=["openid"])
    with KeptServer(says(429, b"", Retry_After="7")) as server:
        api = UserApi(pool.trust(), url=server.url, domain=server.url)
        with pytest.raises(Throttled) as throttled:
            api.user_info(token)
        assert throttled.value.retry_after == 7
        for status, body in ((200, b"[]"), (200, {"sub": "else"}), (500, b""), (302, b"")):
            server.behave = says(status, body, Location=server.url)
            with pytest.raises(UserApiUnavailable):
                api.user_info(token)
        assert len(server.asked) == 5
        assert server.asked[0][1]["Authorization"] == f"Bearer {token}"
        api.close()


def test_redirects_are_not_followed(pool: LocalUserPool) -> None:
    """A token goes nowhere else."""
    with KeptServer(says(200, {})) as elsewhere:
        with KeptServer(says(307, b"", Location=elsewhere.url)) as server:
            api = UserApi(pool.trust(), url=server.url, domain=server.url)
            for ask in (api.get_user, api.user_info):
                with pytest.raises(UserApiUnavailable, match="307"):
                    ask(pool.access_token("ada"))
            api.close()
        assert elsewhere.asked == []


def test_nobody_listens(pool: LocalUserPool) -> None:
    """The message says where it failed, and nothing of what was sent."""
    with closed_port() as port:
        url = f"http://127.0.0.1:{port}/"
        api = UserApi(pool.trust(), url=url, domain=url)
        for ask, name in ((api.get_user, "user API"), (api.user_info, "userInfo endpoint")):
            said = f"The {name} gave no answer: no connection"
            with pytest.raises(UserApiUnavailable, match=said):
                ask(pool.access_token("ada"))
        api.close()
