"""PemServer: serves a load balancer's keys as the regional endpoint of AWS does."""

from __future__ import annotations

import httpx

from cognito_guard.testing import LocalLoadBalancer, LocalUserPool


def get(url: str) -> httpx.Response:
    """The answer from ``url``."""
    return httpx.get(url, trust_env=False, timeout=60)


def test_keys_are_served_by_kid(pool: LocalUserPool) -> None:
    """A key is at its ``kid``, on an address of loopback; any other name is 404, and counted."""
    balancer = LocalLoadBalancer(pool)
    [(kid, pem)] = balancer.keys().items()
    with balancer.serve() as server:
        assert server.url.startswith("http://127.0.0.1:")
        answer = get(f"{server.url}/{kid}")
        assert (answer.status_code, answer.text) == (200, pem)
        for other in ("", "/", f"/{kid}/", f"/x/{kid}", f"/{kid}x", "/.."):
            assert get(server.url + other).status_code == 404
        assert server.requests == 7


def test_rotation_shows_at_once(pool: LocalUserPool) -> None:
    """The keys are asked for at every request."""
    balancer = LocalLoadBalancer(pool)
    with balancer.serve() as server:
        old = next(iter(balancer.keys()))
        balancer.rotate()
        [(kid, pem)] = balancer.keys().items()
        assert get(f"{server.url}/{old}").status_code == 404
        assert get(f"{server.url}/{kid}").text == pem
