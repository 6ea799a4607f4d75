"""``current_identity`` and ``optional``: who is calling, who is not, and where nobody can say."""

from __future__ import annotations

import copy
import threading
from typing import Any

import pytest
from flask import Flask, copy_current_request_context, request, stream_with_context
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client

from cognito_guard import Guard, Identity
from cognito_guard.testing import LocalUserPool
from cognito_guard_flask import CognitoGuard, current_identity

from .conftest import As, bearer


def test_optional(app: Flask, cognito: CognitoGuard, as_user: As) -> None:
    """Without a credential the caller is nobody; with a good one he is known."""

    @app.get("/")
    @cognito.optional
    def home() -> str:
        return current_identity.display_name if current_identity else "nobody"

    client = app.test_client()
    assert client.get("/").text == "nobody"
    assert client.get("/", headers={"Authorization": "Basic YTpi"}).text == "nobody"
    assert client.get("/", headers=as_user("alice")).text == "alice"


@pytest.mark.parametrize(
    ("authorization", "status"),
    [("Bearer", 400), ("Bearer a b", 400), ("Bearer a.b.c", 401), ("Bearer x", 401)],
)
def test_optional_means_absent(
    app: Flask, cognito: CognitoGuard, authorization: str, status: int
) -> None:
    """A credential that is there and bad is refused, however optional it is."""
    app.add_url_rule("/", view_func=cognito.optional(lambda: "welcome"))
    answer = app.test_client().get("/", headers={"Authorization": authorization})
    assert answer.status_code == status


def test_required_inside_optional(app: Flask, cognito: CognitoGuard) -> None:
    """Nobody in an optional view is still nobody where a caller is required."""

    @app.get("/")
    @cognito.optional
    @cognito.required
    def view() -> str:
        raise AssertionError("nobody may come here")

    assert app.test_client().get("/").status_code == 401


def test_nobody_has_no_attributes(app: Flask, cognito: CognitoGuard) -> None:
    """An optional view that forgets to ask breaks; it does not take nobody for somebody."""
    app.add_url_rule("/", view_func=cognito.optional(lambda: current_identity.subject))
    assert app.test_client().get("/").status_code == 500


def test_it_is_an_identity(app: Flask, cognito: CognitoGuard, as_user: As) -> None:
    """The proxy can be used wherever an ``Identity`` can."""

    @app.get("/")
    @cognito.required
    def view() -> dict[str, Any]:
        own = copy.copy(current_identity)
        return {
            "instance": isinstance(current_identity, Identity),
            "equal": current_identity == cognito.identify(),
            "copied": type(own) is Identity and own == current_identity,
            "repr": repr(current_identity),
        }

    answer = app.test_client().get("/", headers=as_user("alice")).json
    assert (answer["instance"], answer["equal"], answer["copied"]) == (True, True, True)
    assert answer["repr"].startswith("<Identity from an access token: ")
    other = app.test_client().get("/", headers=as_user("bob")).json
    assert other["repr"] != answer["repr"]  # which caches make keys of


def test_outside_of_a_request(app: Flask) -> None:
    """Outside of a request there is no caller, and the error says so, even to ``if``."""
    with pytest.raises(RuntimeError, match="only while a request is handled"):
        bool(current_identity)
    with app.app_context(), pytest.raises(RuntimeError, match="only while a request is handled"):
        _ = current_identity.subject


def test_in_an_unguarded_view(app: Flask, as_user: As) -> None:
    """Where nobody has looked at the caller, the error says how to have somebody look."""

    @app.get("/")
    def view() -> dict[str, list[str]]:
        messages = []
        for ask in (bool, lambda identity: identity.subject):
            with pytest.raises(RuntimeError) as problem:
                ask(current_identity)
            messages.append(str(problem.value))
        return {"messages": messages}

    for message in app.test_client().get("/", headers=as_user()).json["messages"]:
        assert "only in guarded views" in message
        assert "required or optional" in message


def test_in_an_app_without_the_extension(as_user: As) -> None:
    """An app that knows no extension has no caller either."""
    app = Flask(__name__)
    app.add_url_rule("/", view_func=lambda: current_identity.subject)
    assert app.test_client().get("/", headers=as_user()).status_code == 500


def test_requests_that_share_an_application_context(
    app: Flask, cognito: CognitoGuard, as_user: As
) -> None:
    """One request's caller is not there in the next, where an application context outlives both."""

    @app.get("/")
    @cognito.optional
    def home() -> str:
        return current_identity.display_name if current_identity else "nobody"

    @app.get("/unguarded")
    def unguarded() -> str:
        with pytest.raises(RuntimeError):
            bool(current_identity)
        return "nobody has looked"

    client = app.test_client()
    with app.app_context():
        assert client.get("/", headers=as_user("alice")).text == "alice"
        assert client.get("/").text == "nobody"
        assert client.get("/unguarded").text == "nobody has looked"
        assert client.get("/", headers=as_user("bob")).text == "bob"


def test_threads(app: Flask, cognito: CognitoGuard, as_user: As) -> None:
    """Two requests in two threads, both inside their views, each see their own caller."""
    inside = threading.Barrier(2, timeout=60)

    @app.get("/")
    @cognito.required
    def view() -> str:
        inside.wait()
        name = current_identity.display_name
        inside.wait()
        return name

    answers: dict[str, str] = {}

    def call(name: str) -> None:
        answers[name] = app.test_client().get("/", headers=as_user(name)).text

    threads = [threading.Thread(target=call, args=(name,)) for name in ("alice", "bob")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {"alice": "alice", "bob": "bob"}


def test_a_thread_of_the_views_own(app: Flask, cognito: CognitoGuard, as_user: As) -> None:
    """A thread that a view starts has no caller, unless the request is copied into it."""

    @app.get("/")
    @cognito.required
    def view() -> dict[str, str]:
        heard: dict[str, str] = {}

        def bare() -> None:
            with pytest.raises(RuntimeError, match="In a thread"):
                bool(current_identity)
            heard["bare"] = "nobody"

        @copy_current_request_context
        def copied() -> None:
            heard["copied"] = current_identity.display_name

        for target in (bare, copied):
            thread = threading.Thread(target=target)
            thread.start()
            thread.join()
        return heard

    answer = app.test_client().get("/", headers=as_user("alice"))
    assert answer.json == {"bare": "nobody", "copied": "alice"}


def test_streaming(app: Flask, cognito: CognitoGuard, as_user: As) -> None:
    """A response that is streamed with its context still knows the caller."""

    @app.get("/")
    @cognito.required
    def view() -> Any:
        return stream_with_context(current_identity.display_name for _ in range(2))

    assert app.test_client().get("/", headers=as_user("alice")).text == "alicealice"


def test_an_app_inside_an_app(
    app: Flask, cognito: CognitoGuard, other_pool: LocalUserPool, as_user: As
) -> None:
    """An app that is called within a request of another app has its own callers."""
    inner = Flask("inner")
    inner_cognito = CognitoGuard(inner, guard=Guard(other_pool.trust()))
    inner.add_url_rule("/guarded", view_func=inner_cognito.required(lambda: "let in"))

    @inner.get("/unguarded")
    def unguarded() -> str:
        with pytest.raises(RuntimeError, match="only in guarded views"):
            bool(current_identity)
        return "nobody has looked"

    @app.get("/<path>")
    @cognito.required
    def outer(path: str) -> Any:
        answer = Client(inner).open(f"/{path}", environ_base=request.environ)
        return answer.data, answer.status_code

    client = app.test_client()
    assert client.get("/unguarded", headers=as_user()).text == "nobody has looked"
    assert client.get("/guarded", headers=as_user()).status_code == 401


def test_apps_side_by_side(pool: LocalUserPool, other_pool: LocalUserPool) -> None:
    """Apps behind Werkzeug's dispatcher share a server, and no callers."""
    apps = []
    for one in (pool, other_pool):
        app = Flask(__name__)
        cognito = CognitoGuard(app, guard=Guard(one.trust()))
        app.add_url_rule("/me", view_func=cognito.required(lambda: current_identity.subject))
        apps.append(app)
    client = Client(DispatcherMiddleware(apps[0], {"/other": apps[1]}))
    alice, bob = bearer(pool.access_token("alice")), bearer(other_pool.access_token("bob"))
    assert client.get("/me", headers=alice).text == pool.subject("alice")
    assert client.get("/other/me", headers=bob).text == other_pool.subject("bob")
    assert client.get("/other/me", headers=alice).status_code == 401
    assert client.get("/me", headers=bob).status_code == 401


def test_identify_by_hand(app: Flask, cognito: CognitoGuard, as_user: As) -> None:
    """Where there is a request and no view, ``identify`` says who is calling."""
    with app.test_request_context(headers=as_user("alice")):
        identity = cognito.identify()
        assert identity is not None
        assert identity.username == current_identity.username == "alice"
    with app.test_request_context():
        assert cognito.identify() is None
        assert not current_identity
