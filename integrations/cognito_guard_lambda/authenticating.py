"""Who has sent an event, by the credential in it."""

from __future__ import annotations

from cognito_guard import Guard, HeaderValues, Identity

from .events import Event, kind_of
from .headers import header_values
from .outcome import Outcome

__all__ = ["aauthenticate", "authenticate"]


def authenticate(guard: Guard, event: Event) -> Identity:
    """Return the sender of the request in ``event``, by verifying its token.

    ``event`` is what Lambda passes to a function that is called by a REST API, an HTTP API (payload
    formats 1.0 and 2.0), a WebSocket API (``$connect``), a function URL, an Application Load
    Balancer or an AppSync resolver: a ``dict``, or a data class of Powertools. Nothing that the
    event says about its sender is trusted, such as ``requestContext.authorizer``.

    Raises :class:`~cognito_guard.MissingCredentials` if the request carries no credential, and only
    then; :class:`~cognito_guard.InvalidRequest`, :class:`~cognito_guard.InvalidToken`,
    :class:`~cognito_guard.KeysUnavailable`; and :class:`~cognito_guard.ConfigurationError` for an
    event that is not such a request.
    """
    headers = Outcome(_headers, event)
    del event  # it has the credential, which no frame of ours shows to who reports an error
    return guard.authenticate(headers.get())


async def aauthenticate(guard: Guard, event: Event) -> Identity:
    """As :func:`authenticate`, for asyncio and trio."""
    headers = Outcome(_headers, event)
    del event
    return await guard.aauthenticate(headers.get())


def _headers(event: Event) -> HeaderValues:
    return header_values(event, kind_of(event))
