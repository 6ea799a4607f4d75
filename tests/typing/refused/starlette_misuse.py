"""Mistakes with Starlette, each on a line that must not compile."""

from starlette.applications import Starlette
from starlette.middleware import Middleware

from cognito_guard import Guard, UserPool
from cognito_guard_asgi import CognitoMiddleware
from cognito_guard_asgi.starlette import requires


def anybody() -> bool:
    """A policy that does not ask who it is."""
    return True


def middleware(app: Starlette, guard: Guard, pool: UserPool) -> None:
    """The middleware's arguments."""
    Middleware(CognitoMiddleware)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    Middleware(CognitoMiddleware, guard=pool)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Middleware(CognitoMiddleware, guard=guard, optional=True)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    app.add_middleware(CognitoMiddleware)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    app.add_middleware(CognitoMiddleware, guard=None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    CognitoMiddleware(app)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    CognitoMiddleware(app, guard)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    CognitoMiddleware(app, guard=guard, required="false")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    CognitoMiddleware(app, guard=guard, exempt=[b"/health"])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]


def decorators() -> None:
    """The decorator's arguments."""
    requires("admins")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
    requires(group="admins")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    requires(groups=1)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
    requires(scopes={"orders/read": True})  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
    requires(policy="admins")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
    requires(policy=anybody)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    requires(groups="admins")("not an endpoint")  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]
