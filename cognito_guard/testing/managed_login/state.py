"""What a local managed login remembers, and what each of its endpoints is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from ..clients import LocalClient
from ..triggers import Changes
from ..web.http1 import Exchange, Request
from ..web.sessions import Sessions
from .faults import TokenFault
from .mail import Mail
from .refresh_tokens import RefreshTokens, SignIn

if TYPE_CHECKING:
    from ..pool import LocalUserPool

__all__ = ["Browser", "Call", "Code", "State"]

# Cognito's: a code lives five minutes, the session of managed login an hour.
_CODE_SECONDS = 300
BROWSER_SECONDS = 3600


@dataclass(frozen=True)
class Code:
    """What an authorization code stands for."""

    sign_in: SignIn
    redirect_uri: str
    challenge: str | None = field(repr=False)
    nonce: str | None = field(repr=False)
    changes: Changes
    """What a trigger said at the sign-in, when Cognito asks it."""


@dataclass(frozen=True)
class Browser:
    """Who is signed in at managed login itself, in one browser."""

    username: str
    auth_time: int
    level: int


class State:
    """A pool's managed login at an ``origin``."""

    def __init__(self, pool: LocalUserPool, origin: str, port: int) -> None:
        self.pool = pool
        self.origin = origin
        self.issuer = f"{origin}/{pool.user_pool_id}"
        self.clients: dict[str, LocalClient] = {}
        self.knows_documents = False
        """Whether there are clients whose id is the URL of their metadata."""
        self.registration_scopes: Sequence[str] | None = None
        """What a client that registers itself may ask for; ``None`` where none may register."""
        self.codes: Sessions[Code] = Sessions(_CODE_SECONDS, pool.clock)
        self.browsers: Sessions[Browser] = Sessions(BROWSER_SECONDS, pool.clock)
        self.refresh_tokens = RefreshTokens(pool.clock)
        self.mail = Mail(pool.clock)
        self.deleted: set[str] = set()
        """The names of users who have deleted themselves."""
        # Cookies know no ports: two local pools on one machine must not sign each other out.
        self.cookie = f"cognito-{port}"
        self.lite = False

    def may_sign_in(self, username: str) -> bool:
        """Whether a user is there, confirmed, and not disabled."""
        user = self.pool.user(username)
        return username not in self.deleted and user.enabled and user.confirmed

    @cached_property
    def other_pool(self) -> LocalUserPool:
        """A pool that nobody trusts. Made when it is first needed, as its keys take a while."""
        user_pool_id = f"{self.pool.user_pool_id.partition('_')[0]}_OtherPool"
        kind = type(self.pool)
        return kind(user_pool_id, issuer=f"{self.origin}/{user_pool_id}", clock=self.pool.clock)


@dataclass(frozen=True)
class Call:
    """One request to an endpoint."""

    exchange: Exchange
    request: Request
    origin: str
    """Ours, as this client sees it."""
    fault: TokenFault | None = None
