"""Django's admin, whose users sign in through the pool."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect

from cognito_guard.login import own_page

from .places import to_sign_in
from .transactions import outside_transactions
from .views import sign_out

__all__ = ["CognitoAdminSite"]


class CognitoAdminSite(AdminSite):
    """An admin site without a password form. It redirects to the sign-in and back, and signs out
    there as well. A signed-in user who is not staff gets 403, and no redirect.
    """

    @method_decorator(never_cache)
    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Redirect to the sign-in."""
        index = reverse("admin:index", current_app=self.name)
        wanted = request.GET.get("next")
        page = index if wanted is None else own_page(wanted)
        if self.has_permission(request):
            return HttpResponseRedirect(page)
        if request.user.is_authenticated:
            raise PermissionDenied("You have signed in, and may not use the admin.")
        return HttpResponseRedirect(to_sign_in(request, page))

    # Django's LoginRequiredMiddleware leaves the page alone that it sends people to.
    login.login_required = False  # type: ignore[attr-defined]

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """A view for the staff. Signing out is for everybody: whoever calls with another credential
        has no less of a session to end."""
        if view == self.logout:
            return csrf_protect(view)
        return super().admin_view(view, cacheable)

    @outside_transactions
    def logout(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Sign out, here and at the pool."""
        return sign_out(request)

    logout.login_required = False  # type: ignore[attr-defined]
