"""What a user model is asked to hold: a name to sign in by, an e-mail address, names of people."""

from __future__ import annotations

import functools
import inspect
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db.models import AutoField, CharField, EmailField, Field, TextField

from cognito_guard import Identity

from .uniqueness import clashing, is_unique
from .values import Values

__all__ = [
    "Start",
    "clashes",
    "email_field",
    "fill",
    "has_django_groups",
    "is_parent_link",
    "is_text",
    "lesser",
    "missing",
    "names_of",
    "not_taken",
    "says",
    "starts",
    "storable",
]

_NO_DOMAIN = "@cognito.invalid"  # RFC 6761, section 6.4: no mail ever gets there


def storable(text: str, longest: int) -> bool:
    """Whether every database takes a text. PostgreSQL knows no NUL."""
    return len(text) <= longest and "\0" not in text


def email_field(model: Any) -> Field[Any, Any] | None:
    """Where a user's e-mail address is; the name to sign in by, where that is one."""
    name = model._meta.get_field(model.USERNAME_FIELD)
    if isinstance(name, EmailField):
        return name
    named = getattr(model, "get_email_field_name", None)  # not every user model says it
    return _fields(model).get("email" if named is None else named())


@functools.cache
def not_taken(model: Any) -> tuple[str, ...]:
    """What the ``save`` of a model does not take of what users are stored with."""
    parameters = inspect.signature(model.save).parameters.values()
    if any(one.kind is one.VAR_KEYWORD for one in parameters):
        return ()
    taken = {one.name for one in parameters if one.kind is not one.POSITIONAL_ONLY}
    return tuple(name for name in ("force_insert", "update_fields", "using") if name not in taken)


def has_django_groups(model: Any) -> bool:
    """Whether users are in groups of ``django.contrib.auth``, or of a kind of these."""
    from django.contrib.auth.models import Group

    fields = [field for field in model._meta.many_to_many if field.name == "groups"]
    return any(issubclass(field.related_model, Group) for field in fields)


@dataclass(frozen=True, slots=True, repr=False)
class Start:
    """What to try for a new user: a name to sign in by, and what the token says of him."""

    name: str
    said: Values


def names_of(identity: Identity) -> tuple[str, ...]:
    """What a new user may be called: the ``username`` claim, if it fits, and the subject."""
    model: Any = get_user_model()
    field = model._meta.get_field(model.USERNAME_FIELD)
    try:
        field.run_validators(identity.username or "")
    except ValidationError:
        return (identity.subject,)
    return tuple(name for name in (identity.username, identity.subject) if name)


def starts(digest: str, names: Sequence[str], model: Any, said: Values) -> list[Start]:
    """What to try, in turn: what the caller is called, a digest, and a name that nobody can have
    taken beforehand; each with his e-mail address and without, where it must be unique.

    All but the last are always the same for a caller, so whoever knows him could take them.
    """
    field = model._meta.get_field(model.USERNAME_FIELD)
    longest = field.max_length or 255
    made = (digest, secrets.token_hex(32))
    email = email_field(model)
    if email is None or (email is not field and not is_unique(model, email)):
        return [Start(name, said) for name in _names(names, made, longest)]
    none = placeholder(digest, email.max_length or 255)
    rest = said.plus(**{email.name: None if email.null else none})
    if email is field:
        own = [Start(said[email.name], said)] if email.name in said else []
        others = [placeholder(one, longest) for one in made]
        return [*own, *(Start(one, said.plus(**{email.name: one})) for one in others)]
    both = [said, rest] if email.name in said else [rest]
    return [Start(name, one) for name in _names(names, made, longest) for one in both]


def lesser(start: Start, model: Any) -> Iterator[Start]:
    """The same with less, for a database that has no characters for all of it: without people's
    names, and then without an e-mail address that may be missing."""
    email = email_field(model)
    kept = () if email is None else (email.name,)
    rest = start.said.without(name for name in start.said if name not in kept)
    if len(rest) < len(start.said):
        yield Start(start.name, rest)
    if rest and email is not None and not is_unique(model, email):
        yield Start(start.name, Values({}))


def _names(names: Iterable[str], made: Iterable[str], longest: int) -> list[str]:
    others = [f"cognito-{one}"[:longest] for one in made]
    return [*(name for name in names if len(name) <= longest), *others]


def placeholder(text: str, longest: int) -> str:
    """An e-mail address that nobody has, until a verified one is known."""
    room = min(longest - len(_NO_DOMAIN), 64)  # RFC 5321, section 4.5.3.1.1
    return f"cognito-{text}"[: max(room, 1)] + _NO_DOMAIN


def says(identity: Identity, model: Any) -> Values:
    """What a token says about a person that the user model can hold, by field."""
    found: dict[str, str] = {}
    fields = _fields(model)
    email = email_field(model)
    if email is not None and identity.email_verified and identity.email:
        longest = email.max_length or len(identity.email)
        if storable(identity.email, longest):
            found[email.name] = identity.email
    claims = identity.claims
    # Some providers, and users, have one name.
    first = "given_name" if {"given_name", "family_name"}.intersection(claims) else "name"
    for name, claim in (("first_name", first), ("last_name", "family_name")):
        value, field = claims.get(claim), fields.get(name)
        if field is None or field.unique or not isinstance(value, str):
            continue
        value = value[: field.max_length]
        if storable(value, len(value)):
            found[name] = value
    return Values(found)


def fill(found: Any, said: Values) -> None:
    """Set what a token says. An e-mail address that must be unique and is somebody else's stays
    his."""
    email = email_field(type(found.user))
    for name in said:
        if getattr(found.user, name) == said[name]:
            continue
        if email is None or name != email.name or not _is_taken(found, email, said):
            said.only([name]).put(found)


def _is_taken(found: Any, field: Field[Any, Any], said: Values) -> bool:
    model: Any = type(found.user)
    if not is_unique(model, field):
        return False
    rows = model._base_manager.using(found.user._state.db).exclude(pk=found.user.pk)
    return bool(rows.filter(**{field.name: said[field.name]}).exists())


def missing(model: Any) -> list[str]:
    """The fields without which no user can be stored, and about which no token says anything."""
    known = {model.USERNAME_FIELD, "password"}
    if (email := email_field(model)) is not None:
        known.add(email.name)
    return [
        field.name
        for field in model._meta.concrete_fields
        if field.name not in known and not _fills_itself(field) and _is_needed(field)
    ]


def clashes(model: Any) -> list[list[str]]:
    """The fields of each constraint by which a caller may be kept out who is like another one, or
    of whom tokens say as little."""
    email = email_field(model)
    apart = {model.USERNAME_FIELD, *missing(model)}
    said = {"first_name", "last_name"}
    if email is not None:
        (apart if is_unique(model, email) else said).add(email.name)
    return clashing(model, apart=apart, said=said - apart)


def _fills_itself(field: Any) -> bool:
    now = getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)
    return bool(now or isinstance(field, AutoField) or field.generated or is_parent_link(field))


def is_parent_link(field: Any) -> bool:
    """Whether a field leads to the row of a parent class."""
    return bool(getattr(field.remote_field, "parent_link", False))


def _is_needed(field: Any) -> bool:
    if field.null or field.has_db_default():
        return False
    if field.unique:
        # By a constant, the second user would have what the first one has.
        return not (field.has_default() and callable(field.default))
    return field.get_default() is None


def is_text(model: Any) -> bool:
    """Whether the name to sign in by may be any text."""
    return isinstance(model._meta.get_field(model.USERNAME_FIELD), CharField | TextField)


def _fields(model: Any) -> dict[str, Any]:
    return {field.name: field for field in model._meta.concrete_fields}
