"""``CognitoRequiredMixin``: what a caller must have to reach a class-based view."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any, ClassVar

from django.http import HttpRequest
from django.views import View

from cognito_guard import ConfigurationError, Policy, PolicyLike, build_policy

from .decorators import later, refusal

__all__ = ["CognitoRequiredMixin"]


class CognitoRequiredMixin:
    """Goes before ``View`` and says in attributes what
    :func:`~cognito_guard_django.decorators.cognito_required` says in arguments.

    Raises ``ConfigurationError`` for an empty or wrong requirement, or behind ``View``, when the
    class is made.
    """

    required_groups: ClassVar[str | Iterable[str] | None] = None
    required_scopes: ClassVar[str | Iterable[str] | None] = None
    required_roles: ClassVar[str | Iterable[str] | None] = None
    required_policy: ClassVar[PolicyLike | None] = None

    _cognito_policy: ClassVar[Policy] = build_policy()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        order = cls.__mro__
        if View in order and order.index(View) < order.index(CognitoRequiredMixin):
            raise ConfigurationError(f"{cls.__name__} must name CognitoRequiredMixin before View")
        cls._cognito_policy = _policy(cls)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Refuse, or go on to the view's own methods."""
        # `as_view(required_groups=...)` sets what it is given on each instance.
        own = any(name.startswith("required_") for name in vars(self))
        answer = refusal(request, _policy(self) if own else self._cognito_policy)
        if answer is None:
            return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        return later(answer) if getattr(self, "view_is_async", False) else answer


def _policy(view: CognitoRequiredMixin | type[CognitoRequiredMixin]) -> Policy:
    return build_policy(
        groups=view.required_groups,
        scopes=view.required_scopes,
        roles=view.required_roles,
        # A plain function must not become a method of the view.
        policy=inspect.getattr_static(view, "required_policy"),
    )
