"""What a caller must have: callables ``Identity -> None`` that raise ``AccessDenied``.

A policy is any callable that takes an :class:`~cognito_guard.Identity`. It lets the caller pass by
returning ``None`` or ``True`` and refuses by raising an ``AuthError`` or returning anything else.
The ones built here combine with ``&`` and ``|``, with each other and with plain functions. Never
combine with ``and``, ``or``, ``not``: Python drops one side, and no object can detect it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, MappingView, Set
from functools import reduce
from typing import Annotated, Any, Literal, NoReturn, TypeAlias, final

from ._support.arguments import boolean
from ._support.callables import makes_policies, passes, require_callable
from ._support.clock import calendar
from ._support.silence import forget_locals
from .errors import (
    AccessDenied,
    AuthError,
    ConfigurationError,
    LoginTooOld,
    LoginTooWeak,
    MissingCredentials,
    Reason,
    StepUpRequired,
)
from .identity import Identity, NotSent

__all__ = [
    "LEVELS",
    "LONGEST_LEVELS",
    "Match",
    "Policy",
    "PolicyLike",
    "build_policy",
    "enforce",
    "forbid_actor",
    "require_acr",
    "require_actor",
    "require_claim",
    "require_groups",
    "require_mfa",
    "require_recent_login",
    "require_roles",
    "require_scopes",
]

PolicyLike: TypeAlias = Callable[[Identity], object]
Match: TypeAlias = Literal["all", "any"]
Names: TypeAlias = str | Iterable[str]
Lacks: TypeAlias = Callable[[Identity], StepUpRequired | None]
"""Which stronger sign-in a caller lacks, computed without calling the app's code."""

LEVELS = tuple(f"urn:cognito:loa:{level}" for level in (1, 2, 3, 4))
"""The levels of sign-ins as Cognito names them, the weakest first."""

LONGEST_LEVELS = 512
"""The longest list of level names in one policy, in characters with the spaces between them: they
become part of a URL."""

# With a TOTP, multi-factor authentication it is; with the level below, perhaps.
_MFA_LEVELS = (LEVELS[3], LEVELS[2])


@final
class Told:
    """A requirement as ``cognito_guard.explain`` describes it: its name, what it requires in words,
    and what the caller has of that."""

    __slots__ = ("held", "name", "wanted")

    def __init__(self, name: str, wanted: str, held: Callable[[Identity], object]) -> None:
        self.name = name
        self.wanted = wanted
        self.held = held


@final
class _Preferred(tuple[str, ...]):
    """Levels whose order says which one to ask for, and not which one is higher."""

    __slots__ = ()


def enforce(policy: PolicyLike, identity: Identity) -> Literal[True]:
    """Check a policy. Returns ``True`` if it lets the caller pass, so that Python's ``and``
    continues with the next one and ``not`` refuses.

    Raises the policy's own ``AuthError``, or ``AccessDenied`` (``check_failed``) if it returned
    anything but ``None`` or ``True``, or raised :class:`MissingCredentials`.

    Raises :class:`MissingCredentials` if there is no identity (``None``, or an anonymous user), for
    every policy.
    """
    if not isinstance(identity, Identity):
        nobody, kind = _is_nobody(identity), type(identity).__name__
        del identity  # claims, or a token: variables are shown with what is raised
        if nobody:
            raise MissingCredentials(
                Reason.MISSING_CREDENTIALS, "The request carries no credential."
            )
        raise TypeError(f"enforce(policy, identity) takes an Identity, not {kind}")
    if not passes(policy, identity):
        raise AccessDenied(Reason.CHECK_FAILED, "A policy of this API refuses the caller.")
    return True


def _is_nobody(identity: Any) -> bool:
    return identity is None or getattr(identity, "is_authenticated", None) is False


@final
class Policy:
    """A requirement that combines: ``a & b`` needs both, ``a | b`` needs one.

    With ``|`` the left side is checked first; if both refuse, its reason is reported. With ``&``
    the first refusal is reported. If that is about the sign-in, it names everything that the
    sign-in lacks, so the user signs in only once more. ``and``, ``or``, ``not`` and ``if`` raise
    ``TypeError``: each would drop a requirement.
    """

    __slots__ = ("_check", "_lacks", "_parts", "_told")

    # What a stronger sign-in would have to bring. No policy of a user's is asked about a caller
    # whom the one before it refuses.
    _check: PolicyLike
    _lacks: Lacks | None
    # What it is made of, or is, where that is known.
    _parts: tuple[Literal["all", "any"], tuple[Policy, ...]] | None
    _told: Told | None

    def __init__(self, check: PolicyLike) -> None:
        if isinstance(check, Policy):
            self._check, self._lacks = check._check, check._lacks
            self._parts, self._told = check._parts, check._told
        else:
            self._check, self._lacks = require_callable("a policy", check), None
            self._parts, self._told = None, None

    def __call__(self, identity: Identity) -> Literal[True]:
        try:
            return enforce(self._check, identity)
        finally:
            del identity  # which may be none

    def __bool__(self) -> NoReturn:
        raise TypeError(
            "a policy has no truth value: 'and', 'or', 'not' and 'if' would drop a requirement; "
            "combine policies with & and |, and check one with enforce(policy, identity)"
        )

    def __invert__(self) -> NoReturn:
        raise TypeError(
            "a policy has no opposite: its refusals would become permissions; combine policies "
            "with & and |, and write your own function that refuses callers"
        )

    def __and__(self, other: PolicyLike) -> Policy:
        return _all_of(Policy(self), Policy(other))

    def __rand__(self, other: PolicyLike) -> Policy:
        return _all_of(Policy(other), Policy(self))

    def __or__(self, other: PolicyLike) -> Policy:
        return _either(Policy(self), Policy(other))

    def __ror__(self, other: PolicyLike) -> Policy:
        return _either(Policy(other), Policy(self))


def _requirement(check: PolicyLike, told: Told) -> Policy:
    policy = Policy(check)
    policy._told = told
    return policy


def _all_of(*parts: Policy) -> Policy:
    def check(identity: Identity) -> None:
        for number, part in enumerate(parts, 1):
            try:
                part(identity)
            except StepUpRequired as refusal:
                whole = _with_more(refusal, parts[number:], identity)
                if whole is refusal:
                    raise
                raise whole from None

    policy = Policy(check)
    policy._parts = ("all", parts)
    about_sign_in = [part._lacks for part in parts if part._lacks is not None]
    if about_sign_in:

        def lacks(identity: Identity) -> StepUpRequired | None:
            found = [lack for lacks in about_sign_in if (lack := lacks(identity)) is not None]
            return reduce(_joined, found) if found else None

        policy._lacks = lacks
    return policy


def _with_more(
    refusal: StepUpRequired, parts: Iterable[Policy], identity: Identity
) -> StepUpRequired:
    """A refusal for the sign-in, with what the remaining parts would have of one."""
    for part in parts:
        lack = None if part._lacks is None else part._lacks(identity)
        if lack is not None:
            refusal = _joined(refusal, lack)
    return refusal


def _joined(first: StepUpRequired, second: StepUpRequired) -> StepUpRequired:
    """The first refusal, for a sign-in that is enough for both."""
    ages = [error.max_age for error in (first, second) if error.max_age is not None]
    # Another object: a policy of a user's may raise one error for all requests.
    kind = LoginTooOld if first.reason is Reason.LOGIN_TOO_OLD else LoginTooWeak
    joined = kind(first.reason, first.detail, max_age=min(ages, default=None))
    joined.acr_values = _enough_for_both(first.acr_values, second.acr_values)
    return joined


def _enough_for_both(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    """The levels that both accept, in the order of whoever accepts fewer, and of `require_mfa` if
    there are as many; if there are none, one of each, as whoever named them may know a sign-in that
    has both."""
    if not first or not second:
        return first or second
    ranks = [(len(levels), not isinstance(levels, _Preferred)) for levels in (first, second)]
    fewer, more = (second, first) if ranks[1] < ranks[0] else (first, second)
    both = [level for level in fewer if level in more]
    order = _Preferred if isinstance(fewer, _Preferred) else tuple
    return order(both or [*first, *second])


def _either(left: Policy, right: Policy) -> Policy:
    def either(identity: Identity) -> None:
        try:
            left(identity)
        except AuthError as refusal:
            try:
                right(identity)
            except AuthError:
                raise refusal from None

    policy = Policy(either)
    policy._parts = ("any", (left, right))
    of_left, of_right = left._lacks, right._lacks
    if of_left and of_right and _is_about_sign_in(policy):
        policy._lacks = lambda identity: of_right(identity) and of_left(identity)
    return policy


def _is_about_sign_in(policy: Policy) -> bool:
    """Whether a stronger sign-in is all that the policy may ask for."""
    if policy._parts is None:
        return policy._lacks is not None
    return all(map(_is_about_sign_in, policy._parts[1]))


@makes_policies
def require_scopes(*scopes: str, match: Match = "all") -> Policy:
    """The token carries all (or any) of these OAuth 2.0 scopes. Raises ``missing_scope``."""
    wanted = _names("require_scopes", scopes, match)

    def check(identity: Identity) -> None:
        if not _holds(identity.scopes, wanted, match):
            detail = "The token lacks a scope that this API requires."
            raise AccessDenied(Reason.MISSING_SCOPE, detail, scopes=wanted)

    told = Told("require_scopes", _in_words(wanted, match), lambda one: one.scopes)
    return _requirement(check, told)


@makes_policies
def require_groups(*groups: str, match: Match = "all") -> Policy:
    """The caller is in all (or any) of these user pool groups. Raises ``missing_group``."""
    wanted = _names("require_groups", groups, match)

    def check(identity: Identity) -> None:
        if not _holds(identity.groups, wanted, match):
            detail = "The caller is not in a group that this API requires."
            raise AccessDenied(Reason.MISSING_GROUP, detail)

    told = Told("require_groups", _in_words(wanted, match), lambda one: one.groups)
    return _requirement(check, told)


@makes_policies
def require_roles(*roles: str, match: Match = "all") -> Policy:
    """The caller has all (or any) of these roles. Raises ``missing_role``.

    Roles come from ``custom:role`` unless the pool's ``role_claim`` names another claim. If the app
    client may write that attribute, **users can choose their own role**; use groups for rights
    instead.
    """
    wanted = _names("require_roles", roles, match, spaces=True)

    def check(identity: Identity) -> None:
        if not _holds(identity.roles, wanted, match):
            raise AccessDenied(
                Reason.MISSING_ROLE, "The caller lacks a role that this API requires."
            )

    told = Told("require_roles", _in_words(wanted, match), lambda one: one.roles)
    return _requirement(check, told)


@makes_policies
def require_claim(name: str, *values: object, match: Match = "all") -> Policy:
    """The token has this claim; with ``values``, the claim holds all (or any) of them.

    A list claim holds its members; any other claim holds its own value. Values are compared with
    their type: ``True`` is not ``1``. Raises ``missing_claim``.

    If you pass values from a list that may be empty, use ``match="any"``: without any value it
    raises :class:`ConfigurationError`. With the default, an empty list would accept every value of
    the claim.
    """
    (name,) = _names("require_claim", (name,), match, spaces=True)
    if match == "any" and not values:
        raise ConfigurationError('match="any" of require_claim needs at least one value')
    try:
        wanted = [_typed(_json_value(value)) for value in values]
    except BaseException as error:
        del values
        forget_locals(error)
        raise

    def check(identity: Identity) -> None:
        if not _claim_holds(identity.claims, name, wanted, match):
            raise AccessDenied(
                Reason.MISSING_CLAIM, "The token lacks a claim or a value that this API requires."
            )

    def held(identity: Identity) -> object:
        return {name: identity.claims[name]} if name in identity.claims else {}

    told = Told("require_claim", _claim_in_words(name, [one for _, one in wanted], match), held)
    return _requirement(check, told)


@makes_policies
def require_recent_login(max_age: int, *, clock: Callable[[], float] = calendar) -> Policy:
    """The user signed in at most ``max_age`` seconds ago, by ``auth_time`` (RFC 9470).

    Raises ``LoginTooOld`` (``login_too_old``); a token without ``auth_time`` is refused as well,
    and so is a machine.
    """
    if isinstance(max_age, bool) or not isinstance(max_age, int) or max_age <= 0:
        raise ConfigurationError("max_age must be a whole number of seconds, at least 1")

    def lacks(identity: Identity) -> StepUpRequired | None:
        signed_in = None if identity.is_machine else identity.auth_time
        # False for NaN as well, which a clock may give.
        if signed_in is not None and clock() - signed_in <= max_age:
            return None
        detail = "The sign-in is too long ago for this API; sign in again."
        return LoginTooOld(Reason.LOGIN_TOO_OLD, detail, max_age=max_age)

    told = Told(
        "require_recent_login",
        f"a sign-in at most {max_age} seconds ago",
        lambda one: {"auth_time": one.auth_time},
    )
    return _about_sign_in(lacks, told)


@makes_policies
def require_acr(name: str, *, levels: Iterable[str] = LEVELS) -> Policy:
    """The user signed in at this level or a higher one, by ``acr`` (RFC 9470).

    ``levels``: the names of all levels of the pool, the weakest first; needed if they are not
    called ``urn:cognito:loa:1`` to ``urn:cognito:loa:4``. A token with any other level is refused.
    Raises ``LoginTooWeak`` (``login_too_weak``), also for a token without ``acr``, and for a
    machine. The challenge names the levels that are accepted, the weakest first.
    """
    ordered = _levels("levels of require_acr", levels)
    if len(set(ordered)) < len(ordered):
        raise ConfigurationError("levels of require_acr must name each level once")
    (wanted,) = _levels("require_acr", (name,))
    if wanted not in ordered:
        raise ConfigurationError(
            "require_acr takes the name of a level; name all levels of the pool in levels=, the "
            f"weakest first, where they are not {ordered[0]} to {ordered[-1]}"
        )
    enough = ordered[ordered.index(wanted) :]

    def lacks(identity: Identity) -> StepUpRequired | None:
        if identity.acr in enough and not identity.is_machine:
            return None
        detail = "The level of the sign-in is too low for this API; sign in at a higher one."
        return LoginTooWeak(Reason.LOGIN_TOO_WEAK, detail, acr_values=enough)

    told = Told("require_acr", _in_words(enough, "any"), lambda one: {"acr": one.acr})
    return _about_sign_in(lacks, told)


@makes_policies
def require_mfa(*, acr_values: Annotated[Names, NotSent] = _MFA_LEVELS) -> Policy:
    """The user signed in with several factors, by ``mfa`` in ``amr`` (RFC 8176).

    ``acr_values``: one or more levels that such sign-ins have, the preferred one first. The
    challenge names them; they are not compared with the token. Set them if they are not called
    ``urn:cognito:loa:4`` and ``urn:cognito:loa:3``. Raises ``LoginTooWeak`` (``login_too_weak``),
    also for a token without ``amr``, and for a machine.
    """
    named = _Preferred(_levels("acr_values of require_mfa", _listed(acr_values)))

    def lacks(identity: Identity) -> StepUpRequired | None:
        if "mfa" in identity.amr and not identity.is_machine:
            return None
        detail = "This API asks for a sign-in with several factors; sign in with them."
        refusal = LoginTooWeak(Reason.LOGIN_TOO_WEAK, detail)
        refusal.acr_values = named
        return refusal

    told = Told("require_mfa", "mfa among the methods (amr)", lambda one: {"amr": one.amr})
    return _about_sign_in(lacks, told)


def _about_sign_in(lacks: Lacks, told: Told) -> Policy:
    def check(identity: Identity) -> None:
        refusal = lacks(identity)
        if refusal is not None:
            raise refusal

    policy = _requirement(check, told)
    policy._lacks = lacks
    return policy


@makes_policies
def require_actor(
    *,
    subjects: Annotated[Names | None, NotSent] = None,
    client_ids: Names | None = None,
    issuers: Names | None = None,
) -> Policy:
    """Another party acts for the user, after a token exchange (``act``, RFC 8693). Without
    arguments, any actor passes; otherwise the actor must match every argument that is given.

    Only the current actor counts, not those further down the chain. ``issuers``: the accepted
    issuers of the actor. The default is the issuer of the token, which is also the issuer of an
    actor without ``iss``. Raises ``wrong_actor``.
    """
    asked = [
        (attribute, _names(f"{what} of require_actor", _listed(names), "any", spaces=True))
        for attribute, what, names in (
            ("subject", "subjects", subjects),
            ("client_id", "client_ids", client_ids),
        )
        if names is not None
    ]
    known = None if issuers is None else _names("issuers of require_actor", _listed(issuers), "any")

    def check(identity: Identity) -> None:
        actor = identity.actor
        if actor is not None:
            issuer = identity.issuer if actor.issuer is None else actor.issuer
            by_all = all(getattr(actor, attribute) in names for attribute, names in asked)
            if by_all and issuer in ((identity.issuer,) if known is None else known):
                return
        raise AccessDenied(
            Reason.WRONG_ACTOR, "This API takes tokens that are used by another party."
        )

    said = [f"{attribute} {_in_words(names, 'any')}" for attribute, names in asked]
    said += [] if known is None else [f"issuer {_in_words(known, 'any')}"]
    told = Told("require_actor", f"an actor {', '.join(said)}".strip(), _actor)
    return _requirement(check, told)


@makes_policies
def forbid_actor() -> Policy:
    """Nobody acts for the caller: the token has no ``act`` at all (RFC 8693). Raises
    ``wrong_actor``."""

    def check(identity: Identity) -> None:
        if "act" in identity.claims:
            raise AccessDenied(
                Reason.WRONG_ACTOR, "This API takes no tokens that another party uses."
            )

    return _requirement(check, Told("forbid_actor", "no actor", _actor))


def _actor(identity: Identity) -> object:
    return {"act": identity.claims["act"]} if "act" in identity.claims else {}


@makes_policies
def build_policy(
    *,
    groups: Names | None = None,
    scopes: Names | None = None,
    roles: Names | None = None,
    acr: str | None = None,
    mfa: bool = False,
    max_age: int | None = None,
    # `Policy` is a `PolicyLike`. Named, it makes FastAPI refuse `Depends(build_policy)`, which
    # would take the arguments from the query and let everybody in.
    policy: Policy | PolicyLike | None = None,
) -> Policy:
    """A policy from the keyword arguments of the adapters' decorators: everything that is named is
    required.

    Each of ``groups``, ``scopes`` and ``roles`` is one name or a list of names, all of them
    required. ``acr``, ``mfa=True`` and ``max_age`` are :func:`require_acr`, :func:`require_mfa` and
    :func:`require_recent_login`. Without any argument, every authenticated caller passes.
    """
    parts: list[Policy] = []
    for require, names in (
        (require_scopes, scopes),
        (require_groups, groups),
        (require_roles, roles),
    ):
        if names is not None:
            parts.append(require(*_listed(names)))
    if acr is not None:
        parts.append(require_acr(acr))
    if boolean("mfa", mfa):
        parts.append(require_mfa())
    if max_age is not None:
        parts.append(require_recent_login(max_age))
    if policy is not None:
        parts.append(Policy(require_callable("policy", policy)))
    return _all_of(*parts)


def _in_words(names: Iterable[str], match: Match) -> str:
    listed = list(names)
    several = {"all": "all of ", "any": "one of "}[match] if len(listed) > 1 else ""
    return several + ", ".join(listed)


def _claim_in_words(name: str, values: Iterable[object], match: Match) -> str:
    listed = [repr(value) for value in values]
    return f"{name} with {_in_words(listed, match)}" if listed else name


def _levels(what: str, names: Iterable[str]) -> list[str]:
    """Names of levels, checked: they go into headers, as one text with spaces between them. Their
    order counts."""
    if isinstance(names, str) or not isinstance(names, Iterable):
        raise ConfigurationError(f"{what} must be a list of names")
    if isinstance(names, Set | Mapping | MappingView):
        raise ConfigurationError(f"{what} must be a list of names, as their order counts")
    checked = _names(what, names, "any")
    if len(" ".join(checked)) > LONGEST_LEVELS:
        raise ConfigurationError(f"{what} must have {LONGEST_LEVELS} letters at most in all")
    for name in checked:
        if any(not "!" <= character <= "~" or character in '"\\' for character in name):
            raise ConfigurationError(f'{what} takes names in printable ASCII without " and \\')
    return checked


def _listed(names: Names) -> Iterable[str]:
    # What is no list counts as one name. If it is no name either, `_names` says so.
    several = isinstance(names, Iterable) and not isinstance(names, str | bytes | Mapping)
    return names if several else (names,)  # type: ignore[return-value]


def _names(what: str, names: Iterable[str], match: Match, *, spaces: bool = False) -> list[str]:
    """The names, checked. Nothing to require would be a check that lets everybody pass."""
    checked = list(names)
    if not checked:
        raise ConfigurationError(f"{what} needs at least one name")
    for name in checked:
        if not _is_name(name, spaces):
            raise ConfigurationError(f"{what} takes names as separate texts without spaces")
    if match not in ("all", "any"):
        raise ConfigurationError('match must be "all" or "any"')
    # An enum's member is a text too, and may have an idea of its own of what it equals.
    return [str.__str__(name) for name in checked]


def _is_name(name: object, spaces: bool) -> bool:
    if not isinstance(name, str) or not name:
        return False
    return name == name.strip() if spaces else name.split() == [name]


def _holds(held: Collection[object], wanted: Iterable[object], match: Match) -> bool:
    return (all if match == "all" else any)(name in held for name in wanted)


def _claim_holds(
    claims: Mapping[str, Any], name: str, wanted: Collection[object], match: Match
) -> bool:
    if name not in claims:
        return False
    held = claims[name]
    members = held if isinstance(held, tuple) else (held,)
    return not wanted or _holds([_typed(member) for member in members], wanted, match)


def _json_value(value: object) -> object:
    """A value that a claim can have, as `json` would give it: another one would fit no claim."""
    if value is None or isinstance(value, bool):
        return value
    # Not the member of an enum, but what it stands for.
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int.__int__(value)
    if isinstance(value, float):
        return float.__float__(value)
    if isinstance(value, Mapping):
        return {_json_value(name): _json_value(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [_json_value(member) for member in value]
    raise ConfigurationError("require_claim takes values that JSON has, each one on its own")


def _typed(value: object) -> tuple[type, object]:
    # An int and a float of one value are one JSON number; a bool is none. Objects and arrays are
    # compared by what they hold: an identity has them in read-only types of its own.
    if isinstance(value, Mapping):
        return (dict, {name: _typed(member) for name, member in value.items()})
    if isinstance(value, list | tuple):
        return (list, [_typed(member) for member in value])
    return (float if type(value) is int else type(value), value)
