"""Mistakes with revocations and sign-outs, each on a line that must not compile."""

from starlette.requests import Request

from cognito_guard import Guard, Identity, UserPool
from cognito_guard.revocation import MemoryRevocationList, MirroredRevocationList, Revocation
from cognito_guard_asgi.sign_out import sign_out
from cognito_guard_flask import CognitoGuard


class NoStore:
    """It only reads."""

    def read(self, position: str | None, /) -> list[Revocation]:
        """Not even what a store does."""
        return []


def lists(pool: UserPool) -> None:
    """What a guard and a mirror take."""
    Guard(pool, revocations=NoStore())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Guard(pool, revocations=MemoryRevocationList)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Guard(pool, revocations=["jti"])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    MirroredRevocationList(NoStore(), when_unavailable="closed")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    MirroredRevocationList()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def entries() -> None:
    """What an entry is about."""
    Revocation.of_token("jti")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    Revocation.of_user("sub", before=1, ends_at=2)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    Revocation.of_sign_in(1, ends_at=2)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def by_the_guard(guard: Guard, identity: Identity) -> None:
    """Who is signed out."""
    guard.sign_out()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    guard.sign_out("sub")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    guard.sign_out(identity, True)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    guard.sign_out_user(identity)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


async def by_an_adapter(request: Request, cognito: CognitoGuard, guard: Guard) -> None:
    """What the verb takes."""
    (await sign_out()).url  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    (await sign_out(request, True)).url  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    (await sign_out(request, user_api=guard)).url  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    cognito.sign_out(True)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    cognito.sign_out(everywhere="yes")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    cognito.sign_out().url.strip()  # type: ignore[union-attr]  # pyright: ignore[reportOptionalMemberAccess]
