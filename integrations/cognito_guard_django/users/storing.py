"""Writing what is new about a user, unless a newer token has come first."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction

from .groups import Groups
from .links import Found, lock, reread
from .profile import email_field
from .refusals import cannot_hold, is_unstorable, unstorable
from .told import Told
from .values import Values

__all__ = ["store"]


def store(found: Found, told: Told, changed: list[str], add: Groups, before: Values) -> None:
    """Write the fields that have changed, and the groups to join.

    What a token says of a person can be done without, where it is taken or the database has no
    characters for it. Raises ``AccessDenied`` for everything else that cannot be stored.
    """
    using = found.user._state.db
    try:
        with transaction.atomic(using=using):
            if changed:
                found.user.save(using=using, update_fields=changed)
                now = reread(found.link)
            else:
                now = lock(found)
            if now is None or told.is_late(now):
                transaction.set_rollback(True, using=using)
                before.put(found)
                return
            add.join(found)
            return
    except (DatabaseError, ValidationError, ValueError) as error:
        if not is_unstorable(error):
            raise
        spare = _spare(changed, told.said, type(found.user), error)
    if not spare:
        raise unstorable(type(found.user))
    before.only(spare).put(found)
    store(found, told, [name for name in changed if name not in spare], add, before)


def _spare(changed: list[str], said: Values, model: Any, error: Exception) -> list[str]:
    """The fields to do without: people's names, where characters are the matter, or else the
    e-mail address."""
    email = email_field(model)
    own = [name for name in changed if email is not None and name == email.name and name in said]
    names = [name for name in changed if name in said and name not in own]
    return names or own if cannot_hold(error) else own
