"""One call of the user API without I/O: what is sent, and what its answer means."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Generic, NoReturn, TypeVar, final

from ..errors import InvalidToken, Reason
from ..network.call import Answer, Call
from ..tokens.parsing import parse_token
from ..tokens.user_pool import UserPool
from .errors import (
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
)
from .user import CodeDelivery, Device, Page, Session, User, text, when

__all__ = [
    "SCOPE",
    "Told",
    "UserCall",
    "check_token",
    "deliveries",
    "delivery",
    "devices",
    "json_object",
    "nothing",
    "outcome",
    "sessions",
    "user",
]

SCOPE = "aws.cognito.signin.user.admin"
"""The scope that every call needs. Sign-ins by API have it, those by managed login if it is asked
for."""

Told = dict[str, Any]
T = TypeVar("T")

_WORD = re.compile(r"[A-Za-z]{1,64}")

_SIGN_IN = "The access token is not good, or not any more."
_POOL = "The pool cannot send the code: its settings are at fault."
_TRIGGER = "A Lambda trigger of the pool failed, or refused."
_SAID: Mapping[str, tuple[type[UserApiError], str]] = MappingProxyType(
    {
        "AliasExistsException": (AttributeRefused, "Another user has this address already."),
        "CodeDeliveryFailureException": (RequestRefused, "The code could not be sent."),
        "CodeMismatchException": (CodeRefused, "The code is wrong."),
        "ExpiredCodeException": (CodeRefused, "The code is too old, or there is none."),
        "ForbiddenException": (RequestRefused, "The pool's web ACL (AWS WAF) refuses the request."),
        "InvalidEmailRoleAccessPolicyException": (RequestRefused, _POOL),
        "InvalidLambdaResponseException": (RequestRefused, _TRIGGER),
        "InvalidParameterException": (RequestRefused, "A parameter is not one that Cognito takes."),
        "InvalidPasswordException": (
            PasswordRefused,
            "The new password does not meet the pool's policy.",
        ),
        "InvalidSmsRoleAccessPolicyException": (RequestRefused, _POOL),
        "InvalidSmsRoleTrustRelationshipException": (RequestRefused, _POOL),
        "InvalidUserPoolConfigurationException": (RequestRefused, "The pool's settings are wrong."),
        "OperationNotEnabledException": (
            RequestRefused,
            "The pool has this turned off, or its region or tier does not have it.",
        ),
        "PasswordHistoryPolicyViolationException": (
            PasswordRefused,
            "The new password has been used before.",
        ),
        "PasswordResetRequiredException": (
            TokenRefused,
            "The user has to set a new password, and to sign in again.",
        ),
        "ResourceNotFoundException": (RequestRefused, "Cognito does not know what is asked for."),
        "UnexpectedLambdaException": (RequestRefused, _TRIGGER),
        "UserLambdaValidationException": (RequestRefused, _TRIGGER),
        "UserNotConfirmedException": (
            TokenRefused,
            "The user has to be confirmed, and to sign in again.",
        ),
        "UserNotFoundException": (UserGone, "The user does not exist any more."),
    }
)
"""What is made of Cognito's exceptions, whatever the operation. Of the others that its service
model has for these operations, :func:`outcome` tells more."""

_INVALID: Mapping[str, tuple[type[UserApiError], str]] = MappingProxyType(
    dict.fromkeys(
        ("UpdateUserAttributes", "DeleteUserAttributes", "GetUserAttributeVerificationCode"),
        (AttributeRefused, "An attribute does not exist, or does not take what is asked for."),
    )
    | {"ChangePassword": (PasswordRefused, "This is no password that Cognito takes.")}
)
"""InvalidParameterException, by operation: its message is for people, and changes."""

# Seconds. Cognito has counted attempts of this user, and lets nobody know for how long.
_LOCKED_OUT = 60
_THROTTLED = {
    "LimitExceededException": _LOCKED_OUT,
    "ThrottlingException": 1,
    "TooManyRequestsException": 1,
}
_DOWN = ("InternalErrorException", "InternalFailure", "ServiceUnavailable")

# What AWS says beside NotAuthorizedException, the one code for all of these: "Access Token does not
# have required scopes", "A client attempted to write unauthorized attribute", "Access Token has
# been revoked", "Access Token has expired", "Invalid Access Token", "Could not verify signature for
# Access Token", "User is disabled.", "Incorrect username or password.". Emulators say the token or
# the user's name itself; neither has a space in it.
_OF_THE_SCOPE = re.compile(r"required scopes?\b", re.IGNORECASE)
_OF_AN_ATTRIBUTE = re.compile(r"unauthorized attribute", re.IGNORECASE)
_OF_THE_TOKEN = re.compile(r"(access|invalid) token|user is disabled", re.IGNORECASE)


@final
class UserCall(Generic[T]):
    """What is asked, with whose token. Its ``repr`` says nothing.

    ``make`` gives the arguments, when there is something around that keeps what it raises silent.
    ``read`` makes of the answer what the caller gets. ``changes``: whether asking twice may do
    something twice.
    """

    __slots__ = ("_arguments", "_make", "_operation", "_token", "changes", "read")

    def __init__(
        self,
        operation: str,
        token: str,
        make: Callable[[], Mapping[str, Any]],
        read: Callable[[UserCall[Any], Told], T],
        *,
        changes: bool = True,
    ) -> None:
        self._operation = operation
        self._token = token
        self._make = make
        self._arguments: Mapping[str, Any] = {}
        self.read = read
        self.changes = changes

    def prepare(self) -> None:
        """Make the arguments. Raises :class:`UserApiError` for those that Cognito would refuse."""
        self._arguments = self._make()

    @property
    def operation(self) -> str:
        """The name of the operation."""
        return self._operation

    @property
    def token(self) -> str:
        """The access token."""
        return self._token

    @property
    def subject(self) -> object:
        """Whose token it is, by its own word."""
        return _claims_of(self._token).get("sub")

    def lacks(self, scope: str) -> bool:
        """Whether the token says itself that it does not have a scope."""
        said = _claims_of(self._token).get("scope")
        return isinstance(said, str) and scope not in said.split(" ")

    def told(self) -> dict[str, Any]:
        """As arguments for the client: see ``network.call.Call``."""
        target = f"AWSCognitoIdentityProviderService.{self._operation}"
        return Call(target, {"AccessToken": self._token, **self._arguments}).told()


def check_token(pool: UserPool, token: str) -> None:
    """That this is an access token of the pool, by its own word, before it is sent anywhere.

    Raises :class:`InvalidToken`.
    """
    claims = _claims_of(token)
    if claims.get("iss") not in pool.issuers:
        raise InvalidToken(
            Reason.UNKNOWN_ISSUER, "The token comes from another issuer than the user pool."
        )
    if claims.get("token_use") != "access":
        raise InvalidToken(
            Reason.WRONG_TOKEN_USE, "This is no access token; the user API takes access tokens."
        )


def _claims_of(token: str) -> Mapping[str, Any]:
    """The claims of a token, unverified. Raises :class:`InvalidToken`."""
    return parse_token(token).claims


def outcome(call: UserCall[T], answer: Answer) -> T:
    """What the caller gets for an answer. Raises :class:`UserApiError`."""
    told = json_object(answer.body or b"{}")
    if answer.status == 200 and told is not None:
        return call.read(call, told)
    told = told or {}
    named = text(told, "__type") or ""
    code = named.rpartition("#")[2]
    wait = answer.retry_after
    if answer.status == 429 or code in _THROTTLED:
        known = code if code in _THROTTLED else None
        raise Throttled("Too many requests.", known, retry_after=wait or _THROTTLED.get(code, 1))
    if not 400 <= answer.status < 500 or code in _DOWN or not _WORD.fullmatch(code):
        raise UserApiUnavailable(
            f"The user API answered with status {answer.status}, and nothing that can be used.",
            code if code in _DOWN else None,
            retry_after=wait or 1,
        )
    raise _refusal(call, code, text(told, "message") or text(told, "Message") or "")


def json_object(body: bytes) -> Told | None:
    """A body that is one JSON object in UTF-8, or ``None``."""
    try:
        found = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _refusal(call: UserCall[Any], code: str, message: str) -> UserApiError:
    if code == "NotAuthorizedException":
        return _not_authorized(call, code, message)
    kind, detail = _SAID.get(code, (RequestRefused, "Cognito refuses the request."))
    if code == "InvalidParameterException":
        kind, detail = _INVALID.get(call.operation, (kind, detail))
    return kind(detail, code)


def _not_authorized(call: UserCall[Any], code: str, message: str) -> UserApiError:
    if _OF_THE_SCOPE.search(message) or call.lacks(SCOPE):
        return ScopeMissing(f"The token lacks the scope {SCOPE}.", code, scope=SCOPE)
    if _OF_AN_ATTRIBUTE.search(message):
        return AttributeRefused("The app client may not write one of the attributes.", code)
    if call.operation == "ChangePassword" and not _OF_THE_TOKEN.search(message):
        return PasswordRefused("The previous password is wrong.", code)
    return TokenRefused(_SIGN_IN, code)


# What is read from a good answer.


def nothing(call: UserCall[Any], told: Told) -> None:
    """The answer says nothing."""


def user(call: UserCall[Any], told: Told) -> User:
    """GetUser. It must be the user of the token."""
    attributes = _attributes(told.get("UserAttributes"))
    username = told.get("Username")
    if not isinstance(username, str) or attributes.get("sub") != call.subject:
        _unusable("The user API answered for somebody else than the user of the token.")
    methods = told.get("UserMFASettingList")
    listed = methods if isinstance(methods, list) else []
    return User(
        username,
        attributes,
        tuple([one for one in listed if isinstance(one, str)]),
        text(told, "PreferredMfaSetting") or None,
    )


def deliveries(call: UserCall[Any], told: Told) -> tuple[CodeDelivery, ...]:
    """UpdateUserAttributes: where codes have been sent."""
    listed = told.get("CodeDeliveryDetailsList") or []
    return tuple([_delivery(one) for one in _members(listed)])


def delivery(call: UserCall[Any], told: Told) -> CodeDelivery:
    """GetUserAttributeVerificationCode."""
    return _delivery(told.get("CodeDeliveryDetails"))


def devices(call: UserCall[Any], told: Told) -> Page[Device]:
    """ListDevices."""
    found = []
    for one in _members(told.get("Devices") or []):
        key = text(one, "DeviceKey")
        if key is None:
            _unusable("The user API answered with a device that has no key.")
        seen = when(one, "DeviceLastAuthenticatedDate")
        attributes = _attributes(one.get("DeviceAttributes") or [])
        found.append(Device(key, attributes, when(one, "DeviceCreateDate"), seen))
    return Page(tuple(found), text(told, "PaginationToken") or None)


def sessions(call: UserCall[Any], told: Told) -> Page[Session]:
    """ListUserSessions."""
    found = []
    for one in _members(told.get("Sessions") or []):
        session_id = text(one, "SessionId")
        if session_id is None:
            _unusable("The user API answered with a session that has no id.")
        found.append(Session(session_id, one))
    return Page(tuple(found), text(told, "NextToken") or None)


def _delivery(one: object) -> CodeDelivery:
    told = one if isinstance(one, dict) else {}
    attribute, medium = text(told, "AttributeName"), text(told, "DeliveryMedium")
    if attribute is None or medium is None:
        _unusable("The user API does not say where it has sent the code.")
    return CodeDelivery(attribute, medium, text(told, "Destination") or "")


def _attributes(listed: object) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in _members(listed):
        name, value = text(one, "Name"), text(one, "Value")
        if name is None or name in found:
            _unusable("The user API answered with attributes that cannot be read.")
        found[name] = value or ""
    return found


def _members(listed: object) -> list[dict[str, Any]]:
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        _unusable("The user API answered with a list that cannot be read.")
    return listed


def _unusable(detail: str) -> NoReturn:
    raise UserApiUnavailable(detail)
