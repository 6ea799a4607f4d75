"""The user's own API calls, asked of emulators that other people have written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from cognito_guard import InvalidToken, Reason
from cognito_guard.aws import (
    AttributeRefused,
    LiveUsers,
    PasswordRefused,
    TokenRefused,
    UserApi,
)

from .emulator import ADA, PASSWORD, Emulator

GRACE = "grace@example.com"


@pytest.fixture
def api(emulator: Emulator) -> Iterator[UserApi]:
    """What asks it."""
    pool = emulator.pool.trust()
    api = UserApi(pool, url=f"{emulator.origin}/", writable=["name", "nickname"])
    yield api
    api.close()


@pytest.fixture
def grace(emulator: Emulator) -> Iterator[str]:
    """A user whom a test may change, and her access token."""
    emulator.pool.add_user(GRACE)
    yield emulator.pool.sign_in(GRACE).access
    emulator.pool.aws.admin_delete_user(UserPoolId=emulator.pool.id, Username=GRACE)


def test_get_user(emulator: Emulator, api: UserApi) -> None:
    """The same user as in the token."""
    token = emulator.tokens["ada, access"]
    user = api.get_user(token)
    assert user.subject == emulator.pool.guard().verify(token).subject
    assert (user.email, user.custom["role"]) == (ADA, "editor")


def test_attributes(api: UserApi, grace: str) -> None:
    """Changed by the user alone."""
    assert api.update_attributes(grace, {"name": "Grace Hopper"}) == ()
    assert api.get_user(grace).name == "Grace Hopper"
    with pytest.raises(AttributeRefused):
        api.update_attributes(grace, {"custom:role": "admin"})


def test_password(emulator: Emulator, api: UserApi, grace: str) -> None:
    """The policy is the pool's; who is wrong about the old one changes nothing."""
    with pytest.raises(PasswordRefused):
        api.change_password(grace, "Wrong-horse-9-battery", "Another-horse-9-battery")
    api.change_password(grace, PASSWORD, "Another-horse-9-battery")
    with pytest.raises(emulator.pool.aws.exceptions.ClientError):
        emulator.pool.sign_in(GRACE)


def test_weak_password(moto: Emulator) -> None:
    """cognito-local takes any."""
    api = UserApi(moto.pool.trust(), url=f"{moto.origin}/")
    with pytest.raises(PasswordRefused) as refused:
        api.change_password(moto.tokens["ada, access"], PASSWORD, "weak")
    assert refused.value.code == "InvalidPasswordException"
    api.close()


def test_tokens_of_others(emulator: Emulator, api: UserApi) -> None:
    """Are sent nowhere."""
    with pytest.raises(InvalidToken) as refused:
        api.get_user(emulator.tokens["another pool, access"])
    assert refused.value.reason is Reason.UNKNOWN_ISSUER


def test_a_sign_out(moto: Emulator) -> None:
    """Is noticed by the live check. cognito-local forgets no access token."""
    moto.pool.add_user(GRACE)
    api = UserApi(moto.pool.trust(), url=f"{moto.origin}/")
    token = moto.pool.sign_in(GRACE).access
    live = LiveUsers(api)
    assert live.check(token).email == GRACE
    # By an administrator: moto looks for the user's own call in another region, as it is unsigned.
    moto.pool.aws.admin_user_global_sign_out(UserPoolId=moto.pool.id, Username=GRACE)
    live.forget(token)
    with pytest.raises(InvalidToken) as refused:
        live.check(token)
    assert refused.value.reason is Reason.REVOKED
    with pytest.raises(TokenRefused):
        api.get_user(token)
    api.close()
    moto.pool.aws.admin_delete_user(UserPoolId=moto.pool.id, Username=GRACE)


def test_what_an_administrator_does(moto: Emulator) -> None:
    """The page's snippet, followed to the letter, but for the pool; and the policy is JSON."""
    page = (Path(__file__).parents[2] / "docs" / "user-data.md").read_text(encoding="utf-8")
    (policy,) = re.findall(r"^```json\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    allowed = json.loads(policy)["Statement"][0]["Action"]
    (snippet,) = re.findall(r"^```text\n(aws\..*?)^```$", page, re.MULTILINE | re.DOTALL)
    for name in re.findall(r"aws\.(\w+)", snippet):
        operation = "".join(word.title() for word in name.split("_"))
        assert f"cognito-idp:{operation}" in allowed
    moto.pool.add_user(GRACE)
    identity = moto.pool.guard().verify(moto.pool.sign_in(GRACE).access)
    snippet = snippet.replace("eu-west-1_AbC123xyz", moto.pool.id)
    exec(compile(snippet, "user-data.md", "exec"), {"aws": moto.pool.aws, "identity": identity})  # noqa: S102
    api = UserApi(moto.pool.trust(), url=f"{moto.origin}/")
    token = moto.pool.sign_in(GRACE).access
    assert api.get_user(token).custom["role"] == "editor"
    assert moto.pool.guard().verify(token).groups == ("admins",)
    api.close()
    moto.pool.aws.admin_delete_user(UserPoolId=moto.pool.id, Username=GRACE)
