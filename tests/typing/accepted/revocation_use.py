"""Lists of what was revoked, stores of a user's own, and sign-outs, with their types."""

# pyright: strict

from collections.abc import Sequence
from typing import assert_type

from starlette.requests import Request

from cognito_guard import CognitoGuardError, Guard, Identity, UserPool
from cognito_guard.aws import UserApi
from cognito_guard.revocation import (
    AsyncRevocationStore,
    Changes,
    MemoryRevocationList,
    MirroredRevocationList,
    Revocation,
    RevocationHealth,
    RevocationList,
    RevocationStore,
)
from cognito_guard.sign_out import SignedOut
from cognito_guard_asgi.fastapi import CognitoAuth
from cognito_guard_asgi.sign_out import sign_out
from cognito_guard_flask import CognitoGuard


class Store:
    """A store of a user's own."""

    def add(self, revocations: Sequence[Revocation], /) -> None:
        """See ``RevocationStore``."""

    def read(self, position: str | None, /) -> Changes:
        """See ``RevocationStore``."""
        return Changes([], "0", whole=position is None)


class AwaitedStore:
    """The same for an event loop."""

    async def add(self, revocations: Sequence[Revocation], /) -> None:
        """See ``AsyncRevocationStore``."""

    async def read(self, position: str | None, /) -> Changes:
        """See ``AsyncRevocationStore``."""
        return Changes([], "0", whole=position is None)


class OwnList:
    """A list of a user's own."""

    refresh_seconds = 3600.0

    def is_revoked(self, identity: Identity, issuer: str, /) -> bool:
        """See ``RevocationList``."""
        return identity.jti == issuer

    async def ais_revoked(self, identity: Identity, issuer: str, /) -> bool:
        """See ``RevocationList``."""
        return self.is_revoked(identity, issuer)

    def revoke(self, *revocations: Revocation) -> None:
        """See ``RevocationList``."""

    async def arevoke(self, *revocations: Revocation) -> None:
        """See ``RevocationList``."""

    def health(self) -> RevocationHealth:
        """See ``RevocationList``."""
        return MemoryRevocationList().health()


def lists(pool: UserPool) -> list[Guard]:
    """A guard takes each kind."""
    store: RevocationStore = Store()
    awaited: AsyncRevocationStore = AwaitedStore()
    own: RevocationList = OwnList()
    return [
        Guard(pool),
        Guard(pool, revocations=None),
        Guard(pool, revocations=MemoryRevocationList()),
        Guard(pool, revocations=MirroredRevocationList(store, when_unavailable="closed")),
        Guard(pool, revocations=MirroredRevocationList(awaited, when_unavailable="open")),
        Guard(pool, revocations=MirroredRevocationList(Store(), when_unavailable="closed")),
        Guard(pool, revocations=own),
        Guard(pool, revocations=OwnList()),
    ]


async def by_the_guard(guard: Guard, identity: Identity) -> None:
    """Who is signed out, and by whom."""
    assert_type(guard.revocations, RevocationList | None)
    guard.sign_out(identity)
    guard.sign_out(identity, everywhere=True)
    await guard.asign_out(identity, everywhere=False)
    guard.sign_out_user("sub")
    await guard.asign_out_user("sub", issuer="https://pool.example")


async def by_an_adapter(
    request: Request, auth: CognitoAuth, cognito: CognitoGuard, api: UserApi
) -> None:
    """The caller of a request."""
    done = assert_type(await sign_out(request), SignedOut)
    assert_type(done.url, str | None)
    assert_type(done.set_cookies, tuple[str, ...])
    assert_type(done.at_cognito, bool)
    assert_type(done.problem, CognitoGuardError | None)
    assert_type(await sign_out(request, everywhere=True, user_api=api), SignedOut)
    assert_type(await auth.sign_out(request, everywhere=True, user_api=None), SignedOut)
    assert_type(cognito.sign_out(), SignedOut)
    assert_type(cognito.sign_out(everywhere=True, user_api=api), SignedOut)
