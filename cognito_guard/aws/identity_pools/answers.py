"""What the answers of an identity pool mean (Amazon Cognito identity pools API reference)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, final

from ...network.exchange import Answer
from ..calls import json_object
from ..user import text, when
from .credentials import AwsCredentials
from .errors import (
    CredentialsError,
    CredentialsRefused,
    CredentialsThrottled,
    CredentialsUnavailable,
    IdentityPoolUnknown,
    LoginRefused,
    RoleAmbiguous,
    RoleRefused,
)
from .logins import is_identity_id

__all__ = [
    "ELSEWHERE",
    "OpenIdToken",
    "credentials",
    "identity_id",
    "made_credentials",
    "open_id_token",
    "refusal",
    "unusable",
]

ELSEWHERE = ("ExternalServiceException", "IDPCommunicationError")
"""A provider, such as Facebook, gives AWS no answer."""

_WORD = re.compile(r"[A-Za-z]{1,64}")

_LOGIN = "A token is not good, or not any more, or not one that the identity pool takes."
_ROLE = (
    "The identity pool has no role for the user, or the role's trust policy does not let it give "
    "the role."
)
_SAID: Mapping[str, tuple[type[CredentialsError], str]] = MappingProxyType(
    {
        # Of the identity pool.
        "InvalidIdentityPoolConfigurationException": (RoleRefused, _ROLE),
        "NotAuthorizedException": (LoginRefused, _LOGIN),
        "ResourceConflictException": (LoginRefused, "A login is linked to another identity."),
        "ResourceNotFoundException": (
            IdentityPoolUnknown,
            "There is no such identity pool, or no such identity in it.",
        ),
        # Of STS.
        "AccessDenied": (
            RoleRefused,
            "There is no such role, or its trust policy does not let the identity pool give it.",
        ),
        "ExpiredTokenException": (LoginRefused, "The token of the identity has expired."),
        "IDPRejectedClaim": (LoginRefused, "STS does not take a claim of the identity's token."),
        "InvalidIdentityToken": (LoginRefused, "STS does not take the token of the identity."),
        "RegionDisabledException": (
            CredentialsRefused,
            "STS is turned off in this region, for the account.",
        ),
    }
)
_THROTTLED = ("TooManyRequestsException", "ThrottlingException", "Throttling")
_DOWN = ("InternalErrorException", "InternalFailure", "ServiceUnavailable", *ELSEWHERE)
# "The ambiguous role mapping rules denied this request", a NotAuthorizedException.
_AMBIGUOUS = re.compile(r"ambiguous|multiple roles", re.IGNORECASE)


@final
class OpenIdToken:
    """The identity pool's own token about an identity, for STS. Its ``repr`` says nothing."""

    __slots__ = ("identity_id", "token")

    def __init__(self, identity_id: str, token: str) -> None:
        self.identity_id = identity_id
        self.token = token


def identity_id(answer: Answer) -> str:
    """GetId: the identity. Raises :class:`CredentialsError`, as all of these do."""
    return _identity(_told(answer))


def credentials(answer: Answer, asked: str) -> AwsCredentials:
    """GetCredentialsForIdentity, which must be about the identity that was ``asked`` for."""
    told = _told(answer)
    if _identity(told) != asked:
        raise unusable("The identity pool answered for another identity")
    held = told.get("Credentials")
    held = held if isinstance(held, dict) else {}
    return made_credentials(
        text(held, "AccessKeyId"),
        text(held, "SecretKey"),
        text(held, "SessionToken"),
        when(held, "Expiration"),
        asked,
    )


def open_id_token(answer: Answer) -> OpenIdToken:
    """GetOpenIdToken. The identity is another one than was asked for where two were linked."""
    told = _told(answer)
    token = text(told, "Token")
    if not token:
        raise unusable("The identity pool gave no token")
    return OpenIdToken(_identity(told), token)


def made_credentials(
    access_key_id: str | None,
    secret_access_key: str | None,
    session_token: str | None,
    expires_at: datetime | None,
    of: str,
) -> AwsCredentials:
    """Credentials, if nothing is missing."""
    if not access_key_id or not secret_access_key or not session_token or expires_at is None:
        raise unusable("AWS gave credentials that lack a part")
    return AwsCredentials(access_key_id, secret_access_key, session_token, expires_at, of)


def refusal(answer: Answer, code: str, message: str) -> CredentialsError:
    """What is made of an answer that is none of the good ones. The message is for people, and is
    not repeated: it may name the user's roles."""
    wait = answer.retry_after or 1
    if answer.status == 429 or code in _THROTTLED:
        known = code if code in _THROTTLED else None
        return CredentialsThrottled("Too many requests.", known, retry_after=wait)
    if not 400 <= answer.status < 500 or code in _DOWN or not _WORD.fullmatch(code):
        return CredentialsUnavailable(
            f"AWS answered with status {answer.status}, and no credentials.",
            code if code in _DOWN else None,
            retry_after=wait,
        )
    if _AMBIGUOUS.search(message):
        return RoleAmbiguous("The identity pool's rules do not come to one role.", code)
    kind, detail = _SAID.get(code, (CredentialsRefused, "AWS refuses the request."))
    return kind(detail, code)


def unusable(detail: str) -> CredentialsUnavailable:
    """The error for an answer that nothing can be made of."""
    return CredentialsUnavailable(f"{detail}.")


def _told(answer: Answer) -> dict[str, Any]:
    told = json_object(answer.body or b"{}")
    if answer.status == 200 and told is not None:
        return told
    told = told or {}
    code = (text(told, "__type") or "").rpartition("#")[2]
    raise refusal(answer, code, text(told, "message") or text(told, "Message") or "")


def _identity(told: dict[str, Any]) -> str:
    found = told.get("IdentityId")
    if not isinstance(found, str) or not is_identity_id(found):
        raise unusable("The identity pool did not say whose identity it is")
    return found
