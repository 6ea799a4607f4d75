"""A test evaluator of IAM policies. It decides what is asked in tests, and nothing else.

It knows what the examples of AWS's documentation use, which its tests hold it against: statements
that allow and deny, actions and resources with wildcards, policy variables, federated principals,
and conditions on texts. Whatever it does not know, it refuses to evaluate.

IAM user guide: "Policy evaluation logic", "IAM policy elements: Variables and tags", "IAM JSON
policy elements: Condition operators", "Conditions with multiple context keys or values".
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, TypeAlias

__all__ = ["Context", "Decision", "NotEvaluated", "PolicyEvaluator"]

Context: TypeAlias = "Mapping[str, str | Sequence[str]]"
"""What a request says of itself, by condition keys such as ``s3:prefix``."""

_KNOWN = {
    *("Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "Condition"),
}
# The versions of the policy language; variables came with the second.
_OLD, _VERSION = "2008-10-17", "2012-10-17"
_PIECE = re.compile(r"\$\{([^}]*)\}|\*|\?|[^*?$]+|\$")
_DEFAULT = re.compile(r"\s*([^,\s]+)\s*,\s*'([^']*)'\s*")


class Decision(StrEnum):
    """What a set of policies says."""

    ALLOWED = "allowed"
    EXPLICIT_DENY = "explicitDeny"
    IMPLICIT_DENY = "implicitDeny"


class NotEvaluated(Exception):
    """A policy or a request says what this evaluator does not know, so it decides nothing."""


class _Unresolved(Exception):
    """A variable has no value in this request, so that its text matches nothing."""


class PolicyEvaluator:
    """Decides by one policy or several, as mappings or as JSON.

    Raises :class:`NotEvaluated` for what it does not know.
    """

    def __init__(self, *policies: Mapping[str, Any] | str) -> None:
        self._statements: list[tuple[Mapping[str, Any], bool]] = []
        for policy in policies:
            document = json.loads(policy) if isinstance(policy, str) else policy
            version = document.get("Version", _OLD)
            if version not in (_OLD, _VERSION):
                raise NotEvaluated(f"a policy of the version {version}")
            for one in _several(document["Statement"]):
                if unknown := one.keys() - _KNOWN:
                    raise NotEvaluated(f"statements with {sorted(unknown)}")
                self._statements.append((one, version == _VERSION))

    def decide(
        self, action: str, resource: str | None, context: Context, principal: str | None = None
    ) -> Decision:
        """``resource`` is ``None`` for a trust policy, which asks for a federated ``principal``."""
        keys = {name.lower(): _several(value) for name, value in context.items()}
        found = Decision.IMPLICIT_DENY
        for statement, variables in self._statements:
            if not _applies(statement, variables, action, resource, keys, principal):
                continue
            if statement["Effect"] == "Deny":
                return Decision.EXPLICIT_DENY
            found = Decision.ALLOWED
        return found


def _applies(
    statement: Mapping[str, Any],
    variables: bool,
    action: str,
    resource: str | None,
    keys: Mapping[str, list[Any]],
    principal: str | None,
) -> bool:
    known = keys if variables else None

    def named(name: str, wanted: str, *, folded: bool) -> bool:
        patterns = statement.get(name, statement.get(f"Not{name}"))
        if patterns is None:
            raise NotEvaluated(f"a statement without {name}")
        found = any(_matches(one, wanted, known, folded=folded) for one in _several(patterns))
        return found if name in statement else not found

    if not named("Action", action, folded=True):
        return False
    if resource is not None and not named("Resource", resource, folded=False):
        return False
    if ("Principal" in statement) != (principal is not None):
        raise NotEvaluated("a principal in one place only")
    if principal is not None and statement["Principal"] != {"Federated": principal}:
        return False
    return all(
        _condition(operator, key, _several(wanted), keys, known)
        for operator, tests in statement.get("Condition", {}).items()
        for key, wanted in tests.items()
    )


def _condition(
    operator: str,
    key: str,
    wanted: list[Any],
    keys: Mapping[str, list[Any]],
    known: Mapping[str, list[Any]] | None,
) -> bool:
    quantifier, _, name = operator.rpartition(":")
    if_exists = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    values = keys.get(key.lower())
    if name == "Null":
        return (str(wanted[0]).lower() == "true") == (values is None)
    if name not in _OPERATORS:
        raise NotEvaluated(f"the condition operator {operator}")
    negated, holds = name.startswith("StringNot"), _OPERATORS[name]

    def fits(value: str) -> bool:
        found = any(holds(str(one), value, known) for one in wanted)
        return not found if negated else found

    if quantifier == "ForAllValues":
        return all(map(fits, values or ()))
    if values is None:
        return if_exists or (negated and not quantifier)
    if quantifier == "ForAnyValue":
        return any(map(fits, values))
    if quantifier:
        raise NotEvaluated(f"the set operator {quantifier}")
    if len(values) != 1:
        raise NotEvaluated(f"several values of {key} without a set operator")
    return fits(values[0])


def _equal(pattern: str, value: str, known: Mapping[str, list[Any]] | None) -> bool:
    return _matches(pattern, value, known, wildcards=False)


def _equal_folded(pattern: str, value: str, known: Mapping[str, list[Any]] | None) -> bool:
    return _matches(pattern, value, known, wildcards=False, folded=True)


_Holds: TypeAlias = "Callable[[str, str, Mapping[str, list[Any]] | None], bool]"
_OPERATORS: dict[str, _Holds] = {
    "Bool": _equal_folded,
    "StringEquals": _equal,
    "StringNotEquals": _equal,
    "StringEqualsIgnoreCase": _equal_folded,
    "StringLike": lambda pattern, value, known: _matches(pattern, value, known),
    "StringNotLike": lambda pattern, value, known: _matches(pattern, value, known),
}


def _matches(
    pattern: str,
    value: str,
    known: Mapping[str, list[Any]] | None,
    *,
    wildcards: bool = True,
    folded: bool = False,
) -> bool:
    """Whether a text of a policy is about ``value``. What a variable brings is taken literally.
    ``known``: ``None`` where there are no variables."""
    try:
        expression = "".join(_expressions(pattern, known, wildcards))
    except _Unresolved:
        return False
    return re.fullmatch(expression, value, re.DOTALL | (re.IGNORECASE if folded else 0)) is not None


def _expressions(
    pattern: str, known: Mapping[str, list[Any]] | None, wildcards: bool
) -> Iterable[str]:
    for piece in _PIECE.finditer(pattern):
        name, text = piece[1], piece[0]
        if name is not None and known is not None:
            yield re.escape(_resolved(name, known))
        elif wildcards and text in ("*", "?"):
            yield ".*" if text == "*" else "."
        else:
            yield re.escape(text)


def _resolved(name: str, known: Mapping[str, list[Any]]) -> str:
    if name in ("*", "?", "$"):
        return name
    default = _DEFAULT.fullmatch(name)
    key = default[1] if default else name.strip()
    values = known.get(key.lower())
    if values is None or len(values) != 1:  # a variable stands for one value
        if default is None:
            raise _Unresolved
        return default[2]
    return str(values[0])


def _several(value: Any) -> list[Any]:
    if isinstance(value, str | Mapping) or not isinstance(value, Iterable):
        return [value]
    return list(value)
