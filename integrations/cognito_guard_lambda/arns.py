"""The ARN by which API Gateway asks an authorizer about a request."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import quote

from cognito_guard import ConfigurationError

__all__ = ["Arn", "parse_arn"]

# API Gateway developer guide, "Resource format of permissions for executing API in API Gateway":
# arn:PARTITION:execute-api:REGION:ACCOUNT:API/STAGE/METHOD/PATH, or .../STAGE/$connect
_ARN = re.compile(
    r"(arn:aws[a-z-]*:execute-api:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9]+/[A-Za-z0-9_$-]+)"
    r"/([A-Z]+/.*|\$connect)",
    re.ASCII | re.DOTALL,
)
# In a policy, these stand for other texts (IAM user guide, "Resource" and "Policy variables"). The
# path is the client's: who asks for "/*" would be allowed everything.
_WILD = re.compile(r"[*?]|\$\{")


class Arn(NamedTuple):
    """An ARN, taken apart."""

    stage: str
    """The API and its stage, without a slash at the end."""
    route: str
    """The method and the path, or ``$connect``."""

    @property
    def of_stage(self) -> str:
        """What stands for all routes of the stage in a policy."""
        return f"{self.stage}/*"

    @property
    def of_route(self) -> str:
        """What stands for the route alone in a policy. A route that could stand for others in one
        stands for none there, not even for itself."""
        literal = _WILD.sub(lambda match: quote(match[0], safe=""), self.route)
        return f"{self.stage}/{literal}"


def parse_arn(value: object) -> Arn:
    """Raises :class:`ConfigurationError` for what is no ARN of a request."""
    match = _ARN.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ConfigurationError("the authorizer is asked about an ARN that is none of a request")
    return Arn(match[1], match[2])
