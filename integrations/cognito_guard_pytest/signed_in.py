"""SignedIn: a user with a token, and the test clients of the frameworks that send it.

Each framework is imported by the method that needs it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from django.test import Client
    from flask import Flask
    from flask.testing import FlaskClient
    from starlette.testclient import TestClient

    from cognito_guard.testing import LocalUserPool

__all__ = ["SignedIn"]


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A user of ``pool`` who is signed in, with a new test client from each method.

    ``token`` is what the clients send; ``headers`` are for any other client.
    """

    pool: LocalUserPool
    username: str
    token: str = field(repr=False)

    @classmethod
    def to(
        cls,
        pool: LocalUserPool,
        username: str = "alice",
        *,
        token_use: Literal["access", "id"] = "access",
        **arguments: Any,
    ) -> SignedIn:
        """Sign a user in to ``pool``. ``arguments`` are those of ``LocalUserPool.access_token``, or
        those of ``LocalUserPool.id_token`` if ``token_use`` is ``"id"``."""
        if token_use not in ("access", "id"):
            raise ValueError('token_use is "access" or "id"')
        issue = pool.id_token if token_use == "id" else pool.access_token
        return cls(pool, username, issue(username, **arguments))

    def as_user(self, username: str, **arguments: Any) -> SignedIn:
        """Another user, signed in to the same pool, with the arguments of the marker."""
        return SignedIn.to(self.pool, username, **arguments)

    @property
    def headers(self) -> dict[str, str]:
        """The request headers that carry the token."""
        return {"Authorization": f"Bearer {self.token}"}

    def starlette(self, app: Any, **arguments: Any) -> TestClient:
        """Starlette's ``TestClient`` for an ASGI app, with its ``arguments``."""
        from starlette.testclient import TestClient

        headers = {**self.headers, **arguments.pop("headers", {})}
        return TestClient(app, headers=headers, **arguments)

    fastapi = starlette

    def flask(self, app: Flask, **arguments: Any) -> FlaskClient:
        """``app.test_client(**arguments)``."""
        client = app.test_client(**arguments)
        client.environ_base["HTTP_AUTHORIZATION"] = self.headers["Authorization"]
        return client

    def django(self, **arguments: Any) -> Client:
        """Django's test client, with its ``arguments``."""
        from django.test import Client

        return Client(HTTP_AUTHORIZATION=self.headers["Authorization"], **arguments)

    def rest_framework(self, **arguments: Any) -> Any:
        """Django REST framework's ``APIClient``, with its ``arguments``."""
        from rest_framework.test import APIClient

        client = APIClient(**arguments)
        client.credentials(HTTP_AUTHORIZATION=self.headers["Authorization"])
        return client
