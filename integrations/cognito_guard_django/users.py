"""Real Django users for callers: found by issuer and subject, made at first sight, kept up to date.

A user is never looked for by name or e-mail address, so nobody can sign up in the pool as somebody
who is here already. Everything happens on the database that is written to.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from typing import Any, TypeAlias

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import IntegrityError, router, transaction
from django.db.models import F, Field

from cognito_guard import AccessDenied, AuthError, Identity, Reason

from .models import LONGEST_SUBJECT, CognitoUserLink
from .settings import Settings

__all__ = ["provision"]

_Found: TypeAlias = tuple[Any, set[str] | None]
"""A user and the names of his groups; ``None`` for a user who is new and needs nothing more."""

_LONGEST_GROUP = 150  # Group.name


def provision(identity: Identity, settings: Settings) -> Any:
    """The user of a caller, up to date. One query where nothing is new.

    Raises ``AccessDenied`` (``check_failed``) for an inactive user, or what the hook raises.
    """
    if not _storable(identity.subject, LONGEST_SUBJECT):
        raise AccessDenied(Reason.CHECK_FAILED, "The caller's subject cannot be stored here.")
    issuer = settings.guard.home_issuer(identity)
    found = _find(issuer, identity.subject, settings) or _create(issuer, identity, settings)
    user, groups = found
    _refuse_inactive(user)
    if groups is None:  # made just now
        return user
    before = _values(user)
    add, remove = _regroup(groups, identity, settings)
    try:
        _fill(user, identity, settings)
    except AuthError:
        # Refused or not, the token no longer grants these, and a session may still live on them.
        lost = [name for name, is_on in _flags(identity, settings) if before[name] and not is_on]
        for name in lost:
            setattr(user, name, False)
        _save(user, lost, (), remove)
        raise
    changed = [name for name, value in _values(user).items() if before[name] != value]
    _save(user, changed, add, remove)
    _refuse_inactive(user)  # the hook may have switched the user off
    return user


def _find(issuer: str, subject: str, settings: Settings) -> _Found | None:
    """The user and the names of his groups, all in one query: a row for each group."""
    links = CognitoUserLink.objects.using(router.db_for_write(CognitoUserLink))
    rows = links.select_related("user").filter(issuer=issuer, subject=subject)
    if settings.groups == {}:
        return next(((link.user, set()) for link in rows), None)
    found: list[Any] = list(rows.annotate(group_name=F("user__groups__name")))
    if not found:
        return None
    return found[0].user, {row.group_name for row in found if row.group_name is not None}


def _create(issuer: str, identity: Identity, settings: Settings) -> _Found:
    """A new user, or the one whom another request has made in the meantime."""
    model: Any = get_user_model()
    using = router.db_for_write(CognitoUserLink)
    usernames = _usernames(issuer, identity.subject, model._meta.get_field(model.USERNAME_FIELD))
    while True:
        user = model(**{model.USERNAME_FIELD: usernames.pop(0)})
        user.set_unusable_password()
        _fill(user, identity, settings)
        add, _ = _regroup(set(), identity, settings)
        link = CognitoUserLink(user=user, issuer=issuer, subject=identity.subject)
        try:
            # The first statement is a write, so that SQLite lets one request wait for another.
            with transaction.atomic(using=using):
                user.save(using=using, force_insert=True)
                link.user = user
                link.save(using=using, force_insert=True)
                _join(user, add, ())
        except IntegrityError:
            found = _find(issuer, identity.subject, settings)
            if found is not None:
                return found
            # The name belongs to a user of another origin, who is left alone.
            if not usernames:
                raise
        else:
            return user, None


def _refuse_inactive(user: Any) -> None:
    if not user.is_active:
        raise AccessDenied(Reason.CHECK_FAILED, "The caller's account here is not active.")


def _usernames(issuer: str, subject: str, field: Field[Any, Any]) -> list[str]:
    """Names to try: the subject, a hash, and one that nobody can have taken beforehand.

    The first two are always the same for a caller, so whoever knows him could take them.
    """
    longest = field.max_length or LONGEST_SUBJECT
    digest = hashlib.sha256(f"{issuer}\n{subject}".encode()).hexdigest()
    names = [subject, *(f"cognito-{end}"[:longest] for end in (digest, secrets.token_hex(32)))]
    return names if len(subject) <= longest else names[1:]


def _fill(user: Any, identity: Identity, settings: Settings) -> None:
    """What the token says about the user, then what the hook says."""
    claims = identity.claims
    if identity.email_verified:
        _set(user, user.get_email_field_name(), identity.email)
    _set(user, "first_name", claims.get("given_name"), cut=True)
    _set(user, "last_name", claims.get("family_name"), cut=True)
    for flag, is_on in _flags(identity, settings):
        setattr(user, flag, is_on)
    settings.consent(user, identity)


def _flags(identity: Identity, settings: Settings) -> list[tuple[str, bool]]:
    """The flags that groups stand for, and whether the token grants them."""
    mapped = (("is_staff", settings.staff_groups), ("is_superuser", settings.superuser_groups))
    return [
        (flag, not groups.isdisjoint(identity.groups))
        for flag, groups in mapped
        if groups is not None
    ]


def _set(user: Any, name: str, value: object, *, cut: bool = False) -> None:
    """Set a field, if the user has it and it can hold the value.

    A unique field is left alone: the value may belong to somebody else here already.
    """
    field = {field.name: field for field in user._meta.concrete_fields}.get(name)
    if field is None or field.unique or not isinstance(value, str):
        return
    longest = field.max_length or len(value)
    if cut:
        value = value[:longest]
    if _storable(value, longest):
        setattr(user, name, value)


def _storable(text: str, longest: int) -> bool:
    """Whether every database takes a text. PostgreSQL knows no NUL."""
    return len(text) <= longest and "\0" not in text


def _values(user: Any) -> dict[str, Any]:
    return {field.name: getattr(user, field.attname) for field in user._meta.concrete_fields}


def _regroup(held: set[str], identity: Identity, settings: Settings) -> tuple[set[str], set[str]]:
    """The names of the Django groups to join and to leave."""
    policy = settings.groups
    if policy is None:
        wanted = {name for name in identity.groups if _storable(name, _LONGEST_GROUP)}
        return wanted - held, held - wanted
    managed = {name for names in policy.values() for name in names}
    wanted = {name for group in identity.groups for name in policy.get(group, ())}
    return wanted - held, (held & managed) - wanted


def _save(user: Any, changed: list[str], add: Iterable[str], remove: Iterable[str]) -> None:
    if changed or add or remove:
        with transaction.atomic(using=user._state.db):
            if changed:
                user.save(update_fields=changed)
            _join(user, add, remove)


def _join(user: Any, add: Iterable[str], remove: Iterable[str]) -> None:
    using = user._state.db
    if add := sorted(add):
        groups = Group.objects.using(using)
        user.groups.add(*[groups.get_or_create(name=name)[0] for name in add])
    if remove := sorted(remove):
        user.groups.remove(*Group.objects.using(using).filter(name__in=remove))
