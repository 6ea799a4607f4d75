"""boto3 calls the API of the local pool."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterator
from hashlib import sha256
from importlib.util import find_spec
from typing import Any

import pytest

from cognito_guard.testing import LocalClient, LocalTriggers, LocalUserPool, PoolServer

from ....needs import need
from ..app import CALLBACK, ROTATING, SHOP, WEB, App, Clock

ADA = {"USERNAME": "ada", "PASSWORD": "Analytical-1"}


@pytest.fixture
def aws(server: PoolServer) -> Iterator[Any]:
    """boto3's client, without credentials, as none are needed for these calls."""
    need(find_spec("boto3") is not None, "boto3: pip install boto3")
    import boto3
    from botocore import UNSIGNED
    from botocore.config import Config

    config = Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1}, proxies={})
    client = boto3.client(
        "cognito-idp", region_name="eu-west-1", endpoint_url=server.origin, config=config
    )
    yield client
    client.close()


def with_password(aws: Any, client_id: str = "web", **more: str) -> Any:
    """Sign in as ada."""
    answer = aws.initiate_auth(
        AuthFlow="USER_PASSWORD_AUTH", ClientId=client_id, AuthParameters={**ADA, **more}
    )
    return answer["AuthenticationResult"]


def secret_hash(client: LocalClient, username: str = "ada") -> str:
    """What Cognito wants of a client with a secret."""
    assert client.secret is not None
    digest = hmac.digest(client.secret.encode(), (username + client.client_id).encode(), sha256)
    return base64.b64encode(digest).decode()


def test_with_password(aws: Any, app: App) -> None:
    """SDK sign-in: one scope, no version, an ID token all the same."""
    result = with_password(aws)
    assert (result["ExpiresIn"], result["TokenType"]) == (3600, "Bearer")
    access, identity = app.claims(result["AccessToken"]), app.claims(result["IdToken"])
    assert access["scope"] == "aws.cognito.signin.user.admin"
    assert "version" not in access
    assert access["cognito:groups"] == ("admins",)
    assert identity["name"] == "Ada Lovelace"
    assert identity["origin_jti"] == access["origin_jti"]


def test_refresh(aws: Any, app: App, clock: Clock) -> None:
    """REFRESH_TOKEN_AUTH gives new tokens, and no new refresh token."""
    first = with_password(aws)
    clock.now += 10
    answer = aws.initiate_auth(
        AuthFlow="REFRESH_TOKEN_AUTH",
        ClientId="web",
        AuthParameters={"REFRESH_TOKEN": first["RefreshToken"]},
    )["AuthenticationResult"]
    assert "RefreshToken" not in answer
    old, new = app.claims(first["AccessToken"]), app.claims(answer["AccessToken"])
    assert (old["origin_jti"], old["auth_time"]) == (new["origin_jti"], new["auth_time"])
    again = aws.get_tokens_from_refresh_token(RefreshToken=first["RefreshToken"], ClientId="web")
    assert "RefreshToken" not in again["AuthenticationResult"]


def test_rotation(aws: Any, clock: Clock) -> None:
    """Only GetTokensFromRefreshToken refreshes then, and a token that was replaced is told of."""
    first = with_password(aws, "rotating")["RefreshToken"]
    with pytest.raises(aws.exceptions.InvalidParameterException):
        aws.initiate_auth(
            AuthFlow="REFRESH_TOKEN_AUTH",
            ClientId="rotating",
            AuthParameters={"REFRESH_TOKEN": first},
        )
    second = aws.get_tokens_from_refresh_token(RefreshToken=first, ClientId="rotating")
    assert second["AuthenticationResult"]["RefreshToken"] != first
    clock.now += 30
    with pytest.raises(aws.exceptions.RefreshTokenReuseException):
        aws.get_tokens_from_refresh_token(RefreshToken=first, ClientId="rotating")


def test_confidential(aws: Any) -> None:
    """With the hash of the secret, or the secret itself."""
    first = with_password(aws, "shop", SECRET_HASH=secret_hash(SHOP))["RefreshToken"]
    aws.initiate_auth(
        AuthFlow="REFRESH_TOKEN_AUTH",
        ClientId="shop",
        AuthParameters={"REFRESH_TOKEN": first, "SECRET_HASH": secret_hash(SHOP)},
    )
    aws.get_tokens_from_refresh_token(RefreshToken=first, ClientId="shop", ClientSecret=SHOP.secret)
    with pytest.raises(aws.exceptions.UnauthorizedException):
        aws.revoke_token(Token=first, ClientId="shop")
    aws.revoke_token(Token=first, ClientId="shop", ClientSecret=SHOP.secret)
    with pytest.raises(aws.exceptions.NotAuthorizedException):
        aws.get_tokens_from_refresh_token(
            RefreshToken=first, ClientId="shop", ClientSecret=SHOP.secret
        )


def test_get_user(aws: Any, app: App) -> None:
    """What is known of a user, as texts; for tokens of managed login too."""
    for token in (with_password(aws)["AccessToken"], app.tokens("ada")["access_token"]):
        answer = aws.get_user(AccessToken=token)
        assert answer["Username"] == "ada"
        known = {one["Name"]: one["Value"] for one in answer["UserAttributes"]}
        assert known["sub"] == app.claims(token)["sub"]
        assert known["email_verified"] == "true"
        assert known["name"] == "Ada Lovelace"


def test_revoke(aws: Any, app: App) -> None:
    """A refresh token and all of its sign-in, through whichever door they came."""
    tokens = app.tokens("ada")
    aws.revoke_token(Token=tokens["refresh_token"], ClientId="web")
    assert app.refresh(tokens["refresh_token"]).status_code == 400
    with pytest.raises(aws.exceptions.NotAuthorizedException):
        aws.get_user(AccessToken=tokens["access_token"])


def test_global_sign_out(aws: Any, app: App) -> None:
    """All of a user's sign-ins are over, nobody else's; the browser's session goes on."""
    mine, alice = [with_password(aws), with_password(aws, "rotating")], app.tokens("alice")
    through_browser = app.tokens("ada")
    by_hand = app.server.access_token("ada", client_id="web")
    aws.global_sign_out(AccessToken=by_hand)
    for token in (*(one["AccessToken"] for one in mine), through_browser["access_token"], by_hand):
        with pytest.raises(aws.exceptions.NotAuthorizedException):
            aws.get_user(AccessToken=token)
    assert app.refresh(through_browser["refresh_token"]).status_code == 400
    assert app.refresh(alice["refresh_token"]).status_code == 200
    assert app.authorize().headers["Location"].startswith(CALLBACK)
    aws.get_user(AccessToken=with_password(aws)["AccessToken"])


def test_token_of_another_client(aws: Any, app: App) -> None:
    """Nobody revokes or uses it but its own."""
    refresh_token = app.tokens()["refresh_token"]
    with pytest.raises(aws.exceptions.UnauthorizedException):
        aws.revoke_token(Token=refresh_token, ClientId=ROTATING.client_id)
    with pytest.raises(aws.exceptions.NotAuthorizedException):
        aws.get_tokens_from_refresh_token(RefreshToken=refresh_token, ClientId="rotating")
    aws.get_tokens_from_refresh_token(RefreshToken=refresh_token, ClientId=WEB.client_id)


def refuse(event: dict[str, Any], context: object) -> dict[str, Any]:
    """A trigger that lets nobody in."""
    raise ValueError("Not today")


def test_sign_up(aws: Any, app: App, desk: LocalUserPool) -> None:
    """A new user, and what a trigger has to say of one."""
    email = [{"Name": "email", "Value": "eve@example.com"}]
    new = {"ClientId": "web", "Username": "eve", "Password": "Evening-1"}
    before, triggers = dict(desk.users), desk.triggers
    try:
        desk.triggers = LocalTriggers(pre_sign_up=refuse)
        with pytest.raises(aws.exceptions.UserLambdaValidationException, match="Not today"):
            aws.sign_up(**new, UserAttributes=email)
        desk.triggers = triggers
        answer = aws.sign_up(**new, UserAttributes=email)
        assert answer["UserConfirmed"] is False
        assert answer["CodeDeliveryDetails"]["Destination"] == "e***@e***"
        code = app.server.verification_code("eve")
        aws.confirm_sign_up(ClientId="web", Username="eve", ConfirmationCode=code)
        assert with_password(aws, USERNAME="eve", PASSWORD="Evening-1")["AccessToken"]
    finally:
        desk.users, desk.triggers = before, triggers
