"""Our permissions under other people's operators: nothing that is composed lets in more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from django.test import override_settings
from rest_framework.authentication import BaseAuthentication
from rest_framework.decorators import action, api_view, authentication_classes, permission_classes
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import (
    AND,
    NOT,
    OR,
    AllowAny,
    BasePermission,
    IsAdminUser,
    IsAuthenticated,
    OperandHolder,
    SingleOperandHolder,
)
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.viewsets import ViewSet

from cognito_guard import ConfigurationError, require_groups
from cognito_guard.testing import LocalUserPool
from cognito_guard_django.checks import HANDLER
from cognito_guard_django.rest_framework import (
    CognitoAuthentication,
    CognitoPermission,
    HasGroup,
    HasRole,
    HasScope,
    HasSession,
    Refused,
)

from ..needs import need
from .api import Seen, runs
from .conftest import Configure, bearer

pytestmark = pytest.mark.filterwarnings("default::DeprecationWarning:rest_condition")


@pytest.fixture(autouse=True)
def _project(configure: Configure) -> Iterator[None]:
    configure(USERS="stateless")
    runs.clear()
    with override_settings(REST_FRAMEWORK={"EXCEPTION_HANDLER": HANDLER}):
        yield


def ask(*permissions: Any, token: str | None = None, base: Any = Seen, **attributes: Any) -> Any:
    """Ask a view with these permissions."""
    view = type("View", (base,), {"permission_classes": list(permissions), **attributes})
    headers = {} if token is None else bearer(token)
    return view.as_view()(APIRequestFactory().get("/", headers=headers))


class Other(BasePermission):
    """Somebody else's permission."""


COMPOSITIONS: dict[str, Callable[[], Any]] = {
    "ours": lambda: HasGroup("banned") | HasGroup("guests"),
    "a class of ours": lambda: CognitoPermission,
    "classes of ours": lambda: HasScope & HasGroup,
    "a session": lambda: HasSession,
    "ours on the left": lambda: HasGroup("a") | IsAdminUser,
    "ours on the right": lambda: IsAuthenticated & HasScope("x"),
    "our class on the right": lambda: IsAuthenticated | HasScope,
    "right of a combination": lambda: (IsAuthenticated | IsAdminUser) & HasGroup("a"),
    "right of a negation": lambda: ~IsAdminUser & HasGroup("a"),
    "deep on the left": lambda: (((HasGroup("a") | Other) & Other) | Other) & Other,
    "deep on the right": lambda: Other & (Other | (Other & (Other | HasRole("a")))),
    "made by hand": lambda: OperandHolder(OR, IsAdminUser, HasGroup("x")),
    "made by hand, and combined": lambda: OperandHolder(AND, Other, HasGroup) | Other,
}


@pytest.mark.parametrize("make", COMPOSITIONS.values(), ids=COMPOSITIONS)
def test_no_negation(make: Callable[[], Any]) -> None:
    """``~`` over one of ours is refused where it is written, whatever else stands beside it."""
    composed = make()
    with pytest.raises(ConfigurationError, match="~"):
        ~composed
    for outer in (Other & composed, composed | Other):
        with pytest.raises(ConfigurationError, match="~"):
            ~outer


def test_others_may_be_negated(pool: LocalUserPool) -> None:
    """What has none of ours in it is REST framework's as ever, also beside one of ours."""
    assert ask(~IsAuthenticated | AllowAny).status_code == 200
    assert ask(~(IsAdminUser & Other)).status_code == 200
    beside = HasGroup("a") & ~IsAdminUser
    assert ask(beside).status_code == 401
    assert ask(beside, token=pool.access_token(groups=["a"])).status_code == 200
    assert type(IsAdminUser | IsAuthenticated) is OperandHolder


@pytest.mark.parametrize("one", [HasGroup("a"), HasScope, HasGroup("a") | Other, HasSession])
def test_no_truth_value(one: Any) -> None:
    """Python's own ``and``, ``or`` and ``not`` would drop a side: an error that names ours."""
    for wrong in (lambda: one and Other, lambda: one or Other, lambda: not one, lambda: bool(one)):
        with pytest.raises(TypeError, match=r"& and \|"):
            wrong()


@pytest.mark.parametrize(
    "other", [None, "admins", ["admins"], IsAdminUser(), require_groups("a"), 1]
)
def test_no_permission(other: Any) -> None:
    """What is no permission cannot be combined with one."""
    for one in (HasGroup("a"), HasScope, HasGroup("a") & Other):
        with pytest.raises(TypeError):
            one & other
        with pytest.raises(TypeError):
            one | other


class Not(BasePermission):
    """A combination that somebody wrote: it turns whatever it holds around."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def __call__(self) -> Not:
        return self

    def has_permission(self, request: Any, view: Any) -> bool:
        return not self.inner().has_permission(request, view)


def turned(inner: Any) -> Any:
    """A class that turns a permission around, which it keeps in a closure."""

    class Turned(BasePermission):
        def has_permission(self, request: Any, view: Any) -> bool:
            return not inner().has_permission(request, view)

    return Turned


class Many(BasePermission):
    """One that holds others in a dictionary."""

    def __init__(self, **inner: Any) -> None:
        self.me = self
        self.inner = inner

    def __call__(self) -> Many:
        return self

    def has_permission(self, request: Any, view: Any) -> bool:
        return not any(one.has_permission(request, view) for one in self.inner["one"])


STRANGERS: dict[str, Any] = {
    "NOT by hand": SingleOperandHolder(NOT, HasGroup("a")),
    "NOT of a combination": SingleOperandHolder(NOT, IsAdminUser | HasGroup("a")),
    "NOT in a combination": OperandHolder(AND, AllowAny, SingleOperandHolder(NOT, HasScope)),
    "NOT beside ours": HasGroup("b") | SingleOperandHolder(NOT, HasGroup("a")),
    "somebody's class": Not(HasGroup("a")),
    "somebody's class of a class": Not(HasScope),
    "in somebody's own": Not(partial(HasGroup, "a")),
    "around a combination": Not(Other & HasGroup("a")),
    "twice": Not(Not(HasGroup("a"))),
    "in a closure": turned(HasGroup("a")),
    "in a dictionary": Many(one=[HasGroup("a")]),
    "a function that makes one": lambda: NOT(HasGroup("a")),
}


@pytest.mark.parametrize("stranger", STRANGERS.values(), ids=STRANGERS)
@pytest.mark.parametrize("authentication", [[CognitoAuthentication], []], ids=["ours", "none"])
def test_strangers(stranger: Any, authentication: Any, pool: LocalUserPool) -> None:
    """A combination that may turn our no into a yes is an error at the first request, with a
    credential and without, whether or not an authentication class of ours is asked."""
    for token in (None, pool.access_token()):
        with pytest.raises(ConfigurationError, match="into a yes"):
            ask(stranger, token=token, authentication_classes=authentication)
    assert runs == []


def test_a_stranger_in_an_attribute() -> None:
    """Also where the view holds it elsewhere, for a permission of somebody's to read."""
    with pytest.raises(ConfigurationError, match="Not may turn"):
        ask(AllowAny, condition=Not(HasGroup("a")))
    by_action = {"list": [HasGroup("a") | Other], "create": [IsAdminUser]}
    reads = type("Reads", (AllowAny,), {"read": lambda self, view: view.permissions_by_action})
    assert ask(reads, permissions_by_action=by_action).status_code == 200


def test_rest_condition(pool: LocalUserPool) -> None:
    """The operators of the package rest_condition are somebody else's."""
    try:
        from rest_condition import And, C, ConditionalPermission, Not, Or
    except ImportError:
        need(False, "rest_condition: pip install rest_condition")
    for composed in (Not(HasGroup("a")), ~C(HasScope), Or(HasGroup("a"), Not(C(HasGroup("b"))))):
        with pytest.raises(ConfigurationError, match="Condition may turn"):
            ask(composed)
        with pytest.raises(ConfigurationError, match="Condition may turn"):
            ask(ConditionalPermission, permission_condition=composed)
    assert ask(And(IsAuthenticated, Not(IsAdminUser))).status_code == 401
    assert runs == []


def test_made_by_hand(pool: LocalUserPool) -> None:
    """REST framework's own AND and OR, for a request or before, are understood."""
    good, bad = pool.access_token(groups=["a"]), pool.access_token()

    class Instances(Seen):
        def get_permissions(self) -> Any:
            return [OR(IsAdminUser(), HasGroup("a")), AND(HasGroup("a"), IsAuthenticated())]

    for asked in (
        lambda token: ask(OperandHolder(OR, HasGroup("a"), IsAdminUser), token=token),
        lambda token: ask(OperandHolder(OR, IsAdminUser, HasGroup("a")), token=token),
        lambda token: ask(base=Instances, token=token),
    ):
        assert [asked(token).status_code for token in (good, bad, None)] == [200, 403, 401]


@pytest.mark.parametrize("shared", [True, False])
def test_permissions_of_a_method(shared: bool, pool: LocalUserPool) -> None:
    """``get_permissions`` may give what it likes, and the reason stays."""
    ready = [HasGroup("a") | HasScope("s"), HasRole("r")]

    class Chosen(Seen):
        def get_permissions(self) -> Any:
            assert self.request.user is not None  # which authenticates, while we look
            return [one() for one in (ready if shared else [HasGroup("a"), HasRole("r")])]

    answer = ask(base=Chosen, token=pool.access_token(groups=["a"]))
    assert (answer.status_code, answer.data["reason"]) == (403, "missing_role")
    good = pool.access_token(groups=["a"], role="r")
    assert ask(base=Chosen, token=good).status_code == 200
    assert ask(base=Chosen).status_code == 401


def test_functions_and_actions(pool: LocalUserPool) -> None:
    """``@permission_classes`` and ``@action(permission_classes=...)`` are looked at as well."""

    @api_view(["GET"])
    @authentication_classes([CognitoAuthentication])
    @permission_classes([SingleOperandHolder(NOT, HasGroup("a"))])
    def function(request: Any) -> Response:
        runs.append("function")
        return Response()

    class Set(ViewSet):
        authentication_classes = (CognitoAuthentication,)
        permission_classes = (HasGroup("a"),)

        @action(detail=False, permission_classes=[Not(HasGroup("b"))])
        def extra(self, request: Any) -> Response:
            runs.append("extra")
            return Response()

    extra = Set.as_view({"get": "extra"}, **Set.extra.kwargs)
    for view in (function, extra):
        with pytest.raises(ConfigurationError, match="into a yes"):
            view(APIRequestFactory().get("/"))
    assert runs == []


class Counting(BasePermission):
    """One that works once, such as a code sent by text message."""

    asked = 0
    message = "Wrong code."
    code = "wrong_code"
    good = False

    def has_permission(self, request: Any, view: Any) -> bool:
        type(self).asked += 1
        return self.good and type(self).asked == 1


class Owner(BasePermission):
    """An object's owner, who is never here."""

    def has_object_permission(self, request: Any, view: Any, obj: object) -> bool:
        return False


class WithObject(Seen):
    """A view that looks at an object, as detail views do."""

    def get(self, request: Any) -> Response:
        self.check_object_permissions(request, object())
        return super().get(request)


@pytest.mark.parametrize("good", [True, False])
@pytest.mark.parametrize(
    "compose",
    [
        lambda one: [one],
        lambda one: [CognitoPermission, one],
        lambda one: [HasGroup("a") | one],
        lambda one: [one | HasGroup("a")],
        lambda one: [one & CognitoPermission],
        lambda one: [IsAdminUser | (HasScope("s") | (one & CognitoPermission))],
    ],
    ids=["alone", "beside", "or", "or, left", "and", "deep"],
)
@pytest.mark.parametrize("base", [Seen, WithObject])
def test_asked_once(
    good: bool, compose: Callable[[Any], list[Any]], base: Any, pool: LocalUserPool
) -> None:
    """A permission with a side effect is asked once beside ours, and keeps its own reason."""
    one = type("Code", (Counting,), {"good": good})
    answer = ask(*compose(one), token=pool.access_token(), base=base)
    assert one.asked == 1
    if good:
        assert answer.status_code == 200
        return
    assert answer.status_code == 403
    assert answer.data.get("reason") in (None, "missing_group", "missing_scope")
    if answer.data.get("reason") is None:
        assert (answer.data["detail"], answer.data["detail"].code) == ("Wrong code.", "wrong_code")


@pytest.mark.parametrize(
    ("permission", "groups", "status"),
    [
        (HasGroup("a") | Owner, ["a"], 200),
        (HasGroup("a") | Owner, [], 403),
        (Owner | HasGroup("a"), [], 403),
        (HasGroup("a") & Owner, ["a"], 403),
        (HasGroup("a") & HasGroup("b"), ["a", "b"], 200),
        (OperandHolder(OR, HasGroup("a"), Owner), [], 403),
        (IsAdminUser | (HasGroup("a") & Owner), ["a"], 403),
    ],
)
def test_objects(permission: Any, groups: list[str], status: int, pool: LocalUserPool) -> None:
    """Who lacks the group has nothing to say about an object, in no combination."""
    token = pool.access_token(groups=groups)
    assert ask(permission, base=WithObject, token=token).status_code == status


def test_an_older_or(pool: LocalUserPool) -> None:
    """A combination that asks for nothing but the object is told the same as about the view."""

    class OnlyObjects(Seen):
        def get(self, request: Any) -> Response:
            assert HasGroup("b").has_object_permission(request, self, object()) is True
            with pytest.raises(Refused, match="missing_group"):
                HasGroup("a").has_object_permission(request, self, object())
            return Response()

    answer = ask(IsAuthenticated, base=OnlyObjects, token=pool.access_token(groups=["b"]))
    assert answer.status_code == 200


def test_a_permission_of_ones_own(pool: LocalUserPool) -> None:
    """One that asks ours in its own code, or says more in a class below, has its own verdict."""

    class Delegating(BasePermission):
        def has_permission(self, request: Any, view: Any) -> bool:
            return HasGroup("a").has_permission(request, view) or "alone" in request.GET

    class More(HasGroup):
        def has_permission(self, request: Any, view: Any) -> bool:
            return super().has_permission(request, view) and "more" in request.GET

    member = pool.access_token(groups=["a"])
    assert ask(Delegating, token=member).status_code == 200
    assert ask(Delegating, token=pool.access_token()).status_code == 403
    assert ask(More("a"), token=member).status_code == 403
    assert ask(More("a") | IsAdminUser, token=member).status_code == 403
    assert ask(More("a") & HasGroup("a"), token=member).status_code == 403


def test_without_a_view(pool: LocalUserPool) -> None:
    """Asked by hand, without a view, a permission says yes or no."""
    from rest_framework.request import Request

    class Late(BaseAuthentication):
        def authenticate(self, request: Any) -> Any:
            return CognitoAuthentication().authenticate(request)

    made = Request(APIRequestFactory().get("/"))
    with pytest.raises(PermissionDenied):
        HasGroup("a").has_permission(made, None)
    for groups in (["a"], []):
        headers = bearer(pool.access_token(groups=groups))
        request = Request(APIRequestFactory().get("/", headers=headers), authenticators=[Late()])
        for one in (HasGroup("a"), (HasGroup("a") & IsAuthenticated)()):
            if groups:
                assert one.has_permission(request, None) is True
                continue
            with pytest.raises(Refused, match="missing_group"):
                one.has_permission(request, None)
