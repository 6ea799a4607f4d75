"""UserApi against the local pool: what a user sees and changes."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import trio

from cognito_guard import ANY_CLIENT, ConfigurationError, InvalidToken, Reason, UserPool
from cognito_guard.aws import (
    AttributeRefused,
    CodeRefused,
    PasswordRefused,
    RequestRefused,
    ScopeMissing,
    Throttled,
    TokenRefused,
    UserApi,
    UserApiError,
    UserApiUnavailable,
    UserGone,
)
from cognito_guard.testing import LocalClient, LocalUserPool, PoolServer

from .conftest import ADA, CLIENT, WRITABLE

Do = Callable[..., Any]


def in_asyncio(method: Any) -> Do:
    """The ``a`` twin, under asyncio."""
    twin = getattr(method.__self__, f"a{method.__name__}")
    return lambda *args, **kwargs: asyncio.run(twin(*args, **kwargs))


def in_trio(method: Any) -> Do:
    """The ``a`` twin, under trio."""
    twin = getattr(method.__self__, f"a{method.__name__}")

    async def call(args: Any, kwargs: Any) -> Any:
        return await twin(*args, **kwargs)

    return lambda *args, **kwargs: trio.run(call, args, kwargs)


@pytest.fixture(params=["sync", "asyncio", "trio"])
def way(request: pytest.FixtureRequest) -> Callable[[Any], Do]:
    """How a method is called."""
    ways: dict[str, Callable[[Any], Do]] = {
        "sync": lambda method: method,
        "asyncio": in_asyncio,
        "trio": in_trio,
    }
    return ways[request.param]


def test_get_user(api: UserApi, server: PoolServer, desk: LocalUserPool, way: Any) -> None:
    """Attributes with their types."""
    user = way(api.get_user)(server.access_token("ada"))
    assert (user.username, user.subject) == ("ada", desk.subject("ada"))
    assert (user.email, user.email_verified) == ("ada@lovelace.example", True)
    assert (user.phone_number, user.phone_number_verified) == ("+441234567", False)
    assert (user.name, user.given_name, user.family_name) == ("Ada Lovelace", None, None)
    assert dict(user.custom) == {"role": "editor"}
    assert (user.mfa_methods, user.preferred_mfa, user.federated_identities) == ((), None, ())
    with pytest.raises(TypeError):
        user.attributes["name"] = "Eve"
    assert repr(user) == "<User>"


def test_attributes(api: UserApi, server: PoolServer, desk: LocalUserPool, way: Any) -> None:
    """Changed, verified by the code that was sent, and removed."""
    token = server.access_token("ada")
    assert way(api.update_attributes)(token, {"name": "A. L.", "custom:theme": "dark"}) == ()
    (sent,) = way(api.update_attributes)(token, {"email": "countess@lovelace.example"})
    assert (sent.attribute, sent.medium, sent.destination) == ("email", "EMAIL", "c***@l***")
    assert repr(sent) == "<CodeDelivery>"
    user = api.get_user(token)
    assert (user.name, user.email_verified, user.custom["theme"]) == ("A. L.", False, "dark")
    code = server.verification_code("ada")
    with pytest.raises(CodeRefused) as wrong:
        way(api.verify_attribute)(token, "email", "x" + code[1:])
    assert wrong.value.code == "CodeMismatchException"
    way(api.verify_attribute)(token, "email", code)
    assert api.get_user(token).email_verified
    with pytest.raises(CodeRefused) as used:
        way(api.verify_attribute)(token, "email", code)
    assert used.value.code == "ExpiredCodeException"
    assert way(api.send_attribute_code)(token, "phone_number").medium == "SMS"
    assert way(api.delete_attributes)(token, ["phone_number"]) is None
    way(api.delete_attributes)(token, "custom:theme")
    assert set(api.get_user(token).attributes) == {
        *("sub", "name", "email", "email_verified", "custom:role"),
    }
    assert desk.users["ada"].email == "countess@lovelace.example"


def test_password(api: UserApi, server: PoolServer, desk: LocalUserPool, way: Any) -> None:
    """The old one has to be right, and the new one good."""
    token = server.access_token("ada")
    with pytest.raises(PasswordRefused, match=r"previous password is wrong.*NotAuthorized"):
        way(api.change_password)(token, "Analytical-2", "Difference-1")
    with pytest.raises(PasswordRefused, match=r"policy.*InvalidPassword"):
        way(api.change_password)(token, ADA.password, "difference")
    assert desk.users["ada"].password == ADA.password
    way(api.change_password)(token, ADA.password, "Difference-1")
    assert desk.users["ada"].password == "Difference-1"
    way(api.change_password)(token, "Difference-1", ADA.password)


def test_devices_and_sessions(api: UserApi, server: PoolServer, way: Any) -> None:
    """Pages of them. A session is ended, but not the one that asks."""
    token, other = (sign_in(server) for _ in range(2))
    assert way(api.list_devices)(token).items == ()
    page = way(api.list_user_sessions)(token)
    assert (len(page.items), page.following, repr(page)) == (2, None, "<Page>")
    mine, others = sorted(page.items, key=lambda one: not one.is_current)
    assert (mine.is_current, others.is_current) == (True, False)
    assert (mine.client_id, mine.session_type, mine.ip_address) == (
        CLIENT.client_id,
        "TOKEN",
        "127.0.0.1",
    )
    assert mine.created_at is not None
    assert mine.created_at.tzinfo is not None
    with pytest.raises(RequestRefused):
        way(api.revoke_user_session)(token, mine.session_id)
    way(api.revoke_user_session)(token, others.session_id, linked=True)
    with pytest.raises(TokenRefused):
        api.get_user(other)
    assert api.get_user(token).username == "ada"


def sign_in(server: PoolServer) -> str:
    """Ada's access token, as an app with her password gets it."""
    import httpx

    answer = httpx.post(
        server.origin,
        headers={"X-Amz-Target": "AWSCognitoIdentityProviderService.InitiateAuth"},
        json={
            "AuthFlow": "USER_PASSWORD_AUTH",
            "ClientId": CLIENT.client_id,
            "AuthParameters": {"USERNAME": "ada", "PASSWORD": ADA.password},
        },
        timeout=60,
    )
    token: str = answer.json()["AuthenticationResult"]["AccessToken"]
    return token


def test_the_end(api: UserApi, server: PoolServer, way: Any) -> None:
    """Signed out everywhere, and gone."""
    token, other = server.access_token("ada"), server.access_token("ada")
    way(api.global_sign_out)(token)
    with pytest.raises(TokenRefused) as refused:
        way(api.get_user)(token)
    assert refused.value.code == "NotAuthorizedException"
    way(api.delete_user)(other)
    with pytest.raises(UserGone) as gone:
        way(api.get_user)(other)
    assert gone.value.code == "UserNotFoundException"


def test_user_info(api: UserApi, server: PoolServer, desk: LocalUserPool, way: Any) -> None:
    """With openid alone, which is not enough for the rest."""
    token = server.access_token("ada", scopes=["openid"])
    told = way(api.user_info)(token)
    assert (told["sub"], told["email_verified"]) == (desk.subject("ada"), "true")
    with pytest.raises(TypeError):
        told["sub"] = "x"
    with pytest.raises(ScopeMissing) as missing:
        way(api.get_user)(token)
    assert missing.value.scope == "aws.cognito.signin.user.admin"
    with pytest.raises(ScopeMissing) as missing:
        way(api.user_info)(server.access_token("ada"))
    assert (missing.value.scope, missing.value.code) == ("openid", "insufficient_scope")
    with pytest.raises(ConfigurationError, match="domain="):
        way(UserApi(server.trust()).user_info)(token)


def test_refused_tokens(
    api: UserApi, server: PoolServer, desk: LocalUserPool, other_pool: LocalUserPool
) -> None:
    """What is no token of this pool is sent nowhere. What was one is refused there."""
    before = server.requests
    for token, reason in {
        "": Reason.MALFORMED_TOKEN,
        "a.b.c": Reason.MALFORMED_TOKEN,
        "x" * 20_000: Reason.TOKEN_TOO_LARGE,
        other_pool.access_token(): Reason.UNKNOWN_ISSUER,
        server.id_token("ada"): Reason.WRONG_TOKEN_USE,
    }.items():
        for method in (api.get_user, api.user_info):
            with pytest.raises(InvalidToken) as invalid:
                method(token)
            assert invalid.value.reason is reason
    assert server.requests == before
    desk.users["alice"] = replace(desk.users["alice"], enabled=False)
    for token in (
        server.access_token("ada", expires_in=-1),
        server.access_token("ada")[:-8] + "AAAAAAAA",
        server.access_token("alice"),
    ):
        with pytest.raises(TokenRefused):
            api.get_user(token)
        with pytest.raises(TokenRefused):
            api.user_info(server.access_token("alice", scopes=["openid"]))


def test_what_an_app_lets_users_write(server: PoolServer, desk: LocalUserPool) -> None:
    """Nothing unless it is named; and the client has to have the right as well."""
    token, before = server.access_token("ada"), server.requests["api"]
    api = UserApi(server.trust(), writable=WRITABLE)
    for attributes in ({"custom:role": "admin"}, {"nickname": "A"}, {}, {"name": "x" * 2049}):
        with pytest.raises(AttributeRefused) as refused:
            api.update_attributes(token, attributes)
        assert refused.value.code is None
    with pytest.raises(AttributeRefused):
        api.update_attributes(token, {"name": 1})  # type: ignore[dict-item]
    for names in (["custom:role"], "custom:role", []):
        with pytest.raises(AttributeRefused):
            api.delete_attributes(token, names)
    with pytest.raises(AttributeRefused):
        UserApi(server.trust()).update_attributes(token, {"name": "A"})
    assert server.requests["api"] == before
    unsafe = UserApi(server.trust(), unsafe_writable=["custom:role"])
    unsafe.update_attributes(token, {"custom:role": "admin"})
    assert desk.users["ada"].role == "admin"
    server.register(LocalClient(CLIENT.client_id, write_attributes=["name"]))
    with pytest.raises(AttributeRefused) as refused:
        unsafe.update_attributes(token, {"custom:role": "owner"})
    assert refused.value.code == "NotAuthorizedException"
    with pytest.raises(AttributeRefused) as refused:
        UserApi(server.trust(), writable=["name", "custom:none"]).delete_attributes(
            token, ["custom:none"]
        )
    assert refused.value.code == "NotAuthorizedException"


@pytest.mark.parametrize(
    "arguments",
    [
        {"writable": ["custom:role"]},
        {"writable": "name"},
        {"writable": None},
        {"writable": [""]},
        {"writable": ["custom:"]},
        {"writable": [7]},
        {"writable": ["x" * 33]},
        {"writable": ["na me"]},
        {"writable": ["na\nme"]},
        {"unsafe_writable": ["sub"]},
        {"unsafe_writable": ["email_verified"]},
        {"writable": ["cognito:groups"]},
        {"writable": ["dev:custom:x"]},
        {"url": "http://example.com/"},
        {"url": "ftp://127.0.0.1/"},
        {"domain": "auth.example.com"},
        {"domain": "http://auth.example.com"},
        {"domain": 7},
        {"domain": "https://auth.example.com/path"},
        {"domain": "https://auth.example.com?"},
        {"domain": "https://auth.example.com?x"},
        {"domain": "https://auth.example.com/#"},
        {"domain": "https://ada@auth.example.com"},
        {"domain": "https://auth.example.com\\path"},
    ],
)
def test_wrong_arguments(pool: LocalUserPool, arguments: dict[str, Any]) -> None:
    """Said when it is made, and which it is."""
    (name,) = arguments
    named = name if name in ("url", "domain") else ""
    with pytest.raises(ConfigurationError, match=f"^{named}"):
        UserApi(pool.trust(), **arguments)


def test_an_issuer_without_tls() -> None:
    """Tokens are not sent there either, and the error does not speak of keys."""
    pool = UserPool(
        "local_AbC",
        client_ids=["1example23456789"],
        issuer="http://emulator.example/local_AbC",
        jwks="https://keys.example/",
    )
    with pytest.raises(ConfigurationError, match=r"^the issuer of the pool must be"):
        UserApi(pool)


def test_what_it_needs() -> None:
    """A pool."""
    with pytest.raises(ConfigurationError):
        UserApi("eu-west-1_AbC123xyz")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("user_pool_id", "arguments", "url"),
    [
        ("eu-west-1_AbC", {}, "https://cognito-idp.eu-west-1.amazonaws.com/"),
        ("us-gov-west-1_AbC", {}, "https://cognito-idp.us-gov-west-1.amazonaws.com/"),
        ("eusc-de-east-1_AbC", {}, "https://cognito-idp.eusc-de-east-1.amazonaws.eu/"),
        (
            "eu-west-1_AbC",
            {"issuer": "http://127.0.0.1:9229/eu-west-1_AbC"},
            "http://127.0.0.1:9229/",
        ),
        ("local_AbC", {"issuer": "https://idp.example/x/local_AbC"}, "https://idp.example/"),
    ],
)
def test_where_the_api_is(user_pool_id: str, arguments: Any, url: str) -> None:
    """In the pool's region, or where its issuer is."""
    api = UserApi(UserPool(user_pool_id, client_ids=ANY_CLIENT, **arguments))
    assert api._url == url
    assert repr(api) == f"<UserApi of {user_pool_id}>"
    assert api.pool.user_pool_id == user_pool_id


def test_twins() -> None:
    """Each call has one, with the same arguments and the same result."""
    calls = [name for name in vars(UserApi) if not name.startswith(("_", "a"))]
    calls = [name for name in calls if name not in ("close", "pool")]
    assert len(calls) == 12
    for name in calls:
        one, twin = getattr(UserApi, name), getattr(UserApi, f"a{name}")
        assert inspect.signature(one) == inspect.signature(twin)
        assert inspect.iscoroutinefunction(twin)


def test_errors_are_a_tree() -> None:
    """One name catches all of them."""
    assert issubclass(Throttled, UserApiUnavailable)
    assert issubclass(UserApiUnavailable, UserApiError)
    assert Throttled("x", retry_after=0).retry_after == 1
