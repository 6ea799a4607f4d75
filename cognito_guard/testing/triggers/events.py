"""The event that a trigger is called with.

"User pool Lambda trigger event" in the Amazon Cognito guide, and the page of each trigger.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .configured import EventVersion

__all__ = ["Happening"]

# What Cognito says of a caller that names no SDK that it knows.
_SDK = "aws-sdk-unknown-unknown"

_TOKEN_EVENTS: Mapping[EventVersion, tuple[str, str]] = {
    "V1_0": ("1", "claimsOverrideDetails"),
    "V2_0": ("2", "claimsAndScopeOverrideDetails"),
    "V3_0": ("3", "claimsAndScopeOverrideDetails"),
}


@dataclass(frozen=True)
class Happening:
    """What happens to whom: what all events have in common."""

    user_pool_id: str
    client_id: str
    username: str

    def event(
        self,
        source: str,
        request: Mapping[str, Any],
        response: Mapping[str, Any],
        version: str = "1",
    ) -> dict[str, Any]:
        """An event; ``source`` is the ``triggerSource``."""
        return {
            "version": version,
            "triggerSource": source,
            "region": self.user_pool_id.partition("_")[0],
            "userPoolId": self.user_pool_id,
            "userName": self.username,
            "callerContext": {"awsSdkVersion": _SDK, "clientId": self.client_id},
            "request": dict(request),
            "response": dict(response),
        }

    def token_event(
        self,
        source: str,
        version: EventVersion,
        attributes: Mapping[str, str],
        groups: Sequence[str],
        scopes: Sequence[str],
        metadata: Mapping[str, str] | None,
    ) -> dict[str, Any]:
        """The event of pre token generation."""
        number, details = _TOKEN_EVENTS[version]
        request: dict[str, Any] = {
            "userAttributes": dict(attributes),
            "groupConfiguration": _group_configuration(groups),
            **({} if version == "V1_0" else {"scopes": list(scopes)}),
            **_given(metadata),
        }
        return self.event(source, request, {details: None}, number)

    def pre_sign_up_event(
        self,
        attributes: Mapping[str, str],
        validation: Mapping[str, str] | None,
        metadata: Mapping[str, str] | None,
    ) -> dict[str, Any]:
        """The event of pre sign-up. The user has no ``sub`` yet."""
        request = {
            "userAttributes": dict(attributes),
            "validationData": validation,
            **_given(metadata),
        }
        answer = {"autoConfirmUser": False, "autoVerifyEmail": False, "autoVerifyPhone": False}
        return self.event("PreSignUp_SignUp", request, answer)

    def post_confirmation_event(
        self, attributes: Mapping[str, str], metadata: Mapping[str, str] | None
    ) -> dict[str, Any]:
        """The event of post confirmation."""
        request = {"userAttributes": dict(attributes), **_given(metadata)}
        return self.event("PostConfirmation_ConfirmSignUp", request, {})

    def post_authentication_event(self, attributes: Mapping[str, str]) -> dict[str, Any]:
        """The event of post authentication. No device is ever remembered here."""
        request = {"userAttributes": dict(attributes), "newDeviceUsed": False}
        return self.event("PostAuthentication_Authentication", request, {})


def _group_configuration(groups: Sequence[str]) -> dict[str, Any]:
    """A user's groups, which have no IAM roles here."""
    return {"groupsToOverride": list(groups), "iamRolesToOverride": [], "preferredRole": None}


def _given(metadata: Mapping[str, str] | None) -> dict[str, Any]:
    return {} if metadata is None else {"clientMetadata": dict(metadata)}
