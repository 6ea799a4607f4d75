"""The userInfo endpoint of a pool's sign-in domain (OpenID Connect Core, section 5.3)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, final

from ..network.addresses import sign_in_domain
from ..network.exchange import Line, exchange
from .calls import UserCall, json_object
from .errors import ScopeMissing, Throttled, TokenRefused, UserApiUnavailable

__all__ = ["UserInfo", "ask_user_info"]

_SECONDS = (8.0, 6.0)
_MAX_BODY = 64 * 1024
_SCOPE = "openid"


@final
class UserInfo:
    """The endpoint, and the connection to it that is kept."""

    def __init__(self, domain: object) -> None:
        self.url = f"{sign_in_domain(domain)}/oauth2/userInfo"
        self.line = Line()


@final
class _Bearer:
    """A request with an access token. Its ``repr`` says nothing."""

    __slots__ = ("_asked",)

    def __init__(self, asked: UserCall[Any]) -> None:
        self._asked = asked

    def told(self) -> dict[str, Any]:
        return {"headers": {"Authorization": f"Bearer {self._asked.token}"}}


def ask_user_info(place: UserInfo, asked: UserCall[Any]) -> Mapping[str, Any]:
    """The claims. Raises :class:`UserApiError`, and ``FetchFailed`` for no answer."""
    answer = exchange(
        "GET",
        place.url,
        accept="application/json",
        seconds=_SECONDS,
        max_body=_MAX_BODY,
        form=_Bearer(asked),
        line=place.line,
        repeatable=True,
    )
    if answer.status in (401, 403):
        # Cognito says invalid_token for either; OpenID Connect would have it say more.
        if answer.status == 403 or asked.lacks(_SCOPE):
            raise ScopeMissing(
                f"The token lacks the scope {_SCOPE}.", "insufficient_scope", scope=_SCOPE
            )
        raise TokenRefused("The access token is not good, or not any more.", "invalid_token")
    wait = answer.retry_after or 1
    if answer.status == 429:
        raise Throttled("Too many requests.", retry_after=wait)
    told = json_object(answer.body)
    if answer.status != 200 or told is None:
        raise UserApiUnavailable(
            f"The userInfo endpoint answered with status {answer.status}, and nothing that can be "
            "used.",
            retry_after=wait,
        )
    if told.get("sub") != asked.subject:
        raise UserApiUnavailable(
            "The userInfo endpoint answered for somebody else than the user of the token."
        )
    return MappingProxyType(told)
