"""``required`` and ``optional`` on every kind of view that Flask has."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.views import MethodView, View

from cognito_guard import (
    ConfigurationError,
    Guard,
    Identity,
    enforce,
    require_groups,
    require_scopes,
)
from cognito_guard.testing import LocalUserPool
from cognito_guard_flask import CognitoGuard, current_identity

from .conftest import As

Guarded = Callable[[CognitoGuard, Flask], None]


def function(cognito: CognitoGuard, app: Flask) -> None:
    """A plain function."""

    @app.get("/<word>")
    @cognito.required(groups="admins")
    def view(word: str) -> str:
        return f"{word} {current_identity.username}"


def coroutine_function(cognito: CognitoGuard, app: Flask) -> None:
    """An async function."""

    @app.get("/<word>")
    @cognito.required(groups="admins")
    async def view(word: str) -> str:
        await asyncio.sleep(0)
        return f"{word} {current_identity.username}"


def method_view(cognito: CognitoGuard, app: Flask) -> None:
    """A class with a method for each HTTP method."""

    @cognito.required(groups="admins")
    class Words(MethodView):
        def get(self, word: str) -> str:
            return f"{word} {current_identity.username}"

    app.add_url_rule("/<word>", view_func=Words.as_view("words"))


def async_method_view(cognito: CognitoGuard, app: Flask) -> None:
    """The same, with async methods."""

    @cognito.required(groups="admins")
    class Words(MethodView):
        async def get(self, word: str) -> str:
            await asyncio.sleep(0)
            return f"{word} {current_identity.username}"

    app.add_url_rule("/<word>", view_func=Words.as_view("words"))


def plain_view_class(cognito: CognitoGuard, app: Flask) -> None:
    """A class with one method for all."""

    @cognito.required(groups="admins")
    class Words(View):
        def dispatch_request(self, word: str) -> str:
            return f"{word} {current_identity.username}"

    app.add_url_rule("/<word>", view_func=Words.as_view("words"))


def one_method(cognito: CognitoGuard, app: Flask) -> None:
    """One method of a class, guarded by itself."""

    class Words(MethodView):
        @cognito.required(groups="admins")
        def get(self, word: str) -> str:
            return f"{word} {current_identity.username}"

    app.add_url_rule("/<word>", view_func=Words.as_view("words"))


def bound_method(cognito: CognitoGuard, app: Flask) -> None:
    """A method of an object."""

    class Words:
        def view(self, word: str) -> str:
            return f"{word} {current_identity.username}"

    app.add_url_rule("/<word>", view_func=cognito.required(groups="admins")(Words().view))


def two_decorators(cognito: CognitoGuard, app: Flask) -> None:
    """One requirement above the other."""

    @app.get("/<word>")
    @cognito.required
    @cognito.required(groups="admins")
    def view(word: str) -> str:
        return f"{word} {current_identity.username}"


KINDS: list[Guarded] = [
    function,
    coroutine_function,
    method_view,
    async_method_view,
    plain_view_class,
    one_method,
    bound_method,
    two_decorators,
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_kind_of_view(kind: Guarded, cognito: CognitoGuard, app: Flask, as_user: As) -> None:
    """A guarded view runs for those who may, with its arguments, and for nobody else."""
    kind(cognito, app)
    client = app.test_client()
    answer = client.get("/hello", headers=as_user("ada", groups=["admins"]))
    assert (answer.status_code, answer.text) == (200, "hello ada")
    assert client.get("/hello").json["reason"] == "missing_credentials"
    assert client.get("/hello", headers=as_user()).json["reason"] == "missing_group"
    expired = as_user("ada", groups=["admins"], expires_in=-1)
    assert client.get("/hello", headers=expired).json["reason"] == "token_expired"


@pytest.mark.parametrize(
    ("needed", "granted"),
    [
        ({}, {}),
        ({"groups": "admins"}, {"groups": ["admins"]}),
        ({"groups": ["a", "b"]}, {"groups": ["b", "a"]}),
        ({"scopes": "orders/read"}, {"scopes": ["orders/read"]}),
        ({"roles": ["editor"]}, {"role": "editor"}),
        ({"policy": lambda identity: identity.username == "ada"}, {}),
        ({"policy": require_groups("a") | require_scopes("b")}, {"scopes": ["b"]}),
        (
            {"groups": "a", "scopes": "b", "roles": "c"},
            {"groups": ["a"], "scopes": ["b"], "role": "c"},
        ),
    ],
)
def test_requirements(
    needed: dict[str, Any],
    granted: dict[str, Any],
    cognito: CognitoGuard,
    app: Flask,
    as_user: As,
) -> None:
    """All that is named must be there, and nothing that is not named."""
    app.add_url_rule("/", view_func=cognito.required(**needed)(lambda: "welcome"))
    client = app.test_client()
    assert client.get("/", headers=as_user("ada", **granted)).text == "welcome"
    assert client.get("/", headers=as_user("bob")).status_code == (403 if needed else 200)


@pytest.mark.parametrize(
    "wrong",
    [
        {"groups": []},
        {"groups": ""},
        {"scopes": ["orders/read orders/write"]},
        {"roles": [None]},
        {"policy": "admins"},
    ],
    ids=repr,
)
def test_wrong_requirements(wrong: dict[str, Any], cognito: CognitoGuard, app: Flask) -> None:
    """An empty or wrong requirement is an error where it stands, and not an open door."""
    with pytest.raises(ConfigurationError):
        cognito.required(**wrong)
    with pytest.raises(ConfigurationError):
        cognito.protect(app, **wrong)


@pytest.mark.parametrize("decorate", ["required", "optional", "login_required"])
@pytest.mark.parametrize("wrong", ["admins", dict, Identity, 1, None], ids=repr)
def test_what_is_no_view(decorate: str, wrong: Any, cognito: CognitoGuard) -> None:
    """What cannot be guarded is refused: a requirement without its keyword, another class, what a
    decorator gives that registers a view and returns nothing."""
    with pytest.raises(ConfigurationError, match="only functions and View classes"):
        getattr(cognito, decorate)(wrong)


def test_a_class_guards_itself_and_not_its_base(
    cognito: CognitoGuard, app: Flask, as_user: As
) -> None:
    """Decorating a class leaves the class that it comes from alone, and guards those below it."""

    class Open(MethodView):
        def get(self) -> str:
            return "welcome"

    @cognito.required
    class Guarded(Open):
        pass

    class Below(Guarded):
        pass

    for kind in (Open, Guarded, Below):
        app.add_url_rule(f"/{kind.__name__}", view_func=kind.as_view(kind.__name__))
    client = app.test_client()
    assert [client.get(f"/{name}").status_code for name in ("Open", "Guarded", "Below")] == [
        200,
        401,
        401,
    ]
    assert client.get("/Below", headers=as_user()).text == "welcome"


def test_a_guarded_view_keeps_its_name(cognito: CognitoGuard) -> None:
    """What Flask and other decorators read off a view is still there."""

    @cognito.required
    def view() -> str:
        """Says hello."""
        return "hello"

    assert (view.__name__, view.__doc__) == ("view", "Says hello.")


@pytest.mark.parametrize("decorate", ["required", "optional", "protect"])
def test_errors_of_a_view_are_its_own(
    decorate: str, cognito: CognitoGuard, app: Flask, as_user: As
) -> None:
    """An error in a view is a 500, and no challenge."""

    def view() -> str:
        raise KeyError("sub")

    if decorate == "protect":
        cognito.protect(app)
        app.add_url_rule("/", view_func=view)
    else:
        app.add_url_rule("/", view_func=getattr(cognito, decorate)(view))
    answer = app.test_client().get("/", headers=as_user())
    assert answer.status_code == 500
    assert "WWW-Authenticate" not in answer.headers


def test_errors_of_a_policy_are_its_own(cognito: CognitoGuard, app: Flask, as_user: As) -> None:
    """A policy that breaks lets nobody pass, and blames nobody."""
    view = cognito.required(policy=lambda identity: identity.claims["absent"])(lambda: "welcome")
    app.add_url_rule("/", view_func=view)
    answer = app.test_client().get("/", headers=as_user())
    assert (answer.status_code, answer.headers.get("WWW-Authenticate")) == (500, None)


def test_guarded_after_it_was_registered(cognito: CognitoGuard, app: Flask, as_user: As) -> None:
    """``required`` above the route decorator guards nothing, so the route answers 500 instead."""

    @cognito.required
    @app.get("/late")
    def late() -> str:
        return "anybody could read this"

    @app.get("/in-time")
    @cognito.required
    def in_time() -> str:
        return "welcome"

    client = app.test_client()
    assert client.get("/late").status_code == 500
    assert client.get("/late", headers=as_user()).status_code == 500
    assert client.get("/in-time", headers=as_user()).text == "welcome"
    app.testing = True
    with pytest.raises(ConfigurationError, match=r"endpoint 'late' .* below the route decorator"):
        client.get("/late")


def test_one_function_guarded_twice(cognito: CognitoGuard, app: Flask, as_user: As) -> None:
    """A function may be guarded in several ways, each with its own route."""

    def view() -> str:
        return "welcome"

    app.add_url_rule("/a", "a", cognito.required(view))
    app.add_url_rule("/b", "b", cognito.required(groups="admins")(view))
    app.add_url_rule("/c", "c", cognito.optional(view))
    client = app.test_client()
    assert [client.get(f"/{one}").status_code for one in "abc"] == [401, 401, 200]
    assert [client.get(f"/{one}", headers=as_user()).status_code for one in "abc"] == [
        200,
        403,
        200,
    ]


def test_enforce_in_a_view(
    cognito: CognitoGuard, app: Flask, pool: LocalUserPool, as_user: As
) -> None:
    """What depends on the thing asked for is decided inside a view, with the same answer."""
    owners = {"1": "alice"}

    @app.get("/orders/<number>")
    def order(number: str) -> dict[str, Any]:
        caller = cognito.enforce(lambda identity: identity.username == owners[number])
        return {"subject": caller.subject}

    client = app.test_client()
    assert client.get("/orders/1", headers=as_user("alice")).json == {
        "subject": pool.subject("alice")
    }
    answer = client.get("/orders/1", headers=as_user("bob"))
    assert (answer.status_code, answer.json["reason"]) == (403, "check_failed")
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="insufficient_scope"'
    assert client.get("/orders/1").json["reason"] == "missing_credentials"
    assert client.get("/orders/2", headers=as_user("alice")).status_code == 500


def test_enforce_without_a_policy(app: Flask, cognito: CognitoGuard, as_user: As) -> None:
    """Without a policy, any caller passes who is one."""
    app.add_url_rule("/", view_func=lambda: cognito.enforce().display_name)
    client = app.test_client()
    assert client.get("/", headers=as_user("alice")).text == "alice"
    assert client.get("/").status_code == 401


def test_a_token_is_verified_once(pool: LocalUserPool, as_user: As) -> None:
    """However often a request is guarded, its token is verified once."""
    verified = []
    guard = Guard(pool.trust(checks=[lambda identity: verified.append(identity.subject)]))
    app = Flask(__name__)
    cognito = CognitoGuard(app, guard=guard)
    cognito.protect(app, scopes="a")

    @app.get("/")
    @cognito.required(groups="b")
    @cognito.optional
    def view() -> str:
        enforce(require_groups("b"), current_identity)
        assert cognito.identify() is cognito.enforce()
        return "welcome"

    headers = as_user(groups=["b"], scopes=["a"])
    assert app.test_client().get("/", headers=headers).text == "welcome"
    assert len(verified) == 1
