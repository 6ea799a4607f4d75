"""How permissions are asked: each once for a request, and the one that refuses gives the reason.

A permission of ours never answers no: it raises the refusal, whoever asks. So no code around it can
make a yes of a no.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from rest_framework.exceptions import APIException, PermissionDenied
from rest_framework.permissions import AND, OR

from cognito_guard import AuthError

from .objects import asks_about_objects, is_silent
from .refusals import refused

if TYPE_CHECKING:
    from rest_framework.request import Request

__all__ = ["LOOKS", "ROOTS", "SEEN", "Asked", "Both", "Denial", "Either", "as_ours"]

ROOTS = "_cognito_guard_roots"
"""Where a view holds the permissions that REST framework asks, all of which must be content."""
SEEN = "_cognito_guard_seen"
"""Where a view holds what it required when its permissions were asked."""
_ANSWERS = "_cognito_guard_answers"
"""Where a view holds what other people's permissions have said about the caller."""
_DENIAL = "_cognito_guard_denial"
"""Where an exception holds why one of ours has raised it."""

LOOKS: list[Callable[[Any], bool]] = []
"""What looks at a view before one of its permissions answers; ``True`` for a view that is new."""

_Ask = Callable[[str], "Denial | None"]


class Denial(NamedTuple):
    """Why a permission says no: a refusal of ours, or what another one has to say, if anything."""

    error: AuthError | None = None
    message: Any = None
    code: str | None = None
    is_open: bool = False
    """Whether a permission that speaks of objects alone may still say yes."""

    @property
    def tells(self) -> bool:
        """Whether it says more than no."""
        return self.error is not None or self.message is not None


_SILENT = Denial(is_open=True)
"""From a permission that has nothing to say about the caller."""


class Asked:
    """A permission of ours for one request."""

    source: Any = None
    """What stands in ``permission_classes``, where that is another object."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """``True`` for a caller who has what is required; the refusal is raised for others."""
        _look_after(view)
        _settle(self.denial(request, view), request, view)
        return True

    def has_object_permission(self, request: Request, view: Any, obj: Any) -> bool:
        """The same as for the view."""
        _settle(_verdict(self, self.has_permission, request, view), request, view)
        return True

    def denial(self, request: Request, view: Any) -> Denial | None:
        """Why not; ``None`` for a caller who may pass."""
        # No `abc`: REST framework's permissions have a metaclass of their own.
        raise NotImplementedError  # pragma: no cover


class _Combined(Asked):
    def denial(self, request: Request, view: Any) -> Denial | None:
        """Why not, asked anew: who was content before need not be any more."""
        answers: dict[str, Any] = {}
        _held(self, view)[request.method] = answers
        found = _Caller(request, view, answers).ask(self)
        return None if found is not None and _may_have_object(found, request, view) else found

    def has_object_permission(self, request: Request, view: Any, obj: Any) -> bool:
        """Whether the caller may pass with this object."""
        _look_after(view)
        answers = _held(self, view).setdefault(request.method, {})
        found = _Object(request, view, answers, obj).ask(self)
        if found is not None and found.error is not None:
            # Where the caller may pass, what one part lacks is not the reason.
            found = _Caller(request, view, answers).ask(self)
            found = Denial() if found is None or found.is_open else found
        _settle(found, request, view)
        return True

    @staticmethod
    def weigh(ask: _Ask) -> Denial | None:
        """What the two say together."""
        # No `abc`, for the same reason.
        raise NotImplementedError  # pragma: no cover


class Both(_Combined, AND):
    """``&``"""

    @staticmethod
    def weigh(ask: _Ask) -> Denial | None:
        """That of the first which says no; one that an object may change comes last."""
        left = ask("op1")
        if left is not None and not left.is_open:
            return left
        right = ask("op2")
        if right is not None and not right.is_open:
            return right
        known = [one for one in (left, right) if one is not _SILENT]
        told = [one for one in known if one is not None]
        return (told or known or [_SILENT])[0]


class Either(_Combined, OR):
    """``|``"""

    @staticmethod
    def weigh(ask: _Ask) -> Denial | None:
        """That of the last, unless only the first tells why."""
        left = ask("op1")
        if left is None:
            return None
        right = ask("op2")
        if right is None or left is right:
            return right
        told = right if right.tells else left
        return told._replace(is_open=left.is_open or right.is_open)


def as_ours(permission: Any) -> Any:
    """REST framework's own combination for a request as one of ours; anything else as it is."""
    combine = {AND: Both, OR: Either}.get(type(permission))
    if combine is None:
        return permission
    return combine(as_ours(permission.op1), as_ours(permission.op2))


class _Caller:
    """A question about the caller, asked of all that is combined in a permission."""

    def __init__(self, request: Request, view: Any, answers: dict[str, Any]) -> None:
        self._request = request
        self._view = view
        self._answers = answers

    def ask(self, permission: Any, place: str = "", source: Any = None) -> Denial | None:
        """``source`` is what has made the permission, if known, and ``place`` where it stands."""
        permission = as_ours(permission)
        if not isinstance(permission, _Combined):
            return self._ask_one(permission, place, source)

        def ask(side: str) -> Denial | None:
            made_by = getattr(permission.source, f"{side}_class", None)
            return self.ask(getattr(permission, side), f"{place}/{side}", made_by)

        return permission.weigh(ask)

    def _ask_one(self, permission: Any, place: str, source: Any) -> Denial | None:
        if _is_pure(permission, "has_permission"):
            found: Denial | None = permission.denial(self._request, self._view)
            return found
        # One that is asked again about the object may say no: a code for one use, a quota. Those
        # are made anew for it, so what has made them counts; and it stays alive beside the answer.
        by = source if isinstance(source, type | partial) else permission
        known = self._answers.get(place)
        if known is None or known[0] is not by:
            found = _verdict(permission, permission.has_permission, self._request, self._view)
            self._answers[place] = known = (by, found)
        answer: Denial | None = known[1]
        return _SILENT if answer is None and is_silent(permission) else answer


class _Object(_Caller):
    """A question about the caller and an object."""

    def __init__(self, request: Request, view: Any, answers: dict[str, Any], obj: Any) -> None:
        super().__init__(request, view, answers)
        self._obj = obj

    def _ask_one(self, permission: Any, place: str, source: Any) -> Denial | None:
        found = super()._ask_one(permission, place, source)
        said = found is not None and found is not _SILENT
        if said or _is_pure(permission, "has_object_permission"):
            return found
        about = permission.has_object_permission
        return _verdict(permission, about, self._request, self._view, self._obj)


def _may_have_object(denial: Denial, request: Request, view: Any) -> bool:
    """Whether a caller goes on to a question about an object."""
    if not denial.is_open or not getattr(request.user, "is_authenticated", False):
        return False
    return view is not None and asks_about_objects(view, request.method or "")


def _is_pure(permission: Any, method: str) -> bool:
    """Whether a permission is ours. A class below may say more in a method of its own."""
    return getattr(type(permission), method, None) is getattr(Asked, method)


def _verdict(permission: Any, method: Any, *about: Any) -> Denial | None:
    try:
        if method(*about):
            return None
    except APIException as error:
        found: Denial | None = getattr(error, _DENIAL, None)
        if found is None:
            raise
        return found
    message = getattr(permission, "message", None)
    return Denial(message=message, code=getattr(permission, "code", None))


def _settle(denial: Denial | None, request: Request, view: Any) -> None:
    if denial is not None:
        try:
            _refuse(denial, request, view)
        except APIException as error:
            setattr(error, _DENIAL, denial)
            raise


def _refuse(denial: Denial, request: Request, view: Any) -> NoReturn:
    if denial.error is not None:
        raise refused(request, denial.error) from denial.error
    if hasattr(view, "permission_denied"):
        view.permission_denied(request, message=denial.message, code=denial.code)
    raise PermissionDenied(denial.message, denial.code)  # no view of the framework's, or a kind one


def _held(permission: Asked, view: Any) -> dict[Any, dict[str, Any]]:
    """Where the answers are held for one of the permissions that the framework asks; nowhere for
    one that somebody else's code asks."""
    made_by = permission.source
    for place, root in enumerate(getattr(view, ROOTS, ())):
        same = made_by is not None and getattr(root, "source", None) is made_by
        if root is permission or same:
            held: dict[int, dict[Any, dict[str, Any]]] = vars(view).setdefault(_ANSWERS, {})
            return held.setdefault(place, {})
    return {}


def _look_after(view: Any) -> None:
    for look_after in LOOKS:
        if look_after(view):  # no authentication class of ours has seen it
            view.get_permissions()
