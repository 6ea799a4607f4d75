"""Who is refused for what is stored of him, or because nothing can be."""

from __future__ import annotations

import functools
from typing import Any

from django.conf import settings as django_settings
from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import ValidationError
from django.db import DatabaseError, DataError, IntegrityError
from django.utils.module_loading import import_string

from cognito_guard import AccessDenied, Reason

from ..settings import current

__all__ = [
    "cannot_hold",
    "has_met",
    "is_unstorable",
    "refuse_hidden",
    "refuse_inactive",
    "unstorable",
]

# MySQL and MariaDB, for characters that a column has not: when asked for, and when stored.
_CHARACTERS = (1267, 1270, 1271, 1366, 3988)


def cannot_hold(error: Exception) -> bool:
    """Whether a database says that it has no room or no characters for a value."""
    if isinstance(error, DatabaseError) and error.args[:1] and error.args[0] in _CHARACTERS:
        return True
    return isinstance(error, DataError | UnicodeError)


def has_met(error: Exception) -> bool:
    """Whether a database has ended this transaction for another one's sake, and it may be begun
    again: deadlocks, and conflicts at the higher levels of isolation."""
    state = getattr(error.__cause__, "sqlstate", getattr(error.__cause__, "pgcode", None))
    return state in ("40001", "40P01") or error.args[:1] == (1213,)


def is_unstorable(error: Exception) -> bool:
    """Whether an error says that a user cannot be stored as he is."""
    return cannot_hold(error) or isinstance(error, IntegrityError | ValidationError | ValueError)


def unstorable(model: Any) -> AccessDenied:
    """The refusal. No value goes to the log: a database's error would quote one."""
    label = model._meta.label
    current().guard.warn(
        "caller_not_stored",
        "a caller cannot be stored as %s: a value is taken or missing; see USER_HOOK and "
        "`manage.py check`",
        label,
        source=label,
    )
    return AccessDenied(Reason.CHECK_FAILED, "The caller cannot be stored as a user here.")


def refuse_inactive(found: Any) -> None:
    """Raise ``AccessDenied`` for who is switched off, or whom a backend of the project's that is a
    kind of ours lets nobody sign in as."""
    if not getattr(found.user, "is_active", True) or not _may_authenticate(found):
        raise AccessDenied(Reason.CHECK_FAILED, "The caller's account here is not active.")


def refuse_hidden(found: Any) -> None:
    """Raise ``AccessDenied`` for who is not among the users of the model's default manager, as
    those are whom a project has deleted and kept. Django's sessions do not know them either."""
    using = found.user._state.db
    rows = type(found.user)._default_manager.using(using).all()
    if rows.query.where and not rows.filter(pk=found.user.pk).exists():
        raise AccessDenied(Reason.CHECK_FAILED, "The caller's account here is not active.")


def _may_authenticate(found: Any) -> bool:
    asked = _backends(tuple(django_settings.AUTHENTICATION_BACKENDS))
    return all(backend().user_can_authenticate(found.user) for backend in asked)


@functools.cache
def _backends(paths: tuple[str, ...]) -> list[Any]:
    """Those that are a kind of ours, and have a word of their own about who may sign in."""
    own = [one for one in map(import_string, paths) if getattr(one, "takes_cognito_tokens", False)]
    theirs = ModelBackend.user_can_authenticate
    return [one for one in own if one.user_can_authenticate is not theirs]
