"""What ``&``, ``|`` and ``~`` make of our permissions, among each other and with other people's.

REST framework's own combinations can be negated, lose the reason of a refusal, and ask a permission
again. So whatever one of ours is combined with becomes a combination of ours.
"""

from __future__ import annotations

import functools
from typing import Any, NoReturn

from rest_framework.permissions import (
    AND,
    OR,
    BasePermissionMetaclass,
    OperandHolder,
    OperationHolderMixin,
)

from cognito_guard import ConfigurationError, Policy

from .asking import Asked, Both, Either
from .parts import parts

__all__ = ["Combines", "CombinesClasses", "holds", "is_ours", "operands"]


class Combines:
    """The operators of what stands in ``permission_classes``."""

    def __and__(self, other: Any) -> Any:
        return _combine(Both, self, other)

    def __rand__(self, other: Any) -> Any:
        return _combine(Both, other, self)

    def __or__(self, other: Any) -> Any:
        return _combine(Either, self, other)

    def __ror__(self, other: Any) -> Any:
        return _combine(Either, other, self)

    def __invert__(self) -> NoReturn:
        _refuse_negation()

    def __bool__(self) -> NoReturn:
        raise TypeError(
            "a permission has no truth value; combine permissions with & and |, "
            "not with `and`, `or` and `not`"
        )


class CombinesClasses(Combines, BasePermissionMetaclass):
    """The same for classes."""


class _Combination(Combines, OperandHolder):
    """A combination, which is called for each request, as classes are."""

    __hash__ = OperandHolder.__hash__

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        made: Any = super().__call__(*args, **kwargs)
        made.source = self
        return made


def is_ours(one: object) -> bool:
    """Whether this is a permission of ours, a class of them, or a combination."""
    return isinstance(one, Asked | Combines)


def operands(permission: Any) -> tuple[Any, ...]:
    """The two of a combination by ``&`` or ``|``, for a request or before; nothing for others."""
    known: tuple[Any, ...] = (AND, OR, Both, Either)
    if type(permission) in known:
        return (permission.op1, permission.op2)
    if isinstance(permission, OperandHolder) and permission.operator_class in known:
        return (permission.op1_class, permission.op2_class)
    return ()


def holds(one: Any, seen: frozenset[int] = frozenset()) -> bool:
    """Whether one of our permissions is in somebody else's permission, or in a list."""
    if is_ours(one):
        return True
    if id(one) in seen:
        return False
    return any(holds(part, seen | {id(one)}) for part in parts(one))


def _combine(operator: Any, left: Any, right: Any) -> Any:
    for one in (left, right):
        if isinstance(one, Policy):
            raise TypeError("a policy is no permission; set required_policy for CognitoPermission")
        if not callable(one):
            return NotImplemented
    return _Combination(operator, _as_ours(left), _as_ours(right))


def _as_ours(one: Any) -> Any:
    """REST framework's own combination as one of ours, which asks each permission in it once."""
    known: dict[Any, Any] = {AND: Both, OR: Either}
    if type(one) is not OperandHolder or one.operator_class not in known:
        return one
    combine = known[one.operator_class]
    return _Combination(combine, _as_ours(one.op1_class), _as_ours(one.op2_class))


def _refuse_negation() -> NoReturn:
    raise ConfigurationError(
        "~ before a permission that asks for a token would let in callers who have none"
    )


def _let_ours_answer(name: str) -> None:
    """Change an operator of REST framework's so that the right side is asked as well, as Python has
    it for operators: one of ours has an operator of its own."""
    own = getattr(OperationHolderMixin, name)

    @functools.wraps(own)
    def operator(self: Any, *others: Any) -> Any:
        if any(map(is_ours, others)):
            return NotImplemented
        if not others and holds(self):  # ~
            _refuse_negation()
        return own(self, *others)

    setattr(OperationHolderMixin, name, operator)


for _name in ("__and__", "__or__", "__invert__"):
    _let_ours_answer(_name)
