"""AssumeRoleWithWebIdentity (AWS Security Token Service API reference): form and XML, unsigned."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from ...network.exchange import Answer, Form, Line, exchange
from .answers import OpenIdToken, made_credentials, refusal
from .credentials import AwsCredentials

__all__ = ["assume_role"]

_SECONDS = (8.0, 6.0)
_MAX_BODY = 64 * 1024
_VERSION = "2011-06-15"


def assume_role(url: str, role_arn: str, held: OpenIdToken, line: Line) -> AwsCredentials:
    """The credentials of the role, for an identity. Blocks for 8 seconds at most.

    Raises :class:`CredentialsError`, and ``FetchFailed`` for no answer.
    """
    fields = {
        "Action": "AssumeRoleWithWebIdentity",
        "Version": _VERSION,
        "RoleArn": role_arn,
        # In CloudTrail, and in the ARN of whoever acts. It takes no colon, and no personal data.
        "RoleSessionName": held.identity_id.rpartition(":")[2],
        "WebIdentityToken": held.token,
    }
    form = Form(fields, None)
    del fields
    answer = exchange(
        "POST",
        url,
        accept="text/xml",
        seconds=_SECONDS,
        max_body=_MAX_BODY,
        form=form,
        line=line,
        repeatable=True,
    )
    return _read(answer, held.identity_id)


def _read(answer: Answer, identity_id: str) -> AwsCredentials:
    told = _texts(answer.body)
    if answer.status != 200:
        raise refusal(answer, told.get("Code", ""), told.get("Message", ""))
    return made_credentials(
        told.get("AccessKeyId"),
        told.get("SecretAccessKey"),
        told.get("SessionToken"),
        _time(told.get("Expiration", "")),
        identity_id,
    )


def _texts(body: bytes) -> dict[str, str]:
    """The texts of the elements by their names, less the namespace; none of what is no XML."""
    # Loaded when it is needed, as the HTTP client is.
    from xml.etree import ElementTree

    try:
        said = body.decode("utf-8")
        # A document type may have entities, and STS sends none.
        found: Iterable[Any] = () if "<!" in said else ElementTree.fromstring(said).iter()  # noqa: S314
    except (ElementTree.ParseError, ValueError):
        return {}
    return {one.tag.rpartition("}")[2]: (one.text or "").strip() for one in found}


def _time(said: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(said)
        return None if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
