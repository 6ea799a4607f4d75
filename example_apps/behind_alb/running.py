"""Runs the app on waitress, behind a local load balancer, for demo and tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from cognito_guard import Guard
from cognito_guard.testing import (
    LocalListener,
    LocalLoadBalancer,
    LocalUser,
    LocalUserPool,
)

from ..serving_wsgi import serve_wsgi
from .app import create_app

USERS = (
    LocalUser("alice"),
    LocalUser("ada", groups=["admins"], claims={"name": "Ada Lovelace"}),
)


class Running(NamedTuple):
    """The app, behind its load balancer."""

    balancer: LocalLoadBalancer
    listener: LocalListener
    """What users see."""
    origin: str
    """Where the app itself listens, which nobody but the load balancer should reach."""


@contextmanager
def serve_behind_alb(port: int = 0) -> Iterator[Running]:
    """Serve the app with the settings that it would have in production, but for the keys."""
    pool = LocalUserPool(users=USERS)
    balancer = LocalLoadBalancer(pool)
    with pool.serve() as pool_keys, balancer.serve() as keys:
        guard = Guard.from_env(
            {
                "COGNITO_ALB_ARNS": balancer.arn,
                "COGNITO_ALB_CLIENT_ID": balancer.client_id,
                "COGNITO_ALB_USER_POOL_ID": pool.user_pool_id,
                "COGNITO_ALB_JWKS": pool_keys.url,
                "COGNITO_ALB_KEYS": keys.url,
            }
        )
        logout_url = f"{LocalListener.logout_path}?client_id={pool.client_id}&logout_uri=/"
        with (
            serve_wsgi(create_app(guard, logout_url)) as origin,
            balancer.listen(
                origin,
                on_unauthenticated_request="allow",
                rules={"/login": "authenticate"},
                port=port,
            ) as listener,
        ):
            yield Running(balancer, listener, origin)
