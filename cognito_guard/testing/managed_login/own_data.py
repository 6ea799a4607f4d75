"""What a user sees and changes with an access token: attributes, password, devices, sessions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from hashlib import sha256
from hmac import compare_digest
from types import MappingProxyType

from ..users import as_user_info, changed
from .asked import ApiError, Json, api_owner, invalid, text, unauthorized
from .codes import send_code, take_code
from .refresh_tokens import SignIn
from .schema import MEDIUM, check_password, check_writable, of_the_schema, wanted_attributes
from .state import Call, State

__all__ = ["OPERATIONS"]

_MAX_DEVICES = 60


def _get_user(state: State, call: Call, asked: Json) -> Json:
    identity = api_owner(state, asked)
    username = str(identity.username)
    known = {"sub": identity.subject, **as_user_info(state.pool.attributes(username))}
    attributes = [{"Name": name, "Value": str(value)} for name, value in known.items()]
    return {"Username": username, "UserAttributes": attributes}


def _update_attributes(state: State, call: Call, asked: Json) -> Json:
    identity = api_owner(state, asked)
    wanted = wanted_attributes(state.clients[identity.client_id], asked)
    if not wanted:
        raise invalid("UserAttributes")
    username = str(identity.username)
    before = state.pool.attributes(username)
    new = [name for name in MEDIUM if name in wanted and wanted[name] != before.get(name)]
    verified = {f"{name}_verified": False for name in new}
    state.pool.users[username] = changed(state.pool.user(username), {**wanted, **verified})
    return {"CodeDeliveryDetailsList": [send_code(state, username, name) for name in new]}


def _delete_attributes(state: State, call: Call, asked: Json) -> Json:
    identity = api_owner(state, asked)
    names = asked.get("UserAttributeNames")
    if not isinstance(names, list) or not all(isinstance(one, str) for one in names):
        raise invalid("UserAttributeNames")
    if not names:
        raise invalid("UserAttributeNames")
    check_writable(state.clients[identity.client_id], names)
    if "email" in names:
        raise of_the_schema("email: The attribute is required")
    gone = [*names, *(f"{name}_verified" for name in names if name in MEDIUM)]
    username = str(identity.username)
    state.pool.users[username] = changed(state.pool.user(username), {}, gone)
    return {}


def _send_code(state: State, call: Call, asked: Json) -> Json:
    username, name = _verifiable(state, asked)
    return {"CodeDeliveryDetails": send_code(state, username, name)}


def _verify(state: State, call: Call, asked: Json) -> Json:
    username, name = _verifiable(state, asked)
    take_code(state, username, name, text(asked, "Code"))
    verified = {f"{name}_verified": True}
    state.pool.users[username] = changed(state.pool.user(username), verified)
    return {}


def _change_password(state: State, call: Call, asked: Json) -> Json:
    username = str(api_owner(state, asked).username)
    previous, proposed = text(asked, "PreviousPassword"), text(asked, "ProposedPassword")
    user = state.pool.user(username)
    if not compare_digest(user.password.encode(), previous.encode()):
        raise unauthorized("Incorrect username or password.")
    check_password(proposed)
    state.pool.users[username] = replace(user, password=proposed)
    return {}


def _delete_user(state: State, call: Call, asked: Json) -> Json:
    username = str(api_owner(state, asked).username)
    for sign_in in state.refresh_tokens.sign_ins(username):
        state.refresh_tokens.end(sign_in.origin_jti)
    state.pool.users.pop(username, None)
    state.deleted.add(username)
    return {}


def _list_devices(state: State, call: Call, asked: Json) -> Json:
    api_owner(state, asked)
    limit = asked.get("Limit", 0)
    if type(limit) is not int or not 0 <= limit <= _MAX_DEVICES:
        raise invalid("Limit")
    return {"Devices": []}  # none is ever remembered here


def _list_sessions(state: State, call: Call, asked: Json) -> Json:
    identity = api_owner(state, asked)
    return {
        "Sessions": [
            {
                "SessionId": _session_id(one),
                "SessionType": "TOKEN",
                "ClientId": one.client_id,
                "CreateDate": one.auth_time,
                "LastActiveDate": one.auth_time,
                "LastIPAddress": "127.0.0.1",
                "IsCurrentSession": one.origin_jti == identity.origin_jti,
            }
            for one in state.refresh_tokens.sign_ins(str(identity.username))
        ]
    }


def _revoke_session(state: State, call: Call, asked: Json) -> Json:
    identity = api_owner(state, asked)
    session_id = text(asked, "SessionId")
    if asked.get("RevokeAssociatedSessions", "NONE") not in ("NONE", "LINKED"):
        raise invalid("RevokeAssociatedSessions")
    for one in state.refresh_tokens.sign_ins(str(identity.username)):
        if _session_id(one) == session_id:
            if one.origin_jti == identity.origin_jti:
                raise ApiError("InvalidParameterException", "This is the current session.")
            state.refresh_tokens.end(one.origin_jti)
            return {}
    raise ApiError("ResourceNotFoundException", "There is no such session.")


def _verifiable(state: State, asked: Json) -> tuple[str, str]:
    username = str(api_owner(state, asked).username)
    name = text(asked, "AttributeName")
    if name not in MEDIUM or name not in state.pool.attributes(username):
        raise ApiError("InvalidParameterException", "The user has no such address to verify.")
    return username, name


def _session_id(sign_in: SignIn) -> str:
    return "tkn" + sha256(sign_in.origin_jti.encode()).hexdigest()[:25]


OPERATIONS: Mapping[str, Callable[[State, Call, Json], Json]] = MappingProxyType(
    {
        "GetUser": _get_user,
        "UpdateUserAttributes": _update_attributes,
        "DeleteUserAttributes": _delete_attributes,
        "GetUserAttributeVerificationCode": _send_code,
        "VerifyUserAttribute": _verify,
        "ChangePassword": _change_password,
        "DeleteUser": _delete_user,
        "ListDevices": _list_devices,
        "ListUserSessions": _list_sessions,
        "RevokeUserSession": _revoke_session,
    }
)
"""By name, as the Amazon Cognito user pools API reference has them."""
