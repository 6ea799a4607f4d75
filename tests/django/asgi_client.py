"""Django's client for ASGI, which sends the names of headers as a server does."""

from __future__ import annotations

from typing import Any

from django.test import AsyncClient as DjangoAsyncClient

__all__ = ["AsyncClient"]


class AsyncClient(DjangoAsyncClient):
    """The first releases of Django 5.2 send ``access_control_request_method``, which no browser
    does."""

    async def request(self, **request: Any) -> Any:
        """Ask, with hyphens in all names."""
        request["headers"] = [
            (name.replace(b"_", b"-"), value) for name, value in request["headers"]
        ]
        return await super().request(**request)
