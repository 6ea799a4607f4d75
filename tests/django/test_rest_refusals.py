"""Refusals under every exception handler, and errors of the engine that a view raises."""

from __future__ import annotations

import copy
import logging
import pickle
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import override_settings
from rest_framework.authentication import BaseAuthentication
from rest_framework.decorators import api_view, authentication_classes, permission_classes
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.response import Response
from rest_framework.serializers import CharField, Serializer
from rest_framework.test import APIRequestFactory
from rest_framework.views import exception_handler as frameworks
from rest_framework.viewsets import ViewSet

import cognito_guard
from cognito_guard import (
    AccessDenied,
    Challenge,
    InvalidToken,
    KeysUnavailable,
    LoginTooOld,
    Reason,
    require_groups,
    require_recent_login,
    require_scopes,
)
from cognito_guard.testing import LocalUserPool
from cognito_guard_django.rest_framework import (
    CognitoAuthentication,
    CognitoPermission,
    HasGroup,
    HasScope,
    Refused,
    enforce,
    exception_handler,
)

from ..needs import need
from .api import Seen
from .conftest import Configure, bearer


def full_details(exc: Any, context: Any) -> Any:
    """A handler of somebody's own, which shows all that an error knows."""
    response = frameworks(exc, context)
    if response is not None:
        response.data = {"errors": exc.get_full_details(), "codes": exc.get_codes()}
    return response


def around_ours(exc: Any, context: Any) -> Any:
    """A handler of somebody's own, which calls ours."""
    return exception_handler(exc, context)


def only_its_own(exc: Any, context: Any) -> Any:
    """A handler that knows nothing but errors of the framework."""
    return Response({"code": exc.default_code, "text": str(exc)}, status=exc.status_code)


def standardized(exc: Any, context: Any) -> Any:
    """The one of drf-standardized-errors."""
    try:
        from drf_standardized_errors.handler import exception_handler as theirs
    except ImportError:
        need(False, "drf-standardized-errors: pip install drf-standardized-errors")
    return theirs(exc, context)


def hog(exc: Any, context: Any) -> Any:
    """The one of drf-exceptions-hog."""
    try:
        from exceptions_hog.handler import exception_handler as theirs
    except ImportError:
        need(False, "drf-exceptions-hog: pip install drf-exceptions-hog")
    return theirs(exc, context)


HANDLERS = [frameworks, exception_handler, around_ours, full_details, standardized, hog]


@pytest.fixture(autouse=True)
def _project(configure: Configure) -> None:
    configure(USERS="stateless")


@pytest.fixture(params=HANDLERS, ids=lambda handler: f"{handler.__module__}.{handler.__name__}")
def handler(request: pytest.FixtureRequest) -> Iterator[Any]:
    """Each of these handlers."""
    path = f"{request.param.__module__}.{request.param.__name__}"
    with override_settings(REST_FRAMEWORK={"EXCEPTION_HANDLER": path}):
        yield request.param


def check(answer: Any, status: int, challenge: str | None, reason: str) -> None:
    """Status, challenge and reason."""
    assert answer.status_code == status
    assert (answer.headers.get("WWW-Authenticate") or "").startswith(challenge or "")
    assert (answer.headers.get("WWW-Authenticate") is None) is (challenge is None)
    assert reason in str(answer.data)


@pytest.mark.parametrize(
    ("permissions", "token", "status", "challenge", "reason"),
    [
        ([HasGroup("a")], "good", 403, 'Bearer error="insufficient_scope"', "missing_group"),
        ([HasScope("s")], "good", 403, "Bearer error=", "missing_scope"),
        ([IsAuthenticated & HasScope("s")], "good", 403, "Bearer error=", "missing_scope"),
        ([HasGroup("a")], "junk", 401, 'Bearer error="invalid_token"', "malformed_token"),
        ([HasGroup("a")], None, 401, "Bearer", "missing_credentials"),
    ],
)
def test_every_handler(
    handler: Any,
    permissions: Any,
    token: str | None,
    status: int,
    challenge: str,
    reason: str,
    pool: LocalUserPool,
) -> None:
    """Status, challenge and reason are right under each of them."""
    headers = {
        None: {},
        "good": bearer(pool.access_token()),
        "junk": bearer("junk"),
    }[token]
    view = type("View", (Seen,), {"permission_classes": permissions}).as_view()
    check(view(APIRequestFactory().get("/", headers=headers)), status, challenge, reason)


def test_no_keys(handler: Any, configure: Configure, pool: LocalUserPool) -> None:
    """A key outage is 503 with a time to come back."""
    configure(USERS="stateless", JWKS="http://127.0.0.1:1/jwks.json")
    answer = Seen.as_view()(APIRequestFactory().get("/", headers=bearer(pool.access_token())))
    check(answer, 503, None, "keys_unavailable")
    assert int(answer.headers["Retry-After"]) >= 1


def test_standardized_errors(pool: LocalUserPool) -> None:
    """What drf-standardized-errors makes of a refusal has a code and a text."""
    with override_settings(
        REST_FRAMEWORK={"EXCEPTION_HANDLER": f"{__name__}.{standardized.__name__}"}
    ):
        view = type("View", (Seen,), {"permission_classes": [HasGroup("a")]}).as_view()
        answer = view(APIRequestFactory().get("/", headers=bearer(pool.access_token())))
    assert answer.data["type"] == "client_error"
    assert {
        "code": "missing_group",
        "detail": "The caller is not in a group that this API requires.",
        "attr": "detail",
    } in answer.data["errors"]


ERRORS = [
    AccessDenied(Reason.MISSING_GROUP, "Not in the group."),
    LoginTooOld(Reason.LOGIN_TOO_OLD, "Sign in again.", max_age=60),
    InvalidToken(Reason.REVOKED, "Revoked."),
    KeysUnavailable(7),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: str(error.reason))
def test_the_whole_of_an_error(error: Any) -> None:
    """``Refused`` has all that REST framework's errors have."""
    from cognito_guard_django.settings import current

    answer: Challenge = current().guard.challenge(error)
    one = Refused(answer)
    reason = str(error.reason)
    assert one.status_code == answer.status
    assert one.default_code == reason
    assert one.default_detail == error.detail
    assert set(one.get_codes().values()) == {reason}
    assert one.get_full_details()["detail"] == {"message": error.detail, "code": reason}
    assert one.detail["reason"] == reason
    assert one.detail["error"] == answer.problem["error"]
    assert one.detail[0] == error.detail  # as of an error of a form
    with pytest.raises(KeyError):
        one.detail[1]
    assert str(one) == f"{reason}: {error.detail}"
    for again in (pickle.loads(pickle.dumps(one)), copy.copy(one)):  # noqa: S301
        assert (again.detail, again.status_code) == (one.detail, one.status_code)


def test_no_code_of_the_contract() -> None:
    """A missing credential has no error code in the contract, and none here."""
    from cognito_guard_django.settings import current

    guard = current().guard
    one = Refused(guard.challenge(guard.missing_credentials()))
    assert one.get_codes() == {"detail": "missing_credentials", "reason": "missing_credentials"}


class Raising:
    """Raises what it is given, wherever code of a view runs."""

    error: Any = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise self.error


raising = Raising()


class FromView(Seen):
    """In a method."""

    def get(self, request: Any) -> Response:
        return raising()


class FromSerializer(Seen):
    """In a serializer."""

    def get(self, request: Any) -> Response:
        class One(Serializer[Any]):
            name = CharField(validators=[raising])

        One(data={"name": "a"}).is_valid(raise_exception=True)
        raise AssertionError


class FromObject(Seen):
    """In a permission, about an object."""

    permission_classes = (type("P", (BasePermission,), {"has_object_permission": raising}),)

    def get(self, request: Any) -> Response:
        self.check_object_permissions(request, object())
        raise AssertionError


class FromPermission(Seen):
    """In a permission of somebody's."""

    permission_classes = (type("P", (BasePermission,), {"has_permission": raising}),)


class FromOpen(Seen):
    """Where nothing is asked of callers."""

    permission_classes = ()

    def get(self, request: Any) -> Response:
        return raising()


class FromAction(ViewSet):
    """In an action."""

    authentication_classes = (CognitoAuthentication,)
    permission_classes = (CognitoPermission,)

    def run(self, request: Any) -> Response:
        return raising()


class Theirs(BaseAuthentication):
    """Somebody else's authentication."""

    def authenticate(self, request: Any) -> Any:
        return User(username="local"), None


class OnlyPermission(FromView):
    """Where only a permission of ours has seen the view."""

    authentication_classes = (Theirs,)
    permission_classes = (HasScope("s") | IsAuthenticated,)


@api_view(["GET"])
@authentication_classes([CognitoAuthentication])
@permission_classes([IsAuthenticated])
def from_function(request: Any) -> Response:
    """In a function."""
    return raising()


PLACES = [
    FromView.as_view(),
    FromSerializer.as_view(),
    FromObject.as_view(),
    FromPermission.as_view(),
    FromOpen.as_view(),
    FromAction.as_view({"get": "run"}),
    OnlyPermission.as_view(),
    from_function,
]


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.cls.__name__)
@pytest.mark.parametrize("error", ERRORS, ids=lambda error: str(error.reason))
def test_raised_in_a_view(place: Any, error: Any, handler: Any, pool: LocalUserPool) -> None:
    """What the engine raises is the refusal that it says, under each handler, and no 500."""
    from cognito_guard_django.settings import current

    raising.error = error
    wanted = current().guard.challenge(error)
    challenge = dict(wanted.headers).get("WWW-Authenticate")
    answer = place(APIRequestFactory().get("/", headers=bearer(pool.access_token())))
    check(answer, wanted.status, challenge, str(error.reason))


def test_other_errors(pool: LocalUserPool) -> None:
    """What is no error of the engine's stays what it is."""
    raising.error = KeyError("sub")
    with pytest.raises(KeyError):
        FromView.as_view()(APIRequestFactory().get("/", headers=bearer(pool.access_token())))


def test_a_handler_that_knows_nothing_else(pool: LocalUserPool) -> None:
    """A handler that takes everything for an error of the framework is never given another."""
    raising.error = AccessDenied(Reason.MISSING_ROLE, "No.")

    class Own(FromView):
        def get_exception_handler(self) -> Any:
            return only_its_own

    answer = Own.as_view()(APIRequestFactory().get("/", headers=bearer(pool.access_token())))
    assert (answer.status_code, answer.data["code"]) == (403, "missing_role")


def test_a_view_that_handles_them_itself(pool: LocalUserPool) -> None:
    """A view's own ``handle_exception`` sees the error as it was raised."""
    raising.error = AccessDenied(Reason.MISSING_ROLE, "No.")

    class Own(FromView):
        def handle_exception(self, exc: Any) -> Any:
            assert isinstance(exc, AccessDenied)
            response = super().handle_exception(exc)
            response["X-Own"] = "1"
            return response

    answer = Own.as_view()(APIRequestFactory().get("/", headers=bearer(pool.access_token())))
    assert (answer.status_code, answer["X-Own"]) == (403, "1")


def test_without_a_view() -> None:
    """Without a view in the context, our handler answers all the same."""
    answer: Any = exception_handler(AccessDenied(Reason.MISSING_ROLE, "No."), {})
    assert answer.data == {"detail": "No.", "reason": "missing_role", "error": "insufficient_scope"}
    from rest_framework.exceptions import NotAuthenticated

    plain: Any = exception_handler(NotAuthenticated(), {})
    assert list(plain.data) == ["detail"]


ENFORCED: dict[str, tuple[Callable[[Any], object], int, str]] = {
    "a group": (lambda r: enforce(r, require_groups("a")), 403, "missing_group"),
    "a scope": (lambda r: enforce(r, require_scopes("s")), 403, "missing_scope"),
    "a step up": (lambda r: enforce(r, require_recent_login(60)), 401, "login_too_old"),
    "a lambda": (lambda r: enforce(r, lambda identity: False), 403, "check_failed"),
    "the engine's": (lambda r: cognito_guard.enforce(require_groups("a"), r.auth), 403, "group"),
}


@pytest.mark.parametrize(("ask", "status", "reason"), ENFORCED.values(), ids=ENFORCED)
def test_enforce(
    ask: Callable[[Any], object], status: int, reason: str, handler: Any, pool: LocalUserPool
) -> None:
    """``enforce`` refuses inside a view, under each handler."""

    class View(Seen):
        def get(self, request: Any) -> Response:
            ask(request)
            return super().get(request)

    token = pool.access_token(claims={"auth_time": 1})
    answer = View.as_view()(APIRequestFactory().get("/", headers=bearer(token)))
    check(answer, status, "Bearer error=", reason)


def test_enforce_lets_pass(handler: Any, pool: LocalUserPool) -> None:
    """Who has what is asked for goes on; who has no token is asked for one."""

    class View(Seen):
        permission_classes = ()

        def get(self, request: Any) -> Response:
            assert enforce(request) is enforce(request, require_groups("a")) is request.auth
            return super().get(request)

    token = pool.access_token(groups=["a"])
    answer = View.as_view()(APIRequestFactory().get("/", headers=bearer(token)))
    assert answer.status_code == 200
    check(View.as_view()(APIRequestFactory().get("/")), 401, "Bearer", "missing_credentials")


def test_what_is_granted_is_no_refusal_in_the_log(
    pool: LocalUserPool, caplog: pytest.LogCaptureFixture
) -> None:
    """The side of an ``|`` that says no is not counted where the other says yes."""
    caplog.set_level(logging.DEBUG, "cognito_guard")
    view = type("View", (Seen,), {"permission_classes": [HasGroup("a") | HasScope("s")]}).as_view()
    good = pool.access_token(scopes=["s"])
    assert view(APIRequestFactory().get("/", headers=bearer(good))).status_code == 200
    assert [record for record in caplog.records if "missing_group" in record.getMessage()] == []
