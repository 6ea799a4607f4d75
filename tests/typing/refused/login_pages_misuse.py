"""Ways to misuse sign-in in each framework, each an error under both checkers."""

from flask import Flask
from starlette.applications import Starlette
from starlette.requests import Request

from cognito_guard import Guard
from cognito_guard.login import LoginLink, LoginRoutes, LoginSessions, ManagedLogin
from cognito_guard_asgi import CognitoMiddleware
from cognito_guard_asgi.fastapi import CognitoAuth
from cognito_guard_asgi.login import login_required, login_router, login_routes, login_session
from cognito_guard_django.login import decorators as django_login
from cognito_guard_flask import CognitoGuard
from cognito_guard_flask.login import login_blueprint


def asgi(app: Starlette, request: Request, guard: Guard, login: ManagedLogin) -> None:
    """A login is no sessions; what is required is named; there may be no session."""
    login_routes(login)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    login_router(guard)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    CognitoMiddleware(app, guard=guard, login=login)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    CognitoAuth(guard, login=login)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    CognitoAuth(guard).swagger_ui_init_oauth(login)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    login_required("admins")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
    login_required(group="admins")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    login_required(groups=1)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
    login_required(groups="admins")("no endpoint")  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]
    login_session()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    login_session(request).identity  # type: ignore[union-attr]  # pyright: ignore[reportOptionalMemberAccess]


def flask(app: Flask, guard: Guard, login: ManagedLogin, sessions: LoginSessions) -> None:
    """The same, and a blueprint is made for an extension."""
    CognitoGuard(login=login)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    CognitoGuard(login_store=sessions)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    login_blueprint(app)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    login_blueprint(CognitoGuard(app), name=None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    CognitoGuard(app).login_required("admins")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
    CognitoGuard(app).login_required(group="admins")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    CognitoGuard(app).protect(app, pages="yes")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def django() -> None:
    """What is required is named."""
    django_login.login_required("admins")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
    django_login.login_required(group="admins")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    django_login.login_required(policy="admins")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]


def own_adapter(sessions: LoginSessions, login: ManagedLogin) -> None:
    """Routes belong to sessions, and say what to do where they are misplaced."""
    LoginRoutes(sessions)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    LoginRoutes(login, advice="")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    LoginLink(None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
