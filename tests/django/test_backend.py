"""CognitoBackend: from a token to a session, beside passwords, and into the admin."""

from __future__ import annotations

from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth import aauthenticate, authenticate
from django.contrib.auth.models import Group, Permission, User
from django.contrib.auth.signals import user_login_failed
from django.test import AsyncClient, Client

from cognito_guard import ConfigurationError, KeysUnavailable
from cognito_guard.testing import LocalUserPool
from cognito_guard_django.models import CognitoUserLink

from .conftest import Configure, bearer

pytestmark = pytest.mark.usefixtures("db", "configure")


def both(token: str | None) -> list[Any]:
    """What ``authenticate`` and ``aauthenticate`` make of a token."""
    return [authenticate(None, token=token), async_to_sync(aauthenticate)(None, token=token)]


def test_a_token_is_a_user(pool: LocalUserPool) -> None:
    """A good token gives the user, sync and async, and says which backend knows him."""
    sync, later = both(pool.access_token("alice"))
    assert sync.pk == later.pk == CognitoUserLink.objects.get().user_id  # type: ignore[attr-defined]
    assert sync.backend == later.backend == "cognito_guard_django.backends.CognitoBackend"


def test_a_bad_token_is_nobody(pool: LocalUserPool, caplog: pytest.LogCaptureFixture) -> None:
    """As with a wrong password: None and Django's signal; the log has the reason, and no token."""
    failed: list[Any] = []

    def note(credentials: Any, **_: Any) -> None:
        failed.append(credentials)

    user_login_failed.connect(note)
    token = pool.access_token(expires_in=-1)
    try:
        with caplog.at_level("INFO", "cognito_guard"):
            assert both(token) == [None, None]
    finally:
        user_login_failed.disconnect(note)
    assert len(failed) == 2
    assert token not in str(failed)
    assert caplog.messages == ["refused with 401: token_expired"] * 2
    assert both(None) == [None, None]


def test_who_is_kept_out(configure: Configure, pool: LocalUserPool) -> None:
    """An inactive user, and whom the hook refuses, cannot log in."""
    token = pool.access_token("alice")
    assert authenticate(None, token=token) is not None
    User.objects.update(is_active=False)
    assert both(token) == [None, None]
    User.objects.update(is_active=True)
    configure(USER_HOOK=lambda user, identity: False)
    assert both(token) == [None, None]


def test_no_keys(configure: Configure, pool: LocalUserPool) -> None:
    """While no key can be had, the token is not called wrong."""
    configure(JWKS="http://127.0.0.1:1/jwks.json")
    with pytest.raises(KeysUnavailable):
        authenticate(None, token=pool.access_token())


def test_stateless(configure: Configure, pool: LocalUserPool) -> None:
    """There is no session without a stored user, and that is said aloud."""
    configure(USERS="stateless")
    with pytest.raises(ConfigurationError, match="USERS"):
        authenticate(None, token=pool.access_token())


def test_beside_passwords(pool: LocalUserPool) -> None:
    """Passwords go to Django's own backend, and no token opens the way to them."""
    local = User.objects.create_user("local", password="secret")
    assert authenticate(None, username="local", password="secret") == local
    assert authenticate(None, username="local", password="wrong") is None
    user = authenticate(None, token=pool.access_token("alice"))
    assert user is not None
    assert authenticate(None, username=user.get_username(), password="") is None


@pytest.mark.parametrize("path", ["/sign-in", "/asign-in"])
def test_a_session_from_a_token(path: str, pool: LocalUserPool) -> None:
    """``login()`` makes a session of a token; afterwards the cookie is enough."""
    if path == "/sign-in":
        client: Any = Client()
        post, get = client.post, client.get
    else:
        client = AsyncClient()
        post, get = async_to_sync(client.post), async_to_sync(client.get)
    assert post(path, {"token": "junk"}).json() == {"user": None}
    assert get("/me").json()["authenticated"] is False
    assert post(path, {"token": pool.access_token("alice")}).json()["user"] is not None
    seen = get("/me").json()
    assert (seen["user"], seen["subject"]) == (pool.subject("alice"), None)
    User.objects.update(is_active=False)
    assert get("/me").json()["authenticated"] is False


def test_permissions_of_groups(configure: Configure, pool: LocalUserPool) -> None:
    """A Cognito group that stands for a Django group carries that group's permissions."""
    configure(GROUPS={"helpdesk": "support"})
    support = Group.objects.create(name="support")
    support.permissions.add(Permission.objects.get(codename="view_user"))

    def ask(*groups: str) -> int:
        token = pool.access_token("alice", groups=groups)
        return Client().get("/with-permission", headers=bearer(token)).status_code

    assert ask("helpdesk") == 200
    assert ask("support") == 403
    assert ask() == 403


def test_the_admin(configure: Configure, pool: LocalUserPool) -> None:
    """Mapped staff work in the admin, with a token or a session; others are sent to the form."""
    configure(STAFF_GROUPS=["admins"], SUPERUSER_GROUPS=["admins"])
    ada = pool.access_token("ada", groups=["admins"])
    pages = ["/site-admin/", "/site-admin/cognito_guard_django/cognitouserlink/"]
    for page in pages:
        assert Client().get(page, headers=bearer(ada)).status_code == 200
        assert Client().get(page, headers=bearer(pool.access_token("alice"))).status_code == 302
    client = Client()
    client.post("/sign-in", {"token": ada})
    assert pool.subject("ada") in client.get(pages[1], {"q": pool.subject("ada")}).content.decode()
    link = CognitoUserLink.objects.get(subject=pool.subject("ada"))
    assert client.get(f"{pages[1]}{link.pk}/change/").status_code == 200
    # The right goes with the claim.
    client.get("/me", headers=bearer(pool.access_token("ada")))
    assert client.get(pages[0]).status_code == 302
