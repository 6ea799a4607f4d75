"""Answering with an identity: what fails says how it is done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, json, jsonify
from flask.json.provider import DefaultJSONProvider, JSONProvider

from cognito_guard import Identity
from cognito_guard_flask import CognitoGuard, current_identity

from .conftest import As


def itself() -> Any:
    """The proxy."""
    return current_identity


def unproxied() -> Any:
    """What is behind it."""
    return current_identity._get_current_object()  # type: ignore[attr-defined]


ANSWERS: dict[str, Callable[[Any], Any]] = {
    "alone": lambda identity: identity,
    "with a status": lambda identity: (identity, 200),
    "jsonify": jsonify,
    "in JSON": lambda identity: {"user": identity},
    "in a list": lambda identity: [[identity]],
    "dumps": json.dumps,
}


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("which", [itself, unproxied], ids=lambda each: each.__name__)
@pytest.mark.parametrize("kind", ["plain", "async"])
def test_an_identity_is_no_answer(
    answer: str, which: Callable[[], Any], kind: str, app: Flask, cognito: CognitoGuard, as_user: As
) -> None:
    """Whichever way a view answers with one, the error names ``as_dict()``, and no claim."""
    cognito.protect(app)

    def view() -> Any:
        return ANSWERS[answer](which())

    async def async_view() -> Any:
        return view()

    app.add_url_rule("/", "view", view if kind == "plain" else async_view)
    client = app.test_client()
    assert client.get("/", headers=as_user("alice")).status_code == 500
    app.testing = True
    with pytest.raises(TypeError, match=r"current_identity\.as_dict\(\)") as raised:
        client.get("/", headers=as_user("alice"))
    assert "alice" not in str(raised.value)


def test_nobody(app: Flask, cognito: CognitoGuard) -> None:
    """So it is where nobody is calling."""
    app.add_url_rule("/", "view", cognito.optional(itself))
    app.add_url_rule("/json", "json", cognito.optional(lambda: {"user": current_identity}))
    app.testing = True
    for path in ("/", "/json"):
        with pytest.raises(TypeError, match=r"as_dict\(\)"):
            app.test_client().get(path)


def test_other_answers(app: Flask, cognito: CognitoGuard, as_user: As) -> None:
    """Other answers are as they were: those that are right, and those that are not."""
    app.add_url_rule("/tuple", "tuple", lambda: ("welcome", 202))
    app.add_url_rule("/set", "set", lambda: {"wrong": {1}})
    app.testing = True
    client = app.test_client()
    assert client.get("/tuple").status_code == 202
    with pytest.raises(TypeError, match="set is not JSON"):
        client.get("/set")


class Own(DefaultJSONProvider):
    """A provider that knows what to do."""

    @staticmethod
    def default(value: Any) -> Any:
        """The subject of a caller."""
        return value.subject if isinstance(value, Identity) else str(value)


class Other(JSONProvider):
    """One that is unlike Flask's."""

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        return "mine"

    def loads(self, s: Any, **kwargs: Any) -> Any:
        return None


def test_a_provider_of_the_apps_own(cognito: CognitoGuard, as_user: As, pool: Any) -> None:
    """A JSON provider that can write an identity does, and any other is left alone."""
    for provider, text in ((Own, f'"{pool.subject("alice")}"'), (Other, "mine")):
        app = Flask(__name__)
        app.json = provider(app)
        cognito.init_app(app)
        app.add_url_rule("/", view_func=cognito.required(lambda: jsonify(current_identity)))
        answer = app.test_client().get("/", headers=as_user("alice"))
        assert answer.text.strip() == text
