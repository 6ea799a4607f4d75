"""A Flask site whose users sign in at their user pool.

The settings come from the environment. `cognito-guard dev` prints those of a pool on this machine;
`docs/login-setup.md` explains where those of a pool at AWS come from.

    flask --app example_apps.with_login.flask_app run --port 8000
"""

from __future__ import annotations

from flask import Flask, render_template

from cognito_guard import Guard
from cognito_guard.login import LoginSessions, MemorySessionStore
from cognito_guard_flask import CognitoGuard, current_identity
from cognito_guard_flask.login import login_blueprint, login_session


def create_app(guard: Guard | None = None, sessions: LoginSessions | None = None) -> Flask:
    """Create the site, from the environment or with your own guard and sessions."""
    guard = guard or Guard.from_env()
    sessions = sessions or LoginSessions.from_env(guard=guard, store=MemorySessionStore())
    app = Flask(__name__)
    cognito = CognitoGuard(app, guard=guard, login=sessions)
    app.register_blueprint(login_blueprint(cognito), url_prefix="/auth")

    @app.get("/")
    @cognito.optional
    def home() -> str:
        """A public page. It greets users who are signed in by name."""
        name = current_identity.display_name if current_identity else None
        return render_template("home.html", name=name)

    @app.get("/profile")
    @cognito.login_required
    def profile() -> str:
        """Users who are not signed in are redirected to the sign-in, and come back here."""
        session = login_session()
        email = session.profile.get("email") if session else None  # a bearer token has no profile
        return render_template("profile.html", name=current_identity.display_name, email=email)

    @app.get("/admin")
    @cognito.login_required(groups="admins")
    def admin() -> str:
        """For a group of the user pool. Signed-in users outside the group get 403."""
        return render_template("admin.html", name=current_identity.display_name)

    return app
