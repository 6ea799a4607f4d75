"""Workers that gunicorn forks. What a server answers to whom is in the contract's tests."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from cognito_guard.testing import LocalUserPool
from example_apps.serving_django import django_database

from ..gunicorn_server import gunicorn
from ..raw import ask, bearer

WORKERS = 2


def test_preloaded_workers() -> None:
    """A project that was loaded before the fork works in each worker, which fetches keys once."""
    pool = LocalUserPool()
    with pool.serve() as keys, django_database() as database:
        environ = {
            "COGNITO_USER_POOL_ID": pool.user_pool_id,
            "COGNITO_CLIENT_IDS": pool.client_id,
            "COGNITO_JWKS": keys.url,
            **database,
        }
        options = ("--preload", "--workers", str(WORKERS))
        target = "tests.django.preloaded"
        with gunicorn(target, environ, *options) as origin, ThreadPoolExecutor(WORKERS) as threads:
            for _ in range(3):
                # A view waits until each worker is in it, so each must have let its caller in.
                answers = threads.map(
                    lambda name: ask(origin, "/together", [bearer(pool.access_token(name))]),
                    ("alice", "bob"),
                )
                alice, bob = (answer.json for answer in answers)
                assert (alice["username"], bob["username"]) == ("alice", "bob")
                assert alice["worker"] != bob["worker"]
        assert keys.requests == WORKERS
