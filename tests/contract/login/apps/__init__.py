"""The contract's app, once in each framework. A module here is found by itself; it has a list
``ADAPTERS``.

The app has ``cognito_guard``'s sign-in at ``/auth``, and lets anonymous requests reach its views:

====================  ============================================================================
``GET /``             anybody: ``{"user": username or null}``
``GET /me``           the adapter's guard for APIs: ``{"subject": ..., "username": ...}``
``POST /change``      the same: ``{"changed": username}``
``GET /page``         ``login_required()``: ``{"user": username}``
``POST /page``        the same
``GET /admin``        ``login_required(groups="admins")``: ``{"user": username}``
``GET /payouts``      ``login_required(acr="urn:cognito:loa:3", max_age=300)``: the same
``GET /transfers``    ``login_required()``, and the view itself enforces what ``/payouts`` requires
``POST /transfers``   the same
``GET /profile``      the guard for APIs: ``{"email": session.profile["email"], "started_at":
                      session.started_at, "token": whether session.access_token has three parts}``,
                      and ``{"session": null}`` for a bearer token
``GET /health``       exempt, never looked at: ``{"user": null}``
``/ws``               where there are WebSockets: the guard for APIs; accepts, sends the username
                      as text, and closes
====================  ============================================================================
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from ..site import Adapter

__all__ = ["ADAPTERS"]

ADAPTERS: list[Adapter] = [
    adapter
    for module in sorted(one.name for one in iter_modules(__path__))
    for adapter in import_module(f"{__name__}.{module}").ADAPTERS
]
