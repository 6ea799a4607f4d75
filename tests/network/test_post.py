"""post.py: one form, and whatever the server answers."""

from __future__ import annotations

import logging
from urllib.parse import parse_qs

import pytest

from cognito_guard.network import exchange as exchange_module
from cognito_guard.network import post as post_module
from cognito_guard.network.post import MAX_BODY, FetchFailed, post_form
from cognito_guard.testing.listener import Visit

from ..engine.reports import assert_nothing_shown, shown_by
from ..engine.silence import assert_silent
from ..keys.endpoint import Behaviour, Endpoint, answer
from ..login.endpoint import body_of
from ..patience import PATIENCE
from .test_fetch import FAULTS, HEAD, HEALTHY, drips, hangs, hangs_in_the_body, never_ends

FIELDS = {"grant_type": "refresh_token", "refresh_token": "a+b/c=&d%e \u00e4"}


def says(data: bytes) -> Behaviour:
    """An endpoint that sends ``data`` and hangs up, when it has read the form: if it had not, that
    would reset the connection, and what is not sent yet would be lost."""

    def behave(visit: Visit) -> None:
        body_of(visit)
        visit.send(data)

    return behave


def test_form_arrives_as_it_is() -> None:
    """One POST, with its fields, for JSON, and no cookie."""
    bodies: list[bytes] = []

    def behave(visit: Visit) -> None:
        bodies.append(body_of(visit))
        visit.send(answer("200 OK", b"{}", "Content-Type: Application/JSON; charset=utf-8"))

    with Endpoint(behave) as endpoint:
        got = post_form(f"{endpoint.url}?x=1", FIELDS, authorization="Basic YTpi")
    assert (got.status, got.media_type, got.body) == (200, "application/json", b"{}")
    assert repr(got) == "<Answer 200>"
    head = endpoint.requests[0].partition(b"\r\n\r\n")[0].decode("ascii").lower()
    line, *fields = head.split("\r\n")
    assert line == "post /jwks.json?x=1 http/1.1"
    assert {
        "accept: application/json",
        "accept-encoding: identity",
        "authorization: basic ytpi",
        "content-type: application/x-www-form-urlencoded",
    } <= set(fields)
    assert "cookie" not in head
    parsed = parse_qs(bodies[0].decode("ascii"), strict_parsing=True)
    assert parsed == {name: [value] for name, value in FIELDS.items()}


def test_without_authorization() -> None:
    """There is none, and a server that names no type has none."""
    with Endpoint(says(answer(body=b"x"))) as endpoint:
        assert post_form(endpoint.url, {}).media_type == ""
    assert b"authorization" not in endpoint.requests[0].lower()


@pytest.mark.parametrize(
    "status", ["201 Created", "302 Found", "400 Bad Request", "401 No", "429 Slow", "500 Oops"]
)
def test_every_status_is_an_answer(status: str) -> None:
    """A refusal has a body that says why. A redirect is not followed."""
    with Endpoint(says(answer("200 OK", b"elsewhere"))) as elsewhere:
        away = answer(status, b"why", f"Location: {elsewhere.url}")
        with Endpoint(says(away)) as endpoint:
            got = post_form(endpoint.url, FIELDS)
    assert (got.status, got.body) == (int(status[:3]), b"why")
    assert elsewhere.requests == []


CUT_OFF = "RemoteProtocolError or ReadError"
# The behaviour, what `POST_SECONDS` and `_STEP_SECONDS` are for it, and what is said of it.
BROKEN: dict[str, tuple[Behaviour, tuple[float, float], str]] = {
    "no answer": (hangs, (PATIENCE, 0.2), "no answer within 0.2 s"),
    "half a body": (hangs_in_the_body, (PATIENCE, 0.2), "no answer within 0.2 s"),
    "a drip": (drips(HEAD, b"X: y\r\n"), (0.5, PATIENCE), "no answer within 0.5 s"),
    "a body without an end": (never_ends, HEALTHY, "a body of more than 65536 bytes"),
    "an answer cut off": (FAULTS["an answer cut off"][0], HEALTHY, CUT_OFF),
    "no HTTP": (FAULTS["no HTTP"][0], HEALTHY, CUT_OFF),
    "nothing": (FAULTS["nothing at all"][0], HEALTHY, CUT_OFF),
}


@pytest.mark.parametrize(("behave", "limits", "problem"), BROKEN.values(), ids=BROKEN)
def test_no_answer_is_an_error_that_says_nothing_of_the_form(
    behave: Behaviour,
    limits: tuple[float, float],
    problem: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Neither it, nor a frame of ours behind it, nor the log has what was sent."""
    monkeypatch.setattr(post_module, "POST_SECONDS", limits[0])
    monkeypatch.setattr(post_module, "_STEP_SECONDS", limits[1])
    caplog.set_level(logging.DEBUG)
    secrets = {"secret-refresh-token", "Basic YTpi"}
    with Endpoint(behave) as endpoint, pytest.raises(FetchFailed) as caught:
        post_form(
            endpoint.url,
            {"refresh_token": "secret-refresh-token"},
            authorization="Basic YTpi",
        )
    # A server that ends before it has read the form resets the connection, sooner or later.
    assert str(caught.value) in problem.split(" or ")
    assert_silent(caught.value, secrets)
    assert assert_nothing_shown(shown_by(caught.value), secrets) >= 2
    assert "secret-refresh-token" not in caplog.text


def test_body_of_exactly_the_cap_is_read() -> None:
    """64 KiB are allowed."""
    with Endpoint(says(answer(body=b" " * MAX_BODY))) as endpoint:
        assert len(post_form(endpoint.url, FIELDS).body) == MAX_BODY


def test_child_of_a_fork_waits_for_no_thread_of_its_parent() -> None:
    """A lock that a thread of the parent held is another one in the child."""
    before = exchange_module._loading
    try:
        exchange_module._after_fork_in_child()
        assert exchange_module._loading is not before
        with Endpoint(says(answer(body=b"x"))) as endpoint:
            assert post_form(endpoint.url, {}).body == b"x"
    finally:
        exchange_module._loading = before
