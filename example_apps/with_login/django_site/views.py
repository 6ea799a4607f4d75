"""The pages."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from cognito_guard_django.login.decorators import login_required


def home(request: Any) -> HttpResponse:
    """A public page. It greets users who are signed in by name."""
    name = request.identity.display_name if request.identity else None
    return render(request, "home.html", {"name": name})


@login_required
def profile(request: Any) -> HttpResponse:
    """Users who are not signed in are redirected to the sign-in, and come back here."""
    session = request.login_session
    email = session.profile.get("email") if session else None  # a bearer token has no profile
    return render(request, "profile.html", {"name": request.identity.display_name, "email": email})


@login_required(groups="admins")
def admin(request: Any) -> HttpResponse:
    """For a group of the user pool. Signed-in users outside the group get 403."""
    return render(request, "admin.html", {"name": request.identity.display_name})
