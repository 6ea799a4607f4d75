"""Ways to misuse sign-in, each an error under both checkers."""

from cognito_guard import Guard
from cognito_guard.login import LoginSessions, ManagedLogin, MemorySessionStore


class Half:
    """No store: it cannot forget."""

    def read(self, key: str) -> bytes | None:
        """As of a store."""
        return None


def sessions(login: ManagedLogin, guard: Guard) -> None:
    """What is missing, or no store, or no list."""
    LoginSessions(login, guard, store=MemorySessionStore())  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    LoginSessions(login, guard, store=Half(), secrets=[""])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    LoginSessions(login, guard, store=MemorySessionStore(), secrets=b"")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def verbs(sessions: LoginSessions) -> None:
    """A callback without a look at the browser signs in whoever is led there."""
    sessions.finish("code=a")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    sessions.current()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    sessions.start(next_page=None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
