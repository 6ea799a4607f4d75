"""Sign in, stay signed in, sign out, with Redis: in threads, tasks and forked workers."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Callable
from typing import Any

import pytest
import redis
import redis.asyncio

from cognito_guard.login import LoginReason, SessionsUnavailable
from cognito_guard.network.waiting import Pending
from cognito_guard_redis import AsyncRedisSessionStore, RedisSessionStore

from ..login.site import Way, site
from ..ports import closed_port

PATIENCE = 60
WORKERS = 4


def blocking(port: int) -> Way:
    """A site that blocks."""
    client = redis.Redis(port=port, socket_timeout=60)
    return Way("", "", lambda do, *a, **k: do(*a, **k), lambda _: RedisSessionStore(client))


def awaiting(port: int) -> Way:
    """A site of asyncio, where each call has an event loop and a client of its own."""

    class Fresh:
        def __getattr__(self, name: str) -> Any:
            async def operate(*arguments: Any) -> Any:
                async with redis.asyncio.Redis(port=port, socket_timeout=60) as client:
                    return await getattr(AsyncRedisSessionStore(client), name)(*arguments)

            return operate

    def run(do: Callable[..., Any], *arguments: Any, **more: Any) -> Any:
        return asyncio.run(do(*arguments, **more))

    return Way("", "a", run, lambda _: Fresh())


@pytest.mark.parametrize("way", [blocking, awaiting])
def test_the_whole_life_of_a_session(port: int, way: Callable[[int], Way]) -> None:
    """Sign in, come back after a refresh with rotation, sign out; nothing stays behind."""
    with (
        site(way(port), rotation=True) as here,
        redis.Redis(port=port, socket_timeout=60) as client,
    ):
        browser = here.browser()
        assert browser.sign_in(next_page="/page").next_page == "/page"
        assert browser.username() == "alice"
        here.clock.now += 3600
        assert browser.username() == "alice"
        assert here.endpoint.refreshes == 1
        browser.sign_out()
        assert browser.username() is None
        assert list(client.scan_iter("*session/*")) == []
        client.flushdb()


@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
def test_forked_workers_refresh_once(port: int) -> None:
    """Workers that were forked with the client in their hands: one refresh leaves, all succeed."""
    context = multiprocessing.get_context("fork")
    with (
        site(blocking(port), rotation=True) as here,
        redis.Redis(port=port, socket_timeout=60) as client,
    ):
        browser = here.browser()
        browser.sign_in()
        here.sessions._driver.pause = lambda seconds: Pending()
        here.clock.now += 3600
        together, found = context.Barrier(WORKERS), context.Queue()

        def work() -> None:
            together.wait(PATIENCE)
            found.put(browser.username())

        workers = [context.Process(target=work) for _ in range(WORKERS)]
        for worker in workers:
            worker.start()
        names = [found.get(timeout=PATIENCE) for _ in workers]
        for worker in workers:
            worker.join(PATIENCE)
        assert names == ["alice"] * WORKERS
        assert here.endpoint.refreshes == 1
        assert browser.username() == "alice"
        client.flushdb()


def test_sign_out_whose_answer_is_lost(port: int) -> None:
    """The client's connection breaks when the removal is done. It asks again, and is told that
    there is nothing; the refresh token is revoked all the same."""
    with site(blocking(port)) as here, redis.Redis(port=port) as client:
        browser = here.browser()
        browser.sign_in()
        store: Any = here.sessions._driver._store
        ours, lost = store._client, list[int]()
        real = ours.eval

        def evaluate(*arguments: Any) -> Any:
            found = real(*arguments)
            if not lost:
                lost.append(found)
                found = real(*arguments)
            return found

        ours.eval = evaluate
        browser.sign_out()
        assert lost == [1]
        assert browser.username() is None
        assert here.endpoint._refresh_tokens == {}
        client.flushdb()


def test_emptied(port: int) -> None:
    """A Redis that was emptied has nobody signed in, and people can sign in again."""
    with site(blocking(port)) as here, redis.Redis(port=port, socket_timeout=60) as client:
        browser = here.browser()
        browser.sign_in()
        client.flushdb()
        assert browser.username() is None
        browser.sign_in()
        assert browser.username() == "alice"
        client.flushdb()


def test_down() -> None:
    """A Redis that cannot be reached is 503, and says nothing of where it is."""
    with closed_port() as port, site(blocking(port)) as here:
        browser = here.browser()
        query = here.endpoint.authorize(browser.start().url)
        with pytest.raises(SessionsUnavailable) as caught:
            browser.come_back(query)
    assert caught.value.reason is LoginReason.SESSIONS_UNAVAILABLE
    assert caught.value.detail == "The session store failed (ConnectionError)."
