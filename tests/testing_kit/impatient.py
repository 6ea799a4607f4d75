"""Servers that give up clients in the midst of a request, however long its beginning takes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cognito_guard.testing.web.http1 import Exchange


def without_patience(monkeypatch: pytest.MonkeyPatch) -> list[float | None]:
    """Wait hardly at all for bodies from now on; gives how long each would have been waited for.

    A server that is impatient from the start gives up a client of a busy machine as well.
    """
    patience: list[float | None] = []
    body = Exchange.body

    def impatient(exchange: Exchange) -> Iterator[bytes]:
        connection = exchange._peer._connection
        patience.append(connection.gettimeout())
        connection.settimeout(0.05)
        return body(exchange)

    monkeypatch.setattr(Exchange, "body", impatient)
    return patience
