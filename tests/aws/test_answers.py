"""What an answer means: each error of Cognito's service model, and what no Cognito would say."""

from __future__ import annotations

import json
from importlib.util import find_spec
from typing import Any

import pytest

from cognito_guard.aws import (
    AttributeRefused,
    CodeRefused,
    PasswordRefused,
    RequestRefused,
    ScopeMissing,
    Throttled,
    TokenRefused,
    UserApiError,
    UserApiUnavailable,
    UserGone,
    requests,
)
from cognito_guard.aws.calls import UserCall, outcome
from cognito_guard.network.exchange import Answer
from cognito_guard.testing import LocalUserPool

from ..needs import need

OPERATIONS = {
    "GetUser",
    "UpdateUserAttributes",
    "DeleteUserAttributes",
    "GetUserAttributeVerificationCode",
    "VerifyUserAttribute",
    "ChangePassword",
    "DeleteUser",
    "ListDevices",
    "ListUserSessions",
    "RevokeUserSession",
    "GlobalSignOut",
}

KINDS: dict[str, type[UserApiError]] = {
    "AliasExistsException": AttributeRefused,
    "CodeDeliveryFailureException": RequestRefused,
    "CodeMismatchException": CodeRefused,
    "ExpiredCodeException": CodeRefused,
    "ForbiddenException": RequestRefused,
    "InternalErrorException": UserApiUnavailable,
    "InvalidEmailRoleAccessPolicyException": RequestRefused,
    "InvalidLambdaResponseException": RequestRefused,
    "InvalidPasswordException": PasswordRefused,
    "InvalidSmsRoleAccessPolicyException": RequestRefused,
    "InvalidSmsRoleTrustRelationshipException": RequestRefused,
    "InvalidUserPoolConfigurationException": RequestRefused,
    "LimitExceededException": Throttled,
    "NotAuthorizedException": TokenRefused,
    "OperationNotEnabledException": RequestRefused,
    "PasswordHistoryPolicyViolationException": PasswordRefused,
    "PasswordResetRequiredException": TokenRefused,
    "ResourceNotFoundException": RequestRefused,
    "TooManyRequestsException": Throttled,
    "UnexpectedLambdaException": RequestRefused,
    "UserLambdaValidationException": RequestRefused,
    "UserNotConfirmedException": TokenRefused,
    "UserNotFoundException": UserGone,
}
"""What becomes of each, whatever the operation; of InvalidParameterException, see below."""

INVALID: dict[str, type[UserApiError]] = {
    "UpdateUserAttributes": AttributeRefused,
    "DeleteUserAttributes": AttributeRefused,
    "GetUserAttributeVerificationCode": AttributeRefused,
    "ChangePassword": PasswordRefused,
}


def asking(pool: LocalUserPool, operation: str = "GetUser", **token: Any) -> UserCall[None]:
    """A call of an operation."""
    return requests.plain(operation, pool.access_token("ada", **token))


def error_of(call: UserCall[Any], status: int, body: object, wait: int | None = None) -> Any:
    """What an answer becomes."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    with pytest.raises(UserApiError) as failed:
        outcome(call, Answer(status, "application/x-amz-json-1.1", raw, wait))
    return failed.value


def test_the_service_model(pool: LocalUserPool) -> None:
    """Every error that botocore knows of an operation is one of ours, and says which it was."""
    need(find_spec("botocore") is not None, "botocore: pip install boto3")
    import botocore.session

    model = botocore.session.Session().get_service_model("cognito-idp")
    need(set(model.operation_names) >= OPERATIONS, "a botocore of 2026")
    for operation in sorted(OPERATIONS):
        described = model.operation_model(operation)
        assert described.auth_type == "none"
        for shape in described.error_shapes:
            kind = KINDS.get(shape.name, INVALID.get(operation, RequestRefused))
            if operation == "ChangePassword" and shape.name == "NotAuthorizedException":
                kind = PasswordRefused
            assert shape.name in KINDS or shape.name == "InvalidParameterException"
            said = {"__type": shape.name, "message": "Of people: Secret-value-1"}
            error = error_of(asking(pool, operation), 400, said)
            assert type(error) is kind, (operation, shape.name)
            assert error.code == shape.name
            assert error.detail != "Cognito refuses the request."
            assert "Secret" not in f"{error} {error!r} {error.args}"


def test_the_requests_fit_the_service_model(pool: LocalUserPool) -> None:
    """Each has all that is required, under the names and with the types that Cognito has."""
    need(find_spec("botocore") is not None, "botocore: pip install boto3")
    import botocore.session
    from botocore.validate import ParamValidator

    model = botocore.session.Session().get_service_model("cognito-idp")
    need(set(model.operation_names) >= OPERATIONS, "a botocore of 2026")
    token, writable = pool.access_token("ada"), frozenset({"name"})
    asked: list[UserCall[Any]] = [
        requests.get_user(token),
        requests.update(token, writable, {"name": "Ada"}),
        requests.delete(token, writable, ["name"]),
        requests.send_code(token, "email"),
        requests.verify(token, "email", "123456"),
        requests.change_password(token, "Analytical-1", "Difference-1"),
        requests.devices(token, 60, "more"),
        requests.devices(token, 60, None),
        requests.sessions(token, "more"),
        requests.revoke_session(token, "tkn" + 25 * "0", True),
        requests.plain("DeleteUser", token),
        requests.plain("GlobalSignOut", token),
    ]
    assert {one.operation for one in asked} == OPERATIONS
    for one in asked:
        one.prepare()
        told = one.told()
        target = f"AWSCognitoIdentityProviderService.{one.operation}"
        assert told["headers"]["X-Amz-Target"] == target
        shape = model.operation_model(one.operation).input_shape
        found = ParamValidator().validate(json.loads(told["content"]), shape)
        assert not found.has_errors(), found.generate_report()


@pytest.mark.parametrize(
    ("operation", "message", "kind"),
    [
        # What AWS says, as people report it.
        ("GetUser", "Access Token does not have required scopes", ScopeMissing),
        ("GetUser", "Access Token has been revoked", TokenRefused),
        ("GetUser", "Access Token has expired", TokenRefused),
        ("GetUser", "Invalid Access Token", TokenRefused),
        ("GetUser", "Could not verify signature for Access Token", TokenRefused),
        ("GetUser", "User is disabled.", TokenRefused),
        (
            "UpdateUserAttributes",
            "A client attempted to write unauthorized attribute",
            AttributeRefused,
        ),
        ("UpdateUserAttributes", "Access Token has been revoked", TokenRefused),
        ("ChangePassword", "Incorrect username or password.", PasswordRefused),
        ("ChangePassword", "Access Token has expired", TokenRefused),
        ("ChangePassword", "User is disabled.", TokenRefused),
        ("ChangePassword", "Access Token does not have required scopes", ScopeMissing),
        # moto, cognito-local, and whoever comes next.
        ("GetUser", "Invalid token", TokenRefused),
        ("GetUser", "", TokenRefused),
        ("GetUser", "something new", TokenRefused),
        ("ChangePassword", "ada", PasswordRefused),
        ("ChangePassword", "Invalid token", TokenRefused),
    ],
)
def test_not_authorized(
    pool: LocalUserPool, operation: str, message: str, kind: type[UserApiError]
) -> None:
    """One code for many things, which its message tells apart."""
    said = {"__type": "NotAuthorizedException", "message": message}
    assert type(error_of(asking(pool, operation), 400, said)) is kind


def test_scope_of_the_token(pool: LocalUserPool) -> None:
    """A token that lacks the scope by its own word lacks it, whatever the message says."""
    said = {"__type": "NotAuthorizedException", "message": "something new"}
    error = error_of(asking(pool, scopes=["openid"]), 400, said)
    assert (type(error), error.scope) == (ScopeMissing, "aws.cognito.signin.user.admin")
    assert type(error_of(asking(pool, claims={"scope": pool.OMIT}), 400, said)) is TokenRefused


def test_names(pool: LocalUserPool) -> None:
    """A name may have its service before it; one that is unknown is passed on."""
    call = asking(pool)
    said = {"__type": "com.amazonaws.cognito#UserNotFoundException", "Message": "x"}
    assert error_of(call, 400, said).code == "UserNotFoundException"
    error = error_of(call, 403, {"__type": "BrandNewException"})
    assert (type(error), error.code) == (RequestRefused, "BrandNewException")
    assert str(error) == "Cognito refuses the request. (BrandNewException)"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, b""),
        (400, b"[]"),
        (400, b"\xff\xfe{}"),
        (400, b"["),
        (400, b"[" * 50_000),
        (400, {"__type": None}),
        (400, {"__type": "two words"}),
        (400, {"__type": "x" * 65}),
        (403, b"<html>Request blocked</html>"),
        (403, {"message": "Forbidden"}),
        (302, b""),
        (204, b""),
        (500, {"__type": "NotAuthorizedException"}),
        (503, b""),
        (200, b"rubbish"),
        (200, b"null"),
    ],
)
def test_rubbish(pool: LocalUserPool, status: int, body: object) -> None:
    """No word about the user, so nothing is concluded."""
    error = error_of(asking(pool), status, body)
    assert (type(error), error.code, error.retry_after) == (UserApiUnavailable, None, 1)
    assert str(status) in str(error)


def test_waits(pool: LocalUserPool) -> None:
    """As the server says, or a second; who was locked out waits longer."""
    call = asking(pool)
    too_many = {"__type": "TooManyRequestsException"}
    assert error_of(call, 400, too_many).retry_after == 1
    assert error_of(call, 400, too_many, 7).retry_after == 7
    assert error_of(call, 400, {"__type": "LimitExceededException"}).retry_after == 60
    error = error_of(call, 429, b"slow down", 3)
    assert (type(error), error.code, error.retry_after) == (Throttled, None, 3)
    down = error_of(call, 500, {"__type": "InternalErrorException"}, 9)
    assert (down.code, down.retry_after) == ("InternalErrorException", 9)


def good(call: UserCall[Any], told: object) -> Any:
    """What a good answer becomes."""
    return outcome(call, Answer(200, "application/x-amz-json-1.1", json.dumps(told).encode()))


def about(sub: str, *more: dict[str, str], **members: Any) -> dict[str, Any]:
    """GetUser's answer."""
    listed = [{"Name": "sub", "Value": sub}, *more]
    return {"Username": "ada", "UserAttributes": listed, **members}


def test_a_whole_user(pool: LocalUserPool) -> None:
    """What the local pool does not have."""
    call = requests.get_user(pool.access_token("ada"))
    sub = pool.subject("ada")
    identities = '[{"userId": "1", "providerName": "Google"}, 7]'
    user = good(
        call,
        about(
            sub,
            {"Name": "identities", "Value": identities},
            {"Name": "phone_number_verified", "Value": "true"},
            {"Name": "nickname"},
            UserMFASettingList=["SOFTWARE_TOKEN_MFA", 7],
            PreferredMfaSetting="SOFTWARE_TOKEN_MFA",
        ),
    )
    assert user.mfa_methods == ("SOFTWARE_TOKEN_MFA",)
    assert user.preferred_mfa == "SOFTWARE_TOKEN_MFA"
    assert [one["providerName"] for one in user.federated_identities] == ["Google"]
    assert (user.phone_number_verified, user.attributes["nickname"]) == (True, "")
    for odd in ("{}", "[", "[" * 50_000):
        one = good(call, about(sub, {"Name": "identities", "Value": odd}))
        assert one.federated_identities == ()


@pytest.mark.parametrize(
    "told",
    [
        {},
        about("somebody-else"),
        {**about("x"), "UserAttributes": [{"Name": "email", "Value": "x"}]},
        {**about("x"), "UserAttributes": None},
        {**about("x"), "UserAttributes": ["sub"]},
        {**about("x"), "UserAttributes": [{"Value": "x"}]},
        "mine, twice",
        "mine, nameless",
    ],
)
def test_another_user(pool: LocalUserPool, told: Any) -> None:
    """An answer that is not plainly about the token's user is none."""
    mine = about(pool.subject("ada"))
    if told == "mine, twice":
        told = about(pool.subject("ada"), {"Name": "sub", "Value": pool.subject("ada")})
    elif told == "mine, nameless":
        told = {**mine, "Username": None}
    with pytest.raises(UserApiUnavailable):
        good(requests.get_user(pool.access_token("ada")), told)


def test_a_whole_device(pool: LocalUserPool) -> None:
    """With its times, and the way to the next page."""
    call = requests.devices(pool.access_token("ada"), 60, None)
    one = {
        "DeviceKey": "eu-west-1_1",
        "DeviceAttributes": [{"Name": "device_name", "Value": "Chrome"}],
        "DeviceCreateDate": 1_800_000_000.5,
        "DeviceLastAuthenticatedDate": True,
    }
    page = good(call, {"Devices": [one, {"DeviceKey": "2"}], "PaginationToken": "more"})
    first, second = page.items
    assert (page.following, first.key, dict(first.attributes)) == (
        "more",
        "eu-west-1_1",
        {"device_name": "Chrome"},
    )
    assert first.created_at.isoformat() == "2027-01-15T08:00:00.500000+00:00"
    assert (first.last_seen_at, second.created_at, repr(first)) == (None, None, "<Device>")
    for odd in ([{}], "x", [7]):
        with pytest.raises(UserApiUnavailable):
            good(call, {"Devices": odd})


def test_a_whole_session(pool: LocalUserPool) -> None:
    """With its place."""
    call = requests.sessions(pool.access_token("ada"), None)
    place = {"City": "Dublin", "Country": "IE"}
    told = {"SessionId": "tkn1", "LastLocation": place, "LastActiveDate": 1e300}
    page = good(call, {"Sessions": [told, {"SessionId": "tkn2", "LastLocation": 1}]})
    one, other = page.items
    assert (one.city, one.country, other.city, one.is_current) == ("Dublin", "IE", None, False)
    assert (one.last_active_at, repr(one), page.following) == (None, "<Session>", None)
    with pytest.raises(UserApiUnavailable):
        good(call, {"Sessions": [{}]})


def test_a_code_sent_nowhere(pool: LocalUserPool) -> None:
    """Is not said to have been sent."""
    call = requests.send_code(pool.access_token("ada"), "email")
    for odd in ({}, {"CodeDeliveryDetails": {"AttributeName": "email"}}):
        with pytest.raises(UserApiUnavailable):
            good(call, odd)
    sent = good(
        call, {"CodeDeliveryDetails": {"AttributeName": "email", "DeliveryMedium": "EMAIL"}}
    )
    assert sent.destination == ""


def test_arguments_that_are_no_text(pool: LocalUserPool) -> None:
    """Are refused before anything is sent."""
    token = pool.access_token("ada")
    for call, kind in (
        (requests.verify(token, "email", None), CodeRefused),  # type: ignore[arg-type]
        (requests.change_password(token, "", "x"), PasswordRefused),
        (requests.send_code(token, 7), RequestRefused),  # type: ignore[arg-type]
    ):
        with pytest.raises(kind):
            call.prepare()
