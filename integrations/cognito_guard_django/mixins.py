"""``CognitoRequiredMixin``: what a caller must have to reach a class-based view."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any, ClassVar, Self

from django.http import HttpRequest
from django.views import View

from cognito_guard import ConfigurationError, PolicyLike

from .decorators import Ask, later, refusal, varied
from .views.attributes import REQUIREMENTS, policy_of, refuse_misnamed
from .views.functions import refuse_on_function
from .views.late import refuse_late, requirements
from .views.reading import goes_on
from .views.unasked import refuse_unasked

__all__ = ["CognitoRequiredMixin"]

_ASKED = "_cognito_guard_asked"
"""Where an instance has the request that the guard has let in, and what was required."""
_SEEN = "_cognito_guard_seen"
"""Where it has what was required when the guard was asked, whatever the answer."""


class CognitoRequiredMixin:
    """Protect a class-based view. Put it before ``View``. Its attributes are the arguments of
    :func:`~cognito_guard_django.decorators.cognito_required`.

    The attributes count as they are when a request comes. The guard is called before any line of a
    ``dispatch`` runs, and again if that changes what is required.

    Raises ``ConfigurationError`` when the class is created or at a request: for an empty or wrong
    requirement, for one that is set after the guard was called, for a name that looks like a
    requirement and is none, for a place after ``View``, for a class whose objects are views
    themselves, and for a ``dispatch`` or an ``as_view`` that never calls ``super()``.
    """

    required_groups: ClassVar[str | Iterable[str] | None] = None
    required_scopes: ClassVar[str | Iterable[str] | None] = None
    required_roles: ClassVar[str | Iterable[str] | None] = None
    required_acr: ClassVar[str | None] = None
    required_mfa: ClassVar[bool | None] = None
    required_max_age: ClassVar[int | None] = None
    # No ClassVar: mypy takes a callable in one for a method, without its first argument.
    required_policy: PolicyLike | None = None

    _cognito_guard_asks: ClassVar[bool] = True  # MARK
    # Not a function by itself: what the code of a class's functions speaks of counts as read.
    _cognito_ask: ClassVar[tuple[Ask]] = (refusal,)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        order = cls.__mro__
        if View in order and order.index(View) < order.index(CognitoRequiredMixin):
            raise ConfigurationError(f"{cls.__name__} must name CognitoRequiredMixin before View")
        if View not in order and any("__call__" in vars(each) for each in order):
            raise ConfigurationError(
                f"{cls.__name__} is called without as_view, so CognitoRequiredMixin would guard "
                "nothing; put cognito_required around it"
            )
        for each in order[: order.index(CognitoRequiredMixin)]:
            if "dispatch" in vars(each) and not goes_on(vars(each)["dispatch"], "dispatch"):
                raise ConfigurationError(f"{each.__name__}.dispatch must call super().dispatch")
        for each in order:
            own = vars(each).get("as_view")
            if own is not None and each is not View and not goes_on(own, "as_view"):
                raise ConfigurationError(f"{each.__name__}.as_view must call super().as_view")
        for name in REQUIREMENTS:
            if isinstance(getattr(cls, name), Iterator):
                raise ConfigurationError(f"{name} must be a list; this can be read only once")
        refuse_misnamed(cls)
        policy_of(cls)

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """An object of the class. Nobody would ask the guard of one that is no view, such as a
        ``ModelAdmin``."""
        order = cls.__mro__
        after = order[order.index(CognitoRequiredMixin) + 1 :]
        if not any("dispatch" in vars(each) for each in after):
            raise ConfigurationError(
                f"{cls.__name__} is no view, so CognitoRequiredMixin guards nothing; call enforce "
                "in its methods"
            )
        make = super().__new__
        return make(cls) if make is object.__new__ else make(cls, *args, **kwargs)

    @classmethod
    def as_view(cls, *args: Any, **initkwargs: Any) -> Any:
        """The view, which Django's ``LoginRequiredMiddleware`` leaves to the guard: it would send
        who has no token to a form, with 302."""
        # Wizards of forms take theirs by position.
        view = super().as_view(*args, **initkwargs)  # type: ignore[misc]
        view.login_required = False
        return view

    def __getattribute__(self, name: str) -> Any:
        value = super().__getattribute__(name)
        # Whatever the class, or its instance, has for a `dispatch`: the guard is asked first.
        return partial(self._cognito_dispatch, value) if name == "dispatch" else value

    def _cognito_dispatch(
        self, dispatch: Any, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> Any:
        answer = self._cognito_answer(request)
        if answer is not None:
            return answer
        return varied(dispatch(request, *args, **kwargs), self._cognito_check)

    def _cognito_check(self) -> None:
        refuse_late(self, vars(self)[_SEEN])

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Refuse, or go on to the view's own methods."""
        asked = vars(self).get(_ASKED)
        if asked is None or asked[0] is not request or asked[1] != requirements(self):
            answer = self._cognito_answer(request)
            if answer is not None:
                return answer
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]

    def _cognito_answer(self, request: HttpRequest) -> Any:
        """What a caller gets who may not pass; ``None`` for one who may."""
        refuse_misnamed(self)
        view = getattr(request.resolver_match, "func", None)
        refuse_on_function(view)
        refuse_unasked(type(self), vars(self), view, guarded=True)
        vars(self)[_SEEN] = seen = requirements(self)
        answer = self._cognito_ask[0](request, policy_of(self))
        if answer is None:
            vars(self)[_ASKED] = (request, seen)
            return None
        return later(answer) if getattr(self, "view_is_async", False) else answer
