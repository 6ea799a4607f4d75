"""Sign-in for Flask: a blueprint with three routes, pages that need a sign-in, and the session.

``app.register_blueprint(login_blueprint(cognito), url_prefix="/auth")`` for a
``CognitoGuard(login=...)``.
"""

from .blueprint import login_blueprint
from .session import login_session

__all__ = ["login_blueprint", "login_session"]
