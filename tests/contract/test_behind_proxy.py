"""Every adapter behind the local load balancer: a whole login, and forged headers on the way."""

from __future__ import annotations

import pytest

from cognito_guard.testing import LocalLoadBalancer, LocalUserPool

from ..testing_kit.proxy.browser import Browser
from .adapters import FORWARDING, Adapter
from .conftest import Origin


@pytest.fixture(params=FORWARDING, ids=lambda adapter: adapter.name)
def adapter(request: pytest.FixtureRequest) -> Adapter:
    """One adapter after the other that can be behind a load balancer."""
    found: Adapter = request.param
    return found


@pytest.mark.parametrize("spelling", ["x-amzn-oidc-{}", "X_AMZN_OIDC_{}"])
def test_who_signed_in_is_the_caller(
    adapter: Adapter,
    origin: Origin,
    alb: LocalLoadBalancer,
    pool: LocalUserPool,
    spelling: str,
) -> None:
    """The user of the session and nobody else, whatever headers the client brings along."""
    forged = alb.headers("ada", groups=["admins"])
    forged = {spelling.format(name.rpartition("-")[2]): value for name, value in forged.items()}
    with (
        alb.listen(
            origin(adapter, "ALB alone"),
            on_unauthenticated_request="allow",
            rules={"/": "authenticate"},
        ) as listener,
        Browser() as browser,
    ):
        refusal = browser.get(f"{listener.url}/me", headers=forged)
        assert refusal.status_code == 401
        assert adapter.problem(refusal.json())["reason"] == "missing_credentials"

        browser.sign_in(listener.url, "alice")
        for headers in ({}, forged):
            me = browser.get(f"{listener.url}/me", headers=headers)
            assert (me.status_code, me.json()["subject"]) == (200, pool.subject("alice"))
            refusal = browser.get(f"{listener.url}/admin", headers=headers)
            assert refusal.status_code == 403
            assert adapter.problem(refusal.json())["reason"] == "missing_group"

        browser.get(listener.url + listener.logout_path)
        assert browser.get(f"{listener.url}/me").status_code == 401
