"""One call of the API: it arrives as it was meant, and nobody is told what was in it."""

from __future__ import annotations

import json
import logging

import pytest

from cognito_guard.network.call import Call, FetchFailed, call
from cognito_guard.testing import Fault, LocalUserPool, TokenFault

TARGET = "AWSCognitoIdentityProviderService.InitiateAuth"
PASSWORD = "Un-mistak-able-1"


def sign_in(client_id: str, password: str) -> Call:
    """What is asked."""
    parameters = {"USERNAME": "alice", "PASSWORD": password}
    asked = {
        "AuthFlow": "USER_PASSWORD_AUTH",
        "ClientId": client_id,
        "AuthParameters": parameters,
    }
    return Call(TARGET, asked)


def test_answers(pool: LocalUserPool, caplog: pytest.LogCaptureFixture) -> None:
    """A good one and a refusal alike; not even the client's own log has what was sent or came."""
    caplog.set_level(logging.DEBUG)
    with pool.listen() as server:
        good = call(server.origin, sign_in(pool.client_id, "Local-Pass-1"))
        bad = call(server.origin, sign_in(pool.client_id, PASSWORD))
    assert (good.status, good.media_type) == (200, "application/x-amz-json-1.1")
    result = json.loads(good.body)["AuthenticationResult"]
    assert (bad.status, json.loads(bad.body)["__type"]) == (400, "NotAuthorizedException")
    for secret in (PASSWORD, "Local-Pass-1", result["AccessToken"], result["RefreshToken"]):
        assert secret not in caplog.text


@pytest.mark.parametrize("fault", [Fault.HANG_UP, Fault.HALF_BODY, Fault.DOWN, Fault.ENDLESS])
def test_no_answer(pool: LocalUserPool, fault: Fault) -> None:
    """An error that says what the network did, and nothing of what was sent."""
    with pool.listen() as server:
        at = None if fault is Fault.DOWN else "api"
        with server.failing(fault, at=at), pytest.raises(FetchFailed) as failed:
            call(server.origin, sign_in(pool.client_id, PASSWORD))
        with server.failing(TokenFault.TOO_MANY_REQUESTS, at="api"):
            assert call(server.origin, Call(TARGET, {})).status == 400
    assert PASSWORD not in str(failed.value)


def test_repr() -> None:
    """A report of an error that shows variables does not show a password."""
    assert PASSWORD not in repr(sign_in("a", PASSWORD))
