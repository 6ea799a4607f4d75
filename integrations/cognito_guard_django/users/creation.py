"""A new user, made with the row of who he is and with what the hook makes of him, or not at all."""

from __future__ import annotations

from functools import partial
from typing import Any, NoReturn

from django.contrib.auth import get_user_model
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import DatabaseError, transaction
from django.db.models import AutoField

from cognito_guard import Identity

from ..models import CognitoUserLink
from ..settings import Settings
from .databases import database
from .groups import Groups, groups_named
from .lasting import after_rollback
from .links import Found, find_now
from .profile import Start, is_parent_link, lesser, starts
from .refusals import cannot_hold, is_unstorable, refuse_hidden, refuse_inactive, unstorable
from .storing import store
from .told import Told
from .values import Unsaid, Values, values_of

__all__ = ["create"]


class _Refused(Exception):
    """The database, or the model, does not take the user."""

    def __init__(self, *, characters: bool) -> None:
        super().__init__()
        self.characters = characters


def create(told: Told, identity: Identity, settings: Settings) -> Found:
    """A new user; or what is found of one whom another request has made in the meantime."""
    model: Any = get_user_model()
    for start in starts(told.digest, told.names, model, told.said):
        made = _tried(start, told, identity, settings)
        if made is None:
            continue
        if made.is_new:
            _finish(made, told)
        return made
    raise unstorable(model)


def _tried(start: Start, told: Told, identity: Identity, settings: Settings) -> Found | None:
    """``None`` where another start is to be tried."""
    for each in (start, *lesser(start, get_user_model())):
        try:
            return _made(_new(each, told), told, identity, settings)
        except _Refused as refused:
            # The name belongs to a user of another origin, who is left alone; or to this one.
            found = find_now(told, with_groups=settings.groups != {})
            if found is not None or not refused.characters:
                return found
    return None


def _new(start: Start, told: Told) -> Found:
    model: Any = get_user_model()
    link = CognitoUserLink(issuer=told.issuer, subject=told.subject)
    if told.is_kept and told.at is not None:
        link.rights_at, link.rights_seen = told.at, told.rights.digest
    link.profile_at = told.at if told.said else None
    made = Found(link, model(), is_new=True)
    if hasattr(made.user, "set_unusable_password"):
        made.user.set_unusable_password()
    start.said.put(made)
    Values({**told.rights.flags, model.USERNAME_FIELD: start.name}).put(made)
    return made


def _made(made: Found, told: Told, identity: Identity, settings: Settings) -> Found:
    """The user as he is stored, with what the hook has set.

    The hook is asked first, as a model may have fields that nobody else fills. It may store him by
    itself. Where it fails because he is not stored yet, as somebody's profile or groups need him to
    be, he is, as the hook has left him, and it is asked once more.
    """
    using = database()
    if settings.user_hook is not None:
        try:
            with transaction.atomic(using=using):
                settings.consent(made.user, identity)
                _insert(made, using)
                return made
        except (_Refused, DatabaseError, ObjectDoesNotExist, ValueError):
            left = values_of(made)
        found = find_now(told, with_groups=settings.groups != {})
        if found is not None:
            return found
        made = _again(made.link, left)
    with transaction.atomic(using=using):
        # The first statement is a write, so that SQLite lets one request wait for another.
        _insert(made, using)
        if settings.user_hook is not None:
            before = values_of(made)
            settings.consent(made.user, identity)
            if changed := before.changed(values_of(made)):
                _save(made, using, update_fields=changed)
    return made


def _finish(made: Found, told: Told) -> None:
    """What can wait until he is stored: he needs nothing of it to be known again."""
    using = database()
    values = values_of(made)
    groups = groups_named(Unsaid(told.rights.groups), using)
    after_rollback(using, partial(_insert_again, told, made, values, groups, using))
    if groups:
        store(made, told, [], groups, values)
    refuse_inactive(made)
    refuse_hidden(made)


def _insert(made: Found, using: str) -> None:
    _save(made, using, **({"force_insert": True} if made.user._state.adding else {}))
    made.link.user = made.user
    try:
        made.link.save(using=using, force_insert=True)
    except DatabaseError as error:
        _refuse(error)


def _save(made: Found, using: str, **how: Any) -> None:
    try:
        made.user.save(using=using, **how)
    except (DatabaseError, ValidationError, ValueError) as error:
        _refuse(error)


def _refuse(error: Exception) -> NoReturn:
    if not is_unstorable(error):
        raise error
    raise _Refused(characters=cannot_hold(error)) from None


def _again(link: Any, values: Values) -> Found:
    """The same user and row, of which the database knows nothing."""
    model: Any = get_user_model()
    again = Found(CognitoUserLink(issuer=link.issuer, subject=link.subject), model(), is_new=True)
    again.link.rights_at, again.link.rights_seen = link.rights_at, link.rights_seen
    again.link.profile_at = link.profile_at
    fields = model._meta.concrete_fields
    values.without(
        field.name for field in fields if isinstance(field, AutoField) or is_parent_link(field)
    ).put(again)
    return again


def _insert_again(told: Told, made: Found, values: Values, groups: Groups, using: str) -> None:
    """Make a user once more whom the transaction around has forgotten, as if he had been made
    before it."""
    if find_now(told, with_groups=False) is None:
        again = _again(made.link, values)
        with transaction.atomic(using=using):
            _insert(again, using)
            groups.join(again)
