# ruff: noqa: E402  # settings come first where it is a program
"""What the tests of WebSockets serve: a consumer that tells who opened it.

As a program it is a project of its own, for servers that need a process, with settings from the
environment as in ``Guard.from_env``.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings

_alone = not settings.configured
if _alone:
    import django

    from cognito_guard import Guard

    settings.configure(
        ALLOWED_HOSTS=["127.0.0.1"],
        COGNITO_GUARD={
            "GUARD": Guard.from_env,
            "USERS": "stateless",
            "REQUIRED": True,
            "EXEMPT": ["/open"],
        },
        MIDDLEWARE=["cognito_guard_django.middleware.CognitoMiddleware"],
    )
    django.setup()

from channels.generic.websocket import AsyncJsonWebsocketConsumer
from channels.routing import ProtocolTypeRouter

from cognito_guard import require_groups
from cognito_guard_django import enforce
from cognito_guard_django.channels import CognitoMiddleware

ran: list[str] = []
"""The paths of the WebSockets that reached the consumer."""


class Consumer(AsyncJsonWebsocketConsumer):
    """Tells who opened it. What its path says is what it does."""

    async def connect(self) -> None:
        """Accept, and tell."""
        ran.append(self.scope["path"])
        if self.scope["path"] == "/admins":
            enforce(self.scope, require_groups("admins"))
        if self.scope["path"] == "/broken":
            raise KeyError("sub")
        await self.accept()
        identity: Any = self.scope["identity"]
        user: Any = self.scope["user"]
        seen = {
            "subject": None if identity is None else identity.subject,
            "user": user.get_username(),
            "authenticated": user.is_authenticated,
        }
        await self.send_json(seen)
        if self.scope["path"] == "/late":
            enforce(self.scope, require_groups("admins"))


def make_application() -> Any:
    """The app, as a project has it."""
    return ProtocolTypeRouter({"websocket": CognitoMiddleware(Consumer.as_asgi())})


if _alone:
    application = make_application()
