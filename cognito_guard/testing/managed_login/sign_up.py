"""SignUp and ConfirmSignUp: new users, with what the pool's triggers have to say of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from ..users import LocalUser, changed
from .asked import (
    ApiError,
    Json,
    api_client,
    check_secret_hash,
    invalid,
    metadata,
    text,
    unauthorized,
)
from .codes import send_code, take_code
from .schema import MEDIUM, check_password, of_the_schema, wanted_attributes
from .state import Call, State
from .triggering import after_confirmation, before_sign_up

__all__ = ["OPERATIONS"]


def _sign_up(state: State, call: Call, asked: Json) -> Json:
    client = api_client(state, asked)
    username, password = text(asked, "Username"), text(asked, "Password")
    check_secret_hash(client, username, asked.get("SecretHash"))
    check_password(password)
    attributes = wanted_attributes(client, asked)
    if "email" not in attributes:
        raise of_the_schema("email: The attribute is required")
    told, validation = metadata(asked), _pairs(asked, "ValidationData")
    admission = before_sign_up(state, client, username, attributes, validation, told)
    verified = {
        f"{name}_verified": name in admission.verified for name in MEDIUM if name in attributes
    }
    user = LocalUser(username, password=password, confirmed=admission.confirmed)
    user = changed(user, {**attributes, **verified})
    # At once, as two may sign up under one name.
    if state.pool.users.setdefault(username, user) is not user:
        raise ApiError("UsernameExistsException", "User already exists")
    state.deleted.discard(username)
    answer: dict[str, Any] = {
        "UserConfirmed": user.confirmed,
        "UserSub": state.pool.subject(username),
    }
    if user.confirmed:
        after_confirmation(state, client, username, told)
        return answer
    return {**answer, "CodeDeliveryDetails": send_code(state, username, "email")}


def _confirm(state: State, call: Call, asked: Json) -> Json:
    client = api_client(state, asked)
    username, code = text(asked, "Username"), text(asked, "ConfirmationCode")
    check_secret_hash(client, username, asked.get("SecretHash"))
    told = metadata(asked)
    user = state.pool.users.get(username)
    if user is not None and user.confirmed:
        raise unauthorized("User cannot be confirmed. Current status is CONFIRMED")
    take_code(state, username, "email", code)
    confirmed = replace(state.pool.user(username), confirmed=True)
    state.pool.users[username] = changed(confirmed, {"email_verified": True})
    after_confirmation(state, client, username, told)
    return {}


def _pairs(asked: Json, name: str) -> dict[str, str] | None:
    """A list of names with values, such as ``ValidationData``."""
    listed = asked.get(name)
    if listed is None:
        return None
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise invalid(name)
    return {text(one, "Name"): _value(one) for one in listed}


def _value(one: Json) -> str:
    value = one.get("Value", "")
    if not isinstance(value, str):
        raise invalid("Value")
    return value


OPERATIONS: Mapping[str, Callable[[State, Call, Json], Json]] = MappingProxyType(
    {"SignUp": _sign_up, "ConfirmSignUp": _confirm}
)
"""By name, as the Amazon Cognito user pools API reference has them."""
