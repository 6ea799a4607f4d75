"""Users who sign in at a load balancer: provisioned, let into the admin, and safe from CSRF."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings
from django.contrib.auth.models import User
from django.middleware.csrf import get_token
from django.test import AsyncClient, Client, RequestFactory, override_settings

from cognito_guard.testing import LocalLoadBalancer, LocalUserPool
from cognito_guard_django.models import CognitoUserLink

from . import views
from .conftest import Configure, bearer


@pytest.fixture(scope="module")
def alb(pool: LocalUserPool) -> LocalLoadBalancer:
    """The load balancer that the project is behind."""
    return LocalLoadBalancer(pool)


@pytest.fixture(autouse=True)
def _behind(configure: Configure, alb: LocalLoadBalancer, db: str) -> None:
    views.calls.clear()
    configure(
        ALB_ARNS=[alb.arn],
        ALB_CLIENT_ID=alb.client_id,
        ALB_KEYS=alb.keys(),
        ALB_USER_POOL_ID=alb.pool.user_pool_id,
        ALB_JWKS=alb.pool.jwks(),
        STAFF_GROUPS=["staff"],
        SUPERUSER_GROUPS=["admins"],
    )


@pytest.fixture(params=["wsgi", "asgi"])
def send(request: pytest.FixtureRequest) -> Any:
    """Sends a request with CSRF checks on, as a browser's arrives at either kind of server."""

    def _send(
        method: str, path: str, headers: dict[str, str], cookies: Mapping[str, str] = {}
    ) -> Any:
        client: Any = (Client if request.param == "wsgi" else AsyncClient)(enforce_csrf_checks=True)
        client.cookies.load(cookies)
        call = getattr(client, method)
        if request.param == "wsgi":
            return call(path, headers=headers)
        # By keyword, since `headers` of the older clients writes x_amzn_..., which is another name.
        return async_to_sync(call)(path, **headers)

    return _send


def csrf() -> tuple[dict[str, str], dict[str, str]]:
    """A CSRF cookie and the header that goes with it."""
    request = RequestFactory().get("/")
    token = get_token(request)
    return {settings.CSRF_COOKIE_NAME: request.META["CSRF_COOKIE"]}, {"X-CSRFToken": token}


def test_a_user_is_provisioned(send: Any, alb: LocalLoadBalancer) -> None:
    """Found by issuer and subject like any other caller, also when he brings a token himself."""
    assert send("get", "/me", alb.headers("ada")).status_code == 200
    assert send("get", "/me", bearer(alb.pool.access_token("ada"))).status_code == 200
    link = CognitoUserLink.objects.get()
    assert (link.issuer, link.subject) == (alb.issuer, alb.pool.subject("ada"))
    assert link.user.email == "ada@example.com"


def test_the_admin_is_open_to_staff(send: Any, alb: LocalLoadBalancer) -> None:
    """Who signed in at the load balancer needs no second sign-in, and others get the form."""
    page = send("get", "/site-admin/", alb.headers("ada", groups=["staff", "admins"]))
    assert page.status_code == 200
    assert b"Site administration" in page.content
    other = send("get", "/site-admin/", alb.headers("bob"))
    assert (other.status_code, other.headers["Location"].split("?")[0]) == (
        302,
        "/site-admin/login/",
    )


def test_the_admin_keeps_its_protection(send: Any, alb: LocalLoadBalancer) -> None:
    """A form that another site made the browser send does nothing; one of the admin's own does."""
    admin = alb.headers("ada", groups=["staff", "admins"])
    send("get", "/site-admin/", admin)
    victim = User.objects.create_user("victim")
    path = f"/site-admin/auth/user/{victim.pk}/delete/"
    assert send("post", path, admin).status_code == 403
    assert User.objects.filter(pk=victim.pk).exists()
    cookies, header = csrf()
    assert send("post", path, {**admin, **header}, cookies).status_code != 403


@pytest.mark.parametrize("path", ["/me", "/ame", "/bare", "/abare"])
def test_requests_that_change_something_need_a_csrf_token(
    path: str, send: Any, alb: LocalLoadBalancer
) -> None:
    """The session's cookie is at the load balancer; the browser sends it to anybody's order."""
    assert send("post", path, alb.headers("ada")).status_code == 403
    assert views.calls == []
    cookies, header = csrf()
    assert send("post", path, alb.headers("ada"), cookies).status_code == 403
    assert send("post", path, {**alb.headers("ada"), **header}, cookies).status_code == 200


def test_a_token_next_to_it(send: Any, alb: LocalLoadBalancer) -> None:
    """A good token that no browser sends by itself waives the check; a bad one does not."""
    good = bearer(alb.pool.access_token("ada"))
    assert send("post", "/me", {**alb.headers("ada"), **good}).status_code == 200
    assert send("post", "/me", {**alb.headers("ada"), **bearer("junk")}).status_code == 401


def test_forged_headers(send: Any, alb: LocalLoadBalancer) -> None:
    """What another load balancer signs, and what nobody has signed, is refused or nobody."""
    ada = alb.headers("ada", groups=["admins"])
    forged = {**ada, "x-amzn-oidc-data": LocalLoadBalancer(alb.pool).data("ada")}
    assert send("get", "/me", forged).status_code == 401
    plain = {name: ada[name] for name in ada if name != "x-amzn-oidc-data"}
    assert send("get", "/site-admin/", plain).status_code == 302
    with override_settings(COGNITO_GUARD={"USER_POOL_ID": "eu-west-1_A", "CLIENT_IDS": ["a"]}):
        assert send("get", "/site-admin/", ada).status_code == 302
    assert not User.objects.exists()
