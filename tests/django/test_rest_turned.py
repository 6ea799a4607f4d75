"""No code around our permissions makes a yes of their no, and no answer is kept for too long."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property, partialmethod, wraps
from typing import Any

import pytest
from django.test import override_settings
from rest_framework.exceptions import APIException, Throttled
from rest_framework.permissions import (
    AND,
    AllowAny,
    BasePermission,
    IsAdminUser,
    IsAuthenticated,
)
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory

from cognito_guard import ConfigurationError
from cognito_guard.testing import LocalUserPool
from cognito_guard_django.checks import HANDLER
from cognito_guard_django.rest_framework import (
    CognitoAuthentication,
    HasGroup,
    HasScope,
    HasSession,
)
from cognito_guard_django.rest_framework.operators import holds

from .api import Seen, runs
from .conftest import Configure, bearer
from .test_rest_composition import Counting, WithObject, ask, turned


@pytest.fixture(autouse=True)
def _project(configure: Configure) -> Iterator[None]:
    configure(USERS="stateless")
    runs.clear()
    with override_settings(REST_FRAMEWORK={"EXCEPTION_HANDLER": HANDLER}):
        yield


class Ready(BasePermission):
    """One that may stand in ``permission_classes`` as an instance."""

    def __call__(self) -> Any:
        return self


BANNED = HasGroup("banned")


class InAList(BasePermission):
    """It turns around a permission in a list of its class."""

    inner: Any = (BANNED,)

    def has_permission(self, request: Any, view: Any) -> bool:
        return not any(one().has_permission(request, view) for one in self.inner)


class Below(turned(BANNED)):  # type: ignore[misc]
    """It inherits what turns one around."""


class ByDefault(BasePermission):
    """It has one among the defaults of its arguments."""

    def has_permission(self, request: Any, view: Any, inner: Any = BANNED) -> bool:
        return not inner.has_permission(request, view)


class ByKeyword(BasePermission):
    """The same for an argument by name."""

    def has_permission(self, request: Any, view: Any, *, inner: Any = BANNED) -> bool:
        return not inner.has_permission(request, view)


class InASlot(Ready):
    """It has one where no ``__dict__`` shows it."""

    __slots__ = ("inner",)

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def has_permission(self, request: Any, view: Any) -> bool:
        return not self.inner.has_permission(request, view)


class ByMethod(BasePermission):
    """It has a partial method."""

    has_permission = partialmethod(
        lambda self, inner, request, view: not inner.has_permission(request, view), BANNED
    )


class ByProperty(BasePermission):
    """It makes one when asked."""

    @property
    def inner(self) -> Any:
        return HasGroup("banned")

    def has_permission(self, request: Any, view: Any) -> bool:
        return self.inner.has_permission(request, view) is False


class ByName(BasePermission):
    """It asks one of its module."""

    def has_permission(self, request: Any, view: Any) -> bool:
        return not BANNED.has_permission(request, view)


class Unlike(BasePermission):
    """One that keeps one of ours and does not ask it."""

    __slots__ = ()
    like = BANNED
    """Not the permission that it asks."""


class InAStaticMethod(BasePermission):
    """It has one in a helper."""

    @staticmethod
    def inner(permission: Any = BANNED) -> Any:
        return permission

    def has_permission(self, request: Any, view: Any) -> bool:
        return not self.inner().has_permission(request, view)


class ByText(BasePermission):
    """It has one under a name that its code has as text."""

    kept = BANNED

    @cached_property
    def inner(self) -> Any:
        return getattr(self, "kept")  # noqa: B009

    def has_permission(self, request: Any, view: Any) -> bool:
        return not (lambda: self.inner)().has_permission(request, view)


SEEN: dict[str, Any] = {
    "in a list of the class": InAList,
    "of a closure, below": Below,
    "a default": ByDefault,
    "a default by name": ByKeyword,
    "in a slot": InASlot(BANNED),
    "a partial method": ByMethod,
    "in a static method": InAStaticMethod,
    "by text": ByText,
}


@pytest.mark.parametrize("one", SEEN.values(), ids=SEEN)
def test_seen(one: Any) -> None:
    """What can be seen in a permission is an error at the first request, and cannot be negated."""
    for permission in (one, AllowAny & one, HasScope("s") | one):
        with pytest.raises(ConfigurationError, match="into a yes"):
            ask(permission)
    if isinstance(one, type):
        with pytest.raises(ConfigurationError, match="~"):
            ~one
    assert runs == []


def test_not_asked(pool: LocalUserPool) -> None:
    """A permission may keep one of ours that it does not ask; one that is not ready has nothing."""
    assert ask(Unlike, HasGroup("a"), token=pool.access_token(groups=["a"])).status_code == 200

    class Early(BasePermission):
        def has_permission(self, request: Any, view: Any) -> bool:
            return bool(later)

        assert not holds(has_permission)

    later = [True]
    assert ask(Early).status_code == 200


class AboutObjects(BasePermission):
    """It asks one about the object alone."""

    def has_object_permission(self, request: Any, view: Any, obj: Any) -> bool:
        return not BANNED.has_object_permission(request, view, obj)


class OfACombination(BasePermission):
    """It asks a combination, about all."""

    def has_permission(self, request: Any, view: Any) -> bool:
        return not (IsAuthenticated & BANNED)().has_permission(request, view)

    def has_object_permission(self, request: Any, view: Any, obj: Any) -> bool:
        return not (BANNED | IsAdminUser)().has_object_permission(request, view, obj)


class OfASession(BasePermission):
    """It asks for a session, which has no refusal of ours."""

    def has_permission(self, request: Any, view: Any) -> bool:
        return not HasSession().has_permission(request, view)


class SubNot(HasGroup):
    """One of ours, turned around in a class below."""

    def has_permission(self, request: Any, view: Any) -> bool:
        return not super().has_permission(request, view)


class SubNotObject(HasGroup):
    """The same about objects."""

    def has_permission(self, request: Any, view: Any) -> bool:
        return True

    def has_object_permission(self, request: Any, view: Any, obj: Any) -> bool:
        return not HasGroup("banned").has_object_permission(request, view, obj)


TURNED: dict[str, Any] = {
    "in a list of the class": InAList,
    "of a closure, below": Below,
    "a default": ByDefault,
    "a default by name": ByKeyword,
    "in a slot": InASlot(BANNED),
    "a partial method": ByMethod,
    "a property": ByProperty,
    "a name of the module": ByName,
    "in a static method": InAStaticMethod,
    "by text": ByText,
    "about objects": AboutObjects,
    "a combination": OfACombination,
    "a session": OfASession,
    "a class below": SubNot("banned"),
    "a class below, about objects": SubNotObject("banned"),
}


@pytest.mark.parametrize("one", TURNED.values(), ids=TURNED)
@pytest.mark.parametrize(
    "compose",
    [
        lambda one: one,
        lambda one: AllowAny & one,
        lambda one: one & AllowAny,
        lambda one: IsAdminUser | one,
        lambda one: one | HasScope("s"),
        lambda one: HasScope("s") | (AllowAny & one),
    ],
    ids=["alone", "and", "and, left", "or", "or, ours", "deep"],
)
@pytest.mark.parametrize("authentication", [[CognitoAuthentication], []], ids=["ours", "none"])
def test_turned(one: Any, compose: Any, authentication: Any, pool: LocalUserPool) -> None:
    """No code of somebody's makes a yes of our no, wherever it has our permission from."""
    for token in (None, pool.access_token(), pool.access_token(groups=["banned"])):
        try:
            answer = ask(
                compose(one), token=token, base=WithObject, authentication_classes=authentication
            )
        except ConfigurationError as error:
            assert "into a yes" in str(error)  # noqa: PT017
        else:
            assert answer.status_code in (401, 403)
    assert runs == []


def test_turned_by_the_view(pool: LocalUserPool) -> None:
    """Nor does code of the view's."""

    class Asking(Seen):
        def get(self, request: Any) -> Response:
            if not BANNED.has_permission(request, self):
                return super().get(request)
            raise AssertionError

    class Checking(Seen):
        permission_classes = (BANNED,)

        def check_permissions(self, request: Any) -> None:
            if all(one.has_permission(request, self) for one in self.get_permissions()):
                self.permission_denied(request)

        def permission_denied(self, *args: Any, **kwargs: Any) -> None:
            """A kind one."""

    for view in (Asking, Checking):
        assert ask(BANNED, base=view).status_code == 401
        assert ask(BANNED, base=view, token=pool.access_token()).status_code == 403
    assert ask(AllowAny, base=Asking).status_code == 401
    assert ask(HasSession, base=Checking, token=pool.access_token()).status_code == 403
    assert runs == []


def test_a_kind_view() -> None:
    """A view that refuses nobody does not let in whom one of ours refuses."""

    class Kind(Seen):
        def permission_denied(self, *args: Any, **kwargs: Any) -> None:
            """It raises nothing."""

    for one in (HasSession, HasSession | IsAdminUser):
        assert ask(one, base=Kind).status_code in (401, 403)
    assert runs == []


def test_delegating_in_a_combination(pool: LocalUserPool) -> None:
    """One that asks ours is a part like others: the other side of ``|`` may still be content."""

    class Delegating(BasePermission):
        def has_permission(self, request: Any, view: Any) -> bool:
            return HasGroup("a").has_permission(request, view)

    token = pool.access_token(scopes=["s"])
    for one in (Delegating | HasScope("s"), HasScope("s") | Delegating):
        assert ask(one, token=token).status_code == 200
        assert ask(one, token=pool.access_token()).status_code == 403


def test_an_error_of_anothers(pool: LocalUserPool) -> None:
    """An error that somebody's permission raises by itself ends it all, as ever."""

    class Full(BasePermission):
        def has_permission(self, request: Any, view: Any) -> bool:
            raise Throttled

    for one in (Full | HasGroup("a"), HasScope("s") | (Full & AllowAny)):
        assert ask(one, token=pool.access_token(groups=["a"])).status_code == 429
    assert runs == []


@pytest.mark.parametrize("one", [HasGroup, HasGroup | IsAdminUser, HasGroup & IsAuthenticated])
def test_a_requirement_that_comes_late(one: Any, pool: LocalUserPool) -> None:
    """What a view requires counts as it is when it is asked, and asked again."""

    class Late(Seen):
        required_groups = "clerks"

        def get(self, request: Any) -> Response:
            self.required_groups = "admins"
            if "object" in request.GET:
                self.check_object_permissions(request, object())
            else:
                self.check_permissions(request)
            return super().get(request)

    view = type("View", (Late,), {"permission_classes": [one]}).as_view()
    headers = bearer(pool.access_token(groups=["clerks"]))
    for url in ("/", "/?object"):
        answer = view(APIRequestFactory().get(url, headers=headers))
        assert (answer.status_code, answer.data["reason"]) == (403, "missing_group")
    assert runs == []


@pytest.mark.parametrize("shared", [True, False])
def test_a_view_that_changes(shared: bool, pool: LocalUserPool) -> None:
    """So does what somebody's permission reads from the view."""

    class Reads(BasePermission):
        def has_permission(self, request: Any, view: Any) -> bool:
            return view.op == "read"

    ready = Reads & HasGroup("a")

    class Batch(Seen):
        op = "read"

        def get_permissions(self) -> Any:
            return [(ready if shared else Reads & HasGroup("a"))()]

        def get(self, request: Any) -> Response:
            self.op = "delete"
            self.check_permissions(request)
            return super().get(request)

    assert ask(base=Batch, token=pool.access_token(groups=["a"])).status_code == 403
    assert runs == []


def test_permissions_made_anew(pool: LocalUserPool) -> None:
    """An answer belongs to one permission, and not to the next that has its place in memory."""

    class Level(Ready):
        def __init__(self, level: int) -> None:
            self.level = level

        def has_object_permission(self, request: Any, view: Any, obj: Any) -> bool:
            return True

        def has_permission(self, request: Any, view: Any) -> bool:
            return self.level < 2

    class Anew(Seen):
        level = 1

        def get_permissions(self) -> Any:
            return [(Level(self.level) & HasGroup("a" if self.level < 3 else "b"))()]

        def get(self, request: Any) -> Response:
            for level in range(1, 60):
                self.level = level
                try:
                    self.check_object_permissions(request, object())
                except APIException:
                    assert level > 1
                else:
                    assert level == 1
            return Response()

    assert ask(base=Anew, token=pool.access_token(groups=["a"])).status_code == 200


class Quiet(CognitoAuthentication):
    """Authentication that never sees the view."""

    def authenticate(self, request: Any) -> Any:
        view = request.parser_context.pop("view")
        try:
            return super().authenticate(request)
        finally:
            request.parser_context["view"] = view


CODES: dict[str, Callable[[Any], Any]] = {
    "or, then and": lambda one: (one | IsAdminUser) & HasGroup("a"),
    "and, then and": lambda one: (IsAuthenticated & one) & HasGroup("a"),
    "ours first": lambda one: HasGroup("a") & (IsAuthenticated & one),
    "and, then or": lambda one: HasGroup("b") | (IsAuthenticated & one),
    "or, then or": lambda one: (IsAdminUser | one) | HasGroup("b"),
    "deep": lambda one: HasGroup("a") & (IsAuthenticated & (IsAdminUser | (one & AllowAny))),
    "made by hand": lambda one: HasGroup("a") & (lambda: AND(IsAuthenticated(), one())),
}


@pytest.mark.parametrize("compose", CODES.values(), ids=CODES)
@pytest.mark.parametrize(("quiet", "anew"), [(False, False), (False, True), (True, False)])
def test_a_code_in_a_combination(
    compose: Any, quiet: bool, anew: bool, pool: LocalUserPool
) -> None:
    """Combinations of others that are combined with ours ask each part once as well, also about an
    object, and tell its reason."""
    token = pool.access_token(groups=["a"])
    authentication = Quiet if quiet else CognitoAuthentication

    def answer(one: Any, base: Any) -> Any:
        ready = compose(one)
        of_a_method = {"get_permissions": lambda self: [(compose(one) if anew else ready)()]}
        return ask(
            base=type("Base", (base,), of_a_method),
            token=token,
            authentication_classes=[authentication],
        )

    one = type("Code", (Counting,), {"good": True})
    assert answer(one, Seen).status_code == 200
    by_hand = compose is CODES["made by hand"]  # nobody can tell what made its parts
    one = type("Code", (Counting,), {"good": True})
    assert answer(one, WithObject).status_code == (403 if by_hand else 200)
    assert one.asked == (2 if by_hand else 1)
    refused = answer(type("Code", (Counting,), {}), Seen)
    if compose is not CODES["or, then or"]:
        assert (refused.data["detail"], refused.data["detail"].code) == (
            "Wrong code.",
            "wrong_code",
        )


def test_a_class_that_passes_for_the_frameworks() -> None:
    """Only the class itself is the framework's, and not one that has its name and its module."""

    class Turning:
        inner = HasGroup("admins")

        def has_permission(self, request: Any, view: Any) -> bool:
            """Yes, whatever the inner one says."""
            try:
                return bool(self.inner.has_permission(request, view))
            except APIException:
                return True

    @wraps(IsAuthenticated, updated=())
    class Wrapper(Turning, IsAuthenticated):
        pass

    of_a_method = {"get_permissions": lambda self: [Wrapper()]}
    with pytest.raises(ConfigurationError, match="may turn a refusal"):
        ask(
            base=type("Base", (Seen,), of_a_method),
            authentication_classes=[CognitoAuthentication],
        )
    assert runs == []


def test_a_permission_of_the_frameworks_that_was_given_one_of_ours() -> None:
    """Whatever is put into an object of the framework's may be asked by somebody's patch of it."""
    permission: Any = IsAuthenticated()
    permission.inner = HasGroup("admins")
    of_a_method = {"get_permissions": lambda self: [permission]}
    with pytest.raises(ConfigurationError, match="may turn a refusal"):
        ask(
            base=type("Base", (Seen,), of_a_method),
            authentication_classes=[CognitoAuthentication],
        )
    assert runs == []
