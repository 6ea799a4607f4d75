"""What an application with pages writes in each framework, and the types that it gets."""

# pyright: strict

from typing import Annotated, Any, assert_type

from fastapi import APIRouter, Depends, FastAPI
from flask import Blueprint, Flask
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route

from cognito_guard import Guard, Identity, require_recent_login
from cognito_guard.login import LoginSession, LoginSessions, SessionStore
from cognito_guard_asgi import CognitoMiddleware
from cognito_guard_asgi.fastapi import CognitoAuth
from cognito_guard_asgi.login import login_required, login_router, login_routes, login_session
from cognito_guard_django.login import decorators as django_login
from cognito_guard_django.login.mixins import LoginRequiredMixin
from cognito_guard_flask import CognitoGuard
from cognito_guard_flask.login import login_blueprint
from cognito_guard_flask.login import login_session as flask_login_session


@login_required
async def bare(request: Request) -> JSONResponse:
    """For whoever is signed in, without parentheses."""
    return JSONResponse(None)


@login_required()
async def page(request: Request) -> JSONResponse:
    """Whoever is signed in."""
    session = login_session(request)
    assert_type(session, LoginSession | None)
    return JSONResponse({"email": None if session is None else session.profile["email"]})


@login_required(groups=["admins"], roles="editor", policy=require_recent_login(max_age=60))
class Admin(HTTPEndpoint):
    """All of everything."""


async def endpoints(request: Request) -> None:
    """A decorated endpoint has the type that it had."""
    assert_type(await page(request), JSONResponse)
    assert_type(Admin, type[Admin])


def starlette_app(guard: Guard, sessions: LoginSessions) -> Starlette:
    """Routes, pages and the middleware."""
    assert_type(login_routes(sessions), list[Route])
    return Starlette(
        routes=[Mount("/auth", routes=login_routes(sessions)), Route("/", page)],
        middleware=[Middleware(CognitoMiddleware, guard=guard, login=sessions)],
    )


def fastapi_app(guard: Guard, sessions: LoginSessions) -> FastAPI:
    """A dependency for scripts, and one for pages."""
    auth = CognitoAuth(guard, login=sessions)
    assert_type(auth.pages, CognitoAuth)
    assert_type(login_router(sessions), APIRouter)
    app = FastAPI(swagger_ui_init_oauth=auth.swagger_ui_init_oauth("2example23456789"))
    app.include_router(login_router(sessions), prefix="/auth")

    async def home(user: Annotated[Identity, Depends(auth.pages.require(groups="a"))]) -> str:
        return user.subject

    app.get("/")(home)
    return app


def flask_app(guard: Guard, sessions: LoginSessions, store: SessionStore) -> Flask:
    """By an object, or by settings with a store."""
    app = Flask(__name__)
    cognito = CognitoGuard(app, guard=guard, login=sessions)
    CognitoGuard(prefix="STAFF_", login_store=store)
    assert_type(login_blueprint(cognito), Blueprint)
    app.register_blueprint(login_blueprint(cognito, "signs_in"), url_prefix="/auth")

    @cognito.login_required
    def home() -> str:
        assert_type(flask_login_session(), LoginSession | None)
        return "home"

    @cognito.login_required(scopes="orders/read", policy=require_recent_login(max_age=60))
    def orders(number: int) -> int:
        return number

    assert_type(home(), str)
    assert_type(orders(1), int)
    cognito.protect(app, pages=True, exempt=["health"])
    return app


@django_login.login_required
def django_page(request: Any) -> str:
    """Whoever is signed in, in Django."""
    return ""


@django_login.login_required(groups="admins", scopes=["orders/read"])
async def django_orders(request: Any, number: int) -> int:
    """All that is named."""
    return number


class DjangoPage(LoginRequiredMixin):
    """The same in attributes."""

    required_groups = ("admins", "editors")
    required_policy = require_recent_login(max_age=60)


async def django_views(request: Any) -> None:
    """A decorated view has the type that it had."""
    assert_type(django_page(request), str)
    assert_type(await django_orders(request, 1), int)
