"""Place: one identity pool, and the calls that lead from logins to credentials."""

from __future__ import annotations

import re
from typing import Any, cast, final

from ..._support.arguments import Frozen
from ...errors import ConfigurationError
from ...network.call import Answer, Call, Line, call
from ...partitions import partition_of
from ..addresses import check_address
from . import answers
from .credentials import AwsCredentials
from .logins import Logins, is_identity_id
from .sts import assume_role

__all__ = ["Place"]

_SERVICE = "AWSCognitoIdentityService"
_ROLE = r"arn:aws[\w-]*:iam::[0-9]{12}:role/[\w+=,.@/-]{1,576}"


@final
class Place(Frozen):
    """What is fixed for one identity pool: where it is, and what it is asked for.

    Raises :class:`~cognito_guard.ConfigurationError`.
    """

    __slots__ = (
        *("account_id", "flow", "identity_pool_id", "line", "region", "role_arn"),
        *("sts_line", "sts_url", "url"),
    )

    account_id: str | None
    flow: str
    identity_pool_id: str
    line: Line
    region: str
    role_arn: str | None
    sts_line: Line
    sts_url: str | None
    url: str

    def __init__(
        self,
        identity_pool_id: object,
        account_id: object,
        flow: object,
        role_arn: object,
        url: str | None,
        sts_url: str | None,
    ) -> None:
        region = _region(identity_pool_id)
        if flow not in ("enhanced", "basic"):
            raise ConfigurationError('flow must be "enhanced" or "basic"')
        if role_arn is not None and not _fits(_ROLE, role_arn):
            raise ConfigurationError("role_arn must be the ARN of an IAM role")
        if flow == "basic" and role_arn is None:
            raise ConfigurationError('flow="basic" needs role_arn, the role to assume')
        if account_id is not None and not _fits("[0-9]{12}", account_id):
            raise ConfigurationError("account_id must be the 12 digits of an AWS account, as text")
        if sts_url is not None and flow != "basic":
            raise ConfigurationError('sts_url is for flow="basic"; leave it out')
        sts = None
        if flow == "basic":
            sts = check_address("sts_url", sts_url or _url("sts", region, "sts_url"))
        self._set(
            {
                "account_id": account_id,
                "flow": flow,
                "identity_pool_id": identity_pool_id,
                "line": Line(),
                "region": region,
                "role_arn": role_arn,
                "sts_line": Line(),
                "sts_url": sts,
                "url": check_address("url", url or _url("cognito-identity", region, "url")),
            }
        )

    def close(self) -> None:
        """Close the connections that are kept."""
        self.line.close()
        self.sts_line.close()

    def exchange(self, logins: Logins, identity_id: str | None) -> AwsCredentials:
        """The credentials. ``identity_id``: if it is known. Blocks for 8 seconds for each of two or
        three calls at most.

        Raises :class:`CredentialsError`, and ``FetchFailed`` for no answer.
        """
        known = logins.identity_id or identity_id or self._identity(logins)
        told: dict[str, Any] = {"IdentityId": known}
        if logins.tokens:
            told["Logins"] = dict(logins.tokens)
        if self.role_arn is not None and self.flow == "enhanced":
            told["CustomRoleArn"] = self.role_arn
        if self.flow == "enhanced":
            return answers.credentials(self._ask("GetCredentialsForIdentity", told), known)
        held = answers.open_id_token(self._ask("GetOpenIdToken", told))
        # The basic flow has both.
        url, role_arn = cast("str", self.sts_url), cast("str", self.role_arn)
        return assume_role(url, role_arn, held, self.sts_line)

    def _identity(self, logins: Logins) -> str:
        told: dict[str, Any] = {"IdentityPoolId": self.identity_pool_id}
        if self.account_id is not None:
            told["AccountId"] = self.account_id
        if logins.tokens:
            told["Logins"] = dict(logins.tokens)
        return answers.identity_id(self._ask("GetId", told))

    def _ask(self, operation: str, told: dict[str, Any]) -> Answer:
        asked = Call(f"{_SERVICE}.{operation}", told)
        return call(self.url, asked, line=self.line, repeatable=True)


def _region(identity_pool_id: object) -> str:
    if not isinstance(identity_pool_id, str) or not is_identity_id(identity_pool_id):
        raise ConfigurationError(
            "identity_pool_id must be REGION:ID as AWS shows it; the id of a user pool has no colon"
        )
    return identity_pool_id.partition(":")[0]


def _url(service: str, region: str, argument: str) -> str:
    partition = partition_of(region)
    if partition is None:
        raise ConfigurationError(
            f"identity_pool_id names no AWS region; for an emulator, pass {argument}= as well"
        )
    return f"https://{service}.{region}.{partition.dns_suffix}/"


def _fits(pattern: str, value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(pattern, value, re.ASCII) is not None
