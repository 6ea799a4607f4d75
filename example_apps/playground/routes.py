"""The routes of the example apps that the page can ask, and the policy of each."""

from __future__ import annotations

from collections.abc import Mapping

from cognito_guard import PolicyLike, require_groups, require_roles, require_scopes

__all__ = ["BALANCED_ROUTES", "ROUTES"]

ROUTES: Mapping[str, PolicyLike | None] = {
    "/me": None,
    "/orders": require_scopes("orders/read"),
    "/admin": require_groups("admins"),
    "/editor": require_roles("editor"),
}
"""Those of the apps that take a bearer token."""

BALANCED_ROUTES: Mapping[str, PolicyLike | None] = {
    "/login": None,
    "/admin": require_groups("admins"),
}
"""Those of the app behind the load balancer."""
