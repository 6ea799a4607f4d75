"""The connection that is kept: one is enough, and one that was closed meanwhile is no harm."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from cognito_guard.aws import UserApi, UserApiUnavailable
from cognito_guard.testing import LocalUserPool

from .kept_server import Handler, KeptServer


def user_of(pool: LocalUserPool, name: str = "ada") -> dict[str, object]:
    """GetUser's answer."""
    attributes = [{"Name": "sub", "Value": pool.subject(name)}]
    return {"Username": name, "UserAttributes": attributes}


def test_one_connection(pool: LocalUserPool) -> None:
    """For one call after another; a new one after `close`."""
    with KeptServer(lambda handler: handler.say(200, user_of(pool))) as server:
        api = UserApi(pool.trust(), url=server.url, domain=server.url[:-1])
        for _ in range(3):
            assert api.get_user(pool.access_token("ada")).username == "ada"
        assert server.connections == 1
        api.close()
        api.close()
        api.get_user(pool.access_token("ada"))
        assert server.connections == 2
        api.close()


def test_a_hundred_threads(pool: LocalUserPool) -> None:
    """Each gets its own user."""
    names = [f"user-{number}" for number in range(100)]
    tokens = {pool.access_token(name): name for name in names}
    barrier = threading.Barrier(100)

    def behave(handler: Handler) -> None:
        token = next(token for token in tokens if token.encode() in handler.asked)
        handler.say(200, user_of(pool, tokens[token]))

    with KeptServer(behave) as server:
        api = UserApi(pool.trust(), url=server.url)

        def ask(token: str) -> list[str]:
            barrier.wait()
            return [api.get_user(token).username for _ in range(3)]

        with ThreadPoolExecutor(100) as threads:
            assert list(threads.map(ask, tokens)) == [[name] * 3 for name in names]
        api.close()
        assert len(server.asked) == 300


def test_a_connection_that_was_closed(pool: LocalUserPool) -> None:
    """What only asks is asked again; what changes something is not."""
    state = {"hang up": False}

    def behave(handler: Handler) -> None:
        port = handler.client_address[1]
        if state["hang up"] and port in {one for one, _, _ in server.asked[:-1]}:
            handler.hang_up()  # in the very moment, when the request is on its way
        else:
            handler.say(200, user_of(pool))

    with KeptServer(behave) as server:
        api = UserApi(pool.trust(), url=server.url)
        token = pool.access_token("ada")
        api.get_user(token)
        state["hang up"] = True
        assert api.get_user(token).username == "ada"
        assert (server.connections, len(server.asked)) == (2, 3)
        with pytest.raises(UserApiUnavailable, match="gave no answer"):
            api.global_sign_out(token)
        assert (server.connections, len(server.asked)) == (2, 4)
        api.global_sign_out(token)
        assert server.connections == 3
        api.close()


def test_a_new_connection_that_fails(pool: LocalUserPool) -> None:
    """Is not tried twice."""
    with KeptServer(lambda handler: handler.hang_up()) as server:
        api = UserApi(pool.trust(), url=server.url)
        with pytest.raises(UserApiUnavailable):
            api.get_user(pool.access_token("ada"))
        assert len(server.asked) == 1
        api.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_fork(pool: LocalUserPool) -> None:
    """A child opens its own connection, and leaves its parent's alone."""
    with KeptServer(lambda handler: handler.say(200, user_of(pool))) as server:
        api = UserApi(pool.trust(), url=server.url)
        token = pool.access_token("ada")
        api.get_user(token)
        child = os.fork()
        if child == 0:  # pragma: no cover  # in the child
            status = 1
            try:
                status = 0 if api.get_user(token).username == "ada" else 2
            finally:
                os._exit(status)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert server.connections == 2
        api.get_user(token)
        assert server.connections == 2
        api.close()
