"""A FastAPI site whose users sign in at their user pool.

The settings come from the environment. `cognito-guard dev` prints those of a pool on this machine;
`docs/login-setup.md` explains where those of a pool at AWS come from.

    uvicorn --factory example_apps.with_login.fastapi_app:create_app
"""

from pathlib import Path
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader

from cognito_guard import Guard, Identity
from cognito_guard.login import LoginSessions, MemorySessionStore
from cognito_guard_asgi.fastapi import CognitoAuth
from cognito_guard_asgi.login import login_router, login_session

PAGES = Environment(loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True)


def create_app(guard: Guard | None = None, sessions: LoginSessions | None = None) -> FastAPI:
    """Create the site, from the environment or with your own guard and sessions."""
    guard = guard or Guard.from_env()
    sessions = sessions or LoginSessions.from_env(guard=guard, store=MemorySessionStore())
    auth = CognitoAuth(guard, login=sessions)
    app = FastAPI(default_response_class=HTMLResponse)
    app.include_router(login_router(sessions), prefix="/auth")

    @app.get("/")
    async def home(user: Annotated[Identity | None, Depends(auth.optional)]) -> str:
        """A public page. It greets users who are signed in by name."""
        return _page("home.html", name=user.display_name if user else None)

    @app.get("/profile")
    async def profile(request: Request, user: Annotated[Identity, Depends(auth.pages)]) -> str:
        """Users who are not signed in are redirected to the sign-in, and come back here."""
        session = login_session(request)
        email = session.profile.get("email") if session else None  # a bearer token has no profile
        return _page("profile.html", name=user.display_name, email=email)

    @app.get("/admin")
    async def admin(
        user: Annotated[Identity, Depends(auth.pages.require(groups="admins"))],
    ) -> str:
        """For a group of the user pool. Signed-in users outside the group get 403."""
        return _page("admin.html", name=user.display_name)

    return app


def _page(template: str, **values: object) -> str:
    return PAGES.get_template(template).render(values)
