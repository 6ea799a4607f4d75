"""Sign-in for Starlette and FastAPI: three routes, pages that need a sign-in, and the session.

``Mount("/auth", routes=login_routes(sessions))``, or in FastAPI
``app.include_router(login_router(sessions), prefix="/auth")``; and
``CognitoMiddleware(login=sessions)`` around the app.
"""

from .required import login_required
from .routes import login_router, login_routes
from .session import login_session

__all__ = ["login_required", "login_router", "login_routes", "login_session"]
