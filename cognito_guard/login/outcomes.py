"""What the four verbs end with. Adapters copy addresses and cookies, and add nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, final

from ..identity import Identity
from ..tokens.parsing import parse_token
from .secrecy import Secretive
from .step_up import StepUp

__all__ = ["Ended", "LoginSession", "SignedIn", "Started"]


@final
class Started(Secretive):
    """The result of ``start``: a sign-in has begun.

    ``url``: where to redirect the browser. ``binding``: the value of the browser's cookie.
    ``set_cookies``: values of ``Set-Cookie`` headers; send each in its own header.
    """

    __slots__ = ("binding", "set_cookies", "url")

    def __init__(self, url: str, binding: str, set_cookies: tuple[str, ...]) -> None:
        self.url = url
        self.binding = binding
        self.set_cookies = set_cookies


@final
class SignedIn(Secretive):
    """The result of ``finish``: a user has signed in.

    ``identity``: the user. ``next_page``: the path on your own site to redirect the browser to.
    """

    __slots__ = ("_id_token", "identity", "next_page", "session_id", "set_cookies")

    def __init__(
        self,
        identity: Identity,
        session_id: str,
        next_page: str,
        set_cookies: tuple[str, ...],
        id_token: str,
    ) -> None:
        self.identity = identity
        self.session_id = session_id
        self.next_page = next_page
        self.set_cookies = set_cookies
        self._id_token = id_token

    @property
    def profile(self) -> Mapping[str, Any]:
        """The claims of the ID token, as of :class:`LoginSession`."""
        return _claims(self._id_token)


@final
class LoginSession(Secretive):
    """The session of a user who is signed in.

    ``identity``: the user, from the access token, verified for this request. ``access_token``: for
    calls on behalf of the user; keep it on the server. ``started_at``: when the user signed in
    here, in seconds since 1970.
    """

    __slots__ = ("_id_token", "access_token", "identity", "started_at", "step_up")

    def __init__(
        self,
        identity: Identity,
        access_token: str,
        id_token: str,
        started_at: float,
        step_up: StepUp | None = None,
    ) -> None:
        self.identity = identity
        self.access_token = access_token
        self.started_at = started_at
        self.step_up = step_up
        """For :func:`sign_in_address`: the sign-in that a page has asked for just now."""
        self._id_token = id_token

    @property
    def id_token(self) -> str:
        """The ID token, for calls on behalf of the user that need one, such as an identity pool's.
        Each refresh of the access token brings a new one. Keep it on the server."""
        return self._id_token

    @property
    def profile(self) -> Mapping[str, Any]:
        """The claims of the ID token, such as ``email``. The token was verified when it arrived,
        and may have expired since. This is personal data: keep it out of logs."""
        return _claims(self._id_token)


@final
class Ended(Secretive):
    """The result of ``end``: a session is over.

    ``url``: where to redirect the browser, so that the pool forgets the user too. ``problem``: why
    the sign-in is missing from the guard's revocation list, if it should be there. Anybody who has
    the session's access token can then use it until it expires.
    """

    __slots__ = ("problem", "set_cookies", "url")

    def __init__(self, url: str, set_cookies: tuple[str, ...]) -> None:
        self.url = url
        self.set_cookies = set_cookies
        self.problem: Exception | None = None


def _claims(id_token: str) -> Mapping[str, Any]:
    return parse_token(id_token, max_bytes=len(id_token)).claims
