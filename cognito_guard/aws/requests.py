"""The calls of the user API: what each asks, and how its answer is read.

No function here raises: the arguments are looked at when the call is under way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from . import calls
from .attributes import named, valued
from .calls import UserCall
from .errors import CodeRefused, PasswordRefused, RequestRefused, UserApiError
from .user import CodeDelivery, Device, Page, Session, User

__all__ = [
    "change_password",
    "delete",
    "devices",
    "get_user",
    "plain",
    "revoke_session",
    "send_code",
    "sessions",
    "update",
    "verify",
]

_NO_TEXT = "An argument is no text, or an empty one."


def get_user(token: str) -> UserCall[User]:
    """GetUser."""
    return UserCall("GetUser", token, dict, calls.user, changes=False)


def plain(operation: str, token: str) -> UserCall[None]:
    """An operation that takes the token alone, and answers nothing."""
    return UserCall(operation, token, dict, calls.nothing)


def update(
    token: str, writable: frozenset[str], attributes: Mapping[str, str]
) -> UserCall[tuple[CodeDelivery, ...]]:
    """UpdateUserAttributes."""
    make = partial(valued, writable, attributes)
    return UserCall("UpdateUserAttributes", token, make, calls.deliveries)


def delete(token: str, writable: frozenset[str], names: Iterable[str]) -> UserCall[None]:
    """DeleteUserAttributes."""
    make = partial(named, writable, names)
    return UserCall("DeleteUserAttributes", token, make, calls.nothing)


def send_code(token: str, name: str) -> UserCall[CodeDelivery]:
    """GetUserAttributeVerificationCode."""
    make = partial(_texts, RequestRefused, AttributeName=name)
    return UserCall("GetUserAttributeVerificationCode", token, make, calls.delivery)


def verify(token: str, name: str, code: str) -> UserCall[None]:
    """VerifyUserAttribute."""
    make = partial(_texts, CodeRefused, AttributeName=name, Code=code)
    return UserCall("VerifyUserAttribute", token, make, calls.nothing)


def change_password(token: str, previous: str, proposed: str) -> UserCall[None]:
    """ChangePassword."""
    make = partial(_texts, PasswordRefused, PreviousPassword=previous, ProposedPassword=proposed)
    return UserCall("ChangePassword", token, make, calls.nothing)


def devices(token: str, limit: int, after: str | None) -> UserCall[Page[Device]]:
    """ListDevices."""
    make = partial(_page, Limit=limit, PaginationToken=after)
    return UserCall("ListDevices", token, make, calls.devices, changes=False)


def sessions(token: str, after: str | None) -> UserCall[Page[Session]]:
    """ListUserSessions."""
    make = partial(_page, NextToken=after)
    return UserCall("ListUserSessions", token, make, calls.sessions, changes=False)


def revoke_session(token: str, session_id: str, linked: bool) -> UserCall[None]:
    """RevokeUserSession."""
    others = "LINKED" if linked else "NONE"
    make = partial(_texts, RequestRefused, SessionId=session_id, RevokeAssociatedSessions=others)
    return UserCall("RevokeUserSession", token, make, calls.nothing)


def _texts(refused: type[UserApiError], **arguments: object) -> Mapping[str, Any]:
    if not all(isinstance(one, str) and one for one in arguments.values()):
        raise refused(_NO_TEXT)
    return arguments


def _page(**arguments: object) -> Mapping[str, Any]:
    return {name: value for name, value in arguments.items() if value is not None}
