"""The attack corpus at the doors that answer in another way than a request's. The others are in
tests/contract."""

from __future__ import annotations

from typing import Any

import pytest

from cognito_guard import AuthError, Guard
from cognito_guard.testing import LocalApiGateway, LocalUserPool, attacks
from cognito_guard_lambda import Authorizer, Unauthorized, guarded

from ..raw import UPGRADE, ask
from .test_authorizer import http_event, request_event, token_event, websocket_event


def test_websockets(guard: Guard, pool: LocalUserPool) -> None:
    """Whoever attacks the handshake is answered as everywhere, and none is opened."""

    @guarded(guard)
    def connect(event: Any, context: Any, identity: Any) -> Any:
        return {"statusCode": 200}

    with LocalApiGateway(print, websocket=connect) as gateway:

        def send(attempt: Any) -> Any:
            try:
                lines = [b": ".join(pair) for pair in attempt.raw_headers]
                return ask(gateway.url, "/", [*UPGRADE, *lines])
            except ConnectionError:  # a server may hang up on what it will not read
                return None

        assert len(attacks.run(send, pool)) > 400


@pytest.mark.parametrize("make", [request_event, http_event, websocket_event])
def test_authorizers(make: Any, guard: Guard, pool: LocalUserPool) -> None:
    """Every attack is told from a caller, for the reason that is documented."""
    authorizer = Authorizer(guard)
    faults = []
    made = attacks.build(pool)
    for attempt in made:
        with pytest.raises(Unauthorized) as refused:
            authorizer(make(attempt.headers))
        assert isinstance(refused.value.__cause__, AuthError)
        if refused.value.__cause__.reason not in attempt.reasons:
            faults.append((attempt.name, str(refused.value.__cause__.reason)))
    assert faults == []
    assert len(made) > 400


def test_token_authorizers(guard: Guard, pool: LocalUserPool) -> None:
    """Where the header comes alone, the same."""
    for attempt in attacks.build(pool):
        values = [value for name, value in attempt.headers if name.lower() == "authorization"]
        if len(values) == 1:
            with pytest.raises(Unauthorized) as refused:
                Authorizer(guard)(token_event(values[0]))
            assert isinstance(refused.value.__cause__, AuthError)
            assert refused.value.__cause__.reason in attempt.reasons
