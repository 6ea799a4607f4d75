"""Where a session has its tokens from, each time that it needs one."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Protocol, TypeAlias, runtime_checkable

from cognito_guard import ConfigurationError
from cognito_guard.aws import CredentialsEnded, Logins

__all__ = ["SignedIn", "TokenSource", "logins_from", "problem_of"]


@runtime_checkable
class SignedIn(Protocol):
    """Somebody with an ID token, such as a ``cognito_guard.login.LoginSession``."""

    @property
    def id_token(self) -> str: ...  # pragma: no cover


Said: TypeAlias = "str | Logins | SignedIn | None"
TokenSource: TypeAlias = "Logins | SignedIn | Callable[[], Said]"

_WANTED = (
    "token_source must be a callable that returns a fresh ID token, or a login session; for a "
    "token that you have, use `lambda: token`"
)


def problem_of(source: TokenSource) -> str:
    """Why this is no source, or nothing. It may be a token, so whoever asks says it without."""
    if inspect.iscoroutinefunction(source):
        return "token_source must not be async: boto3 is not"
    if isinstance(source, type) or not (callable(source) or isinstance(source, Logins | SignedIn)):
        return _WANTED
    return ""


def logins_from(source: TokenSource, identity_id: str | None) -> str | Logins:
    """What to ask with now. ``identity_id``: of somebody who has not signed in, so that they stay
    who they are.

    Raises :class:`CredentialsEnded` where there is nobody any more, and what the source raises.
    """
    said = source() if callable(source) else source
    if said is None:
        raise CredentialsEnded("Nobody is signed in any more: the token source has no token.")
    if isinstance(said, Logins):
        guest = not said.tokens and said.identity_id is None
        return Logins.unauthenticated(identity_id) if guest else said
    if isinstance(said, str):
        return said
    if isinstance(said, SignedIn):
        return said.id_token
    if inspect.iscoroutine(said):
        said.close()
    kind = type(said).__name__
    del said
    raise ConfigurationError(f"token_source must return an ID token, and returned a {kind}")
