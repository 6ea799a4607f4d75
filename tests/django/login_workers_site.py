"""Workers of a Django project that signs users in, each a process, on a database of a test."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from cognito_guard.testing import LocalClient, LocalUser, LocalUserPool, PoolServer
from example_apps.serving import bound

from ..gunicorn_server import gunicorn

__all__ = ["Workers", "workers"]


class Workers(NamedTuple):
    """What a test has in hand."""

    origin: str
    server: PoolServer
    client: LocalClient
    pool: LocalUserPool
    clock: Path

    def pass_time(self, seconds: float) -> None:
        """For the workers and for the pool."""
        ahead = float(self.clock.read_text()) + seconds
        self.clock.write_text(str(ahead))
        self.pool.clock = lambda: time.time() + ahead


@contextmanager
def workers(database: Mapping[str, Any], folder: Path, *options: str) -> Iterator[Workers]:
    """The project under gunicorn, on a database that has its tables."""
    clock = folder / "clock"
    clock.write_text("0")
    pool = LocalUserPool(users=[LocalUser("alice"), LocalUser("ada", groups=["admins"])])
    listener = bound()
    front = f"http://127.0.0.1:{listener.getsockname()[1]}"
    callback = f"{front}/auth/callback"
    client = LocalClient("web", callback_urls=[callback], logout_urls=[f"{front}/"])
    with pool.listen(client) as server:
        environ = {
            "LOGIN_CLOCK": str(clock),
            "LOGIN_DATABASE": json.dumps(database),
            "LOGIN_GUARD": json.dumps(
                {
                    "USER_POOL_ID": pool.user_pool_id,
                    "CLIENT_IDS": ["web"],
                    "ISSUER": server.issuer,
                }
            ),
            "LOGIN_OPTIONS": json.dumps(
                {
                    "domain": server.domain,
                    "client_id": "web",
                    "redirect_uri": callback,
                    "logout_uri": f"{front}/",
                }
            ),
        }
        target = "tests.django.login_workers:make_wsgi()"
        with gunicorn(target, environ, *options, listener=listener) as origin:
            yield Workers(origin, server, client, pool, clock)
