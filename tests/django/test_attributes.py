"""Which names of a view's attributes read like a requirement."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cached_property
from itertools import product
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory
from django.views import View
from rest_framework.decorators import action

from cognito_guard import ConfigurationError, require_groups
from cognito_guard_django.middleware import CognitoMiddleware
from cognito_guard_django.mixins import CognitoRequiredMixin
from cognito_guard_django.views.attributes import REQUIREMENTS, refuse_misnamed

from .conftest import bearer

MISSPELT = [
    "required_group",
    "required_scope",
    "required_role",
    "requried_groups",
    "require_groups",
    "requires_groups",
    "requiered_groups",
    "required_gruops",
    "required_grops",
    "reqiured_scopes",
    "required_scpoes",
    "required_polcy",
    "requiredGroups",
    "RequiredGroups",
    "requireScope",
    "REQUIRED_GROUPS",
    "requiredgroups",
    "get_required_groups",
    "get_required_policy",
    "get_required_group",
]

MISNAMED = [
    *MISSPELT,
    "required_policies",
    "groups_required",
    "group_required",
    "scopes_required",
    "policy_required",
    "groupsRequired",
    "required_any_groups",
    "required_user_groups",
    "required_groups_for_post",
    "required_cognito_groups",
    "cognito_groups",
    "cognito_policy",
    "allowed_groups",
    "groups_allowed",
    "permitted_roles",
    "restrict_to_groups",
    "needs_scopes",
    "must_have_role",
    "authorized_groups",
    "auth_groups",
    "access_groups",
    "access_policy",
    "only_groups",
    "only_for_groups",
    "has_scope",
    "in_groups",
    "accepted_groups",
    "valid_roles",
    "enforced_policy",
    "security_scopes",
    "authenticated_groups",
    "min_role",
    "require",
    "requires",
    "required",
    "required_claims",
    "required_identity",
    "groups",
    "group",
    "scopes",
    "scope",
    "roles",
    "policy",
    "any_groups",
    "any_of_scopes",
]

OTHERS = [
    "permission_required",
    "permission_classes",
    "throttle_scope",
    "required_fields",
    "required_score",
    "required_rules",
    "required_code",
    "required_files",
    "requires_login",
    "queryset",
    "author_groups",
    "opt_in_groups",
    "required_group_ids",
    "required_group_fields",
    "allowed_role_choices",
    "permitted_policy_types",
    "cognito_group_prefix",
    "scope_permission_labels",
    "allowed_groups_serializer",
    "accepted_policy_url",
    "group_name",
    "scoped_queryset",
    "template_name",
    "group_field",
    "role_model",
    "http_method_names",
    "allow_empty",
    "allowed_hosts",
    "raise_exception",
    "_required_group",
]


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        *product(["class", "base", "later", "function"], MISNAMED),
        *product(["instance"], MISSPELT),
    ],
)
def test_misnamed(name: str, kind: str) -> None:
    """What reads like a requirement and is none is an error: when the class is made, or when a
    request comes."""
    attributes = {name: "admins"}
    if kind in ("class", "base"):
        bases = (type("Plain", (), attributes), View) if kind == "base" else (View,)
        with pytest.raises(ConfigurationError, match=name):
            type("Guarded", (CognitoRequiredMixin, *bases), {} if kind == "base" else attributes)
        return
    view = type("Guarded", (CognitoRequiredMixin, View), {})
    request: Any = RequestFactory().get("/")
    request.identity, request.user = None, AnonymousUser()
    request.resolver_match = None
    instance = view()
    if kind == "later":
        setattr(view, name, "admins")
    elif kind == "instance":
        setattr(instance, name, "admins")
    else:
        function = view.as_view()
        setattr(function, name, "admins")
        request.resolver_match = SimpleNamespace(func=function)
    with pytest.raises(ConfigurationError, match=name):
        instance.dispatch(request)


@pytest.mark.parametrize("name", [*OTHERS, *REQUIREMENTS])
def test_others(name: str) -> None:
    """Other names are left alone, and so are the right ones."""
    refuse_misnamed(type("View", (), {name: "admins"}))


@action(detail=False)
def _action(self: Any, request: Any) -> None:
    """An action of a view set's."""


@pytest.mark.parametrize(
    ("name", "value", "is_one"),
    [
        ("required_group", None, False),
        ("required_group", False, False),
        ("required_group", [], True),
        ("required_group", property(lambda self: "admins"), True),
        ("required_group", lambda self: "admins", True),
        ("required_group", type("Form", (), {}), False),
        ("required_group", True, False),
        ("required_group", 3, False),
        ("get_required_groups", lambda self: ["admins"], True),
        ("required_polcy", lambda identity: True, True),
        ("access_policy", lambda identity: True, True),
        ("access_policy", staticmethod(lambda identity: True), True),
        ("access_policy", lambda self: "/policy", False),
        ("access_policy", lambda: "/policy", False),
        ("access_policy", require_groups("a"), True),
        ("access_policy", type("Access", (), {}), False),
        ("allowed_policy", _action, False),
        ("allowed_groups", _action, False),
        ("allowed_groups", property(lambda self: ["a"]), False),
        ("allowed_groups", cached_property(lambda self: ["a"]), False),
        ("allowed_groups", {"GET": ["a"], "POST": "b"}, True),
        ("allowed_groups", {"a": 1}, False),
        ("allowed_groups", {}, False),
        ("allowed_groups", {"a"}, True),
        ("allowed_groups", [1, 2], False),
        ("must_scope_to_tenant", True, False),
        ("required", True, False),
        ("required", ["admins"], True),
        ("required_claims", {"tier": "gold"}, True),
        ("policy", require_groups("a"), True),
        ("groups", lambda self, request: None, False),
        ("groups", object(), False),
        ("groups", {"a": 1}, False),
        ("groups", ["a", "b"], True),
        ("groups", ("a", 1), False),
        ("check_required_groups", lambda self: True, False),
        ("check_required_groups", ["admins"], True),
    ],
)
def test_values(name: str, value: object, is_one: bool) -> None:
    """An action or a field may be called ``groups``; a list of names is none of these."""
    view = type("View", (), {name: value})
    if is_one:
        with pytest.raises(ConfigurationError, match=name):
            refuse_misnamed(view)
    else:
        refuse_misnamed(view)


def test_of_a_library() -> None:
    """A name that another package has brought is read by that package."""
    for module in ("asgiref.sync", "json.decoder"):  # any that is not the project's
        assert module in sys.modules
        library = type("Mixin", (), {"group_required": None, "__module__": module})
        refuse_misnamed(type("View", (library,), {"group_required": "admins"}))
        with pytest.raises(ConfigurationError, match="groups_required"):
            refuse_misnamed(type("View", (library,), {"groups_required": "admins"}))


@pytest.mark.parametrize("module", ["core.mixins", __name__.rpartition(".")[0]])
def test_of_another_app(module: str) -> None:
    """Another app of the project is no library: nobody reads what it has brought."""
    base = type("Base", (), {"required_group": "admins", "__module__": module})
    with pytest.raises(ConfigurationError, match="required_group"):
        refuse_misnamed(type("View", (base,), {"__module__": "orders.views"}))


def test_while_it_runs() -> None:
    """A view may keep groups, a scope or a role of its own in itself."""
    view = type("View", (), {})()
    view.groups, view.scope, view.role, view.allowed_groups = ["a"], "tenant", "x", ["b"]
    refuse_misnamed(view)
    view.required_group = "admins"
    with pytest.raises(ConfigurationError, match="required_group"):
        refuse_misnamed(view)


def status(view: Any, token: str) -> int:
    """The status that a view answers with, behind the middleware."""
    request = RequestFactory().get("/", headers=bearer(token))
    request.resolver_match = None
    answer: int = CognitoMiddleware(view.dispatch)(request).status_code
    return answer


def _set_class(view: Any, name: str, value: object) -> Any:
    setattr(view, name, value)
    return view()


def _set_instance(view: Any, name: str, value: object) -> Any:
    instance = view()
    setattr(instance, name, value)
    return instance


@pytest.mark.parametrize("set_late", [_set_class, _set_instance])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("required_groups", "admins"),
        ("required_groups", ["admins"]),
        ("required_scopes", "s"),
        ("required_roles", ("r",)),
        ("required_policy", lambda identity: False),
        ("required_policy", require_groups("admins")),
    ],
)
def test_set_late(
    name: str, value: object, set_late: Callable[..., Any], pool: Any, configure: Any
) -> None:
    """A requirement counts as it is when a request comes, whenever it was set."""
    configure(USERS="stateless")

    class Guarded(CognitoRequiredMixin, View):
        def get(self, request: Any) -> Any:
            raise AssertionError

    assert status(set_late(Guarded, name, value), pool.access_token()) == 403


def test_a_list_that_grows(pool: Any, configure: Any) -> None:
    """So does a list that is changed in place."""
    configure(USERS="stateless")

    class Guarded(CognitoRequiredMixin, View):
        required_groups = ["a"]  # noqa: RUF012

        def get(self, request: Any) -> Any:
            raise AssertionError

    Guarded.required_groups.append("b")
    assert status(Guarded(), pool.access_token(groups=["a"])) == 403


def test_an_iterator() -> None:
    """What can be read once would be empty for the second request."""
    with pytest.raises(ConfigurationError, match="must be a list"):
        type("Guarded", (CognitoRequiredMixin, View), {"required_groups": iter(["a"])})


def _own(self: Any, request: Any) -> Any:
    raise AssertionError


def _inherited(self: Any, request: Any) -> Any:
    return super(CognitoRequiredMixin, self).dispatch(request)


def _in_a_lambda(self: Any, request: Any) -> Any:
    return (lambda: super(type(self), self).dispatch(request))()


def test_dispatch() -> None:
    """A ``dispatch`` that never calls the one before would leave the guard out."""
    for method, works in ((_own, False), (_inherited, True), (_in_a_lambda, True), (len, True)):
        if works:
            type("Guarded", (CognitoRequiredMixin, View), {"dispatch": method})
            continue
        with pytest.raises(ConfigurationError, match="dispatch"):
            type("Guarded", (CognitoRequiredMixin, View), {"dispatch": method})
        with pytest.raises(ConfigurationError, match="dispatch"):
            type("Guarded", (type("B", (), {"dispatch": method}), CognitoRequiredMixin, View), {})


def test_class_of_nobody() -> None:
    """A view class that code without a ``__name__`` makes has no module, and is as any other."""
    view = type("Orders", (View,), {"__module__": None})
    refuse_misnamed(view)
