"""Real Django users for callers: found by issuer and subject, made at first sight, kept up to date.

A user is never looked for by name or e-mail address, so nobody can sign up in the pool as somebody
who is here already. Everything happens on the database that is written to.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.db import transaction

from cognito_guard import AccessDenied, ConfigurationError, Identity, Reason

from ..models import LONGEST_SUBJECT
from ..settings import Settings
from .creation import create
from .databases import apart, database
from .fitting import require_fields
from .groups import Groups, groups_named
from .lasting import after_rollback
from .links import Found, adopt, find, find_now
from .meeting import again
from .profile import fill, not_taken, storable
from .refusals import refuse_hidden, refuse_inactive, unstorable
from .rights import held_flags
from .storing import store
from .told import Told, told_by
from .values import Unsaid, Values, values_of
from .withdrawal import Withdrawal

if TYPE_CHECKING:
    from cognito_guard.login import SignedIn

__all__ = ["provision"]


def provision(identity: Identity, settings: Settings, signed_in: SignedIn | None = None) -> Any:
    """The user of a caller, up to date. One query where nothing is new. ``signed_in``: as for
    ``user_of``.

    Raises ``AccessDenied`` (``check_failed``) for an inactive user, for one who cannot be stored,
    or what the hook raises; ``ConfigurationError`` where users are in a database of their own, or
    lack a field of a setting.
    """
    _refuse_project(settings)
    if not storable(identity.subject, LONGEST_SUBJECT):
        raise AccessDenied(Reason.CHECK_FAILED, "The caller's subject cannot be stored here.")
    told = told_by(identity, settings, signed_in)
    return again(database, partial(_provision, told, identity, settings))


def _provision(told: Told, identity: Identity, settings: Settings) -> Any:
    with_groups = settings.groups != {}
    found = find(told, with_groups=with_groups)
    if found is None and adopt(told):
        found = find_now(told, with_groups=with_groups)
    if found is None:
        found = create(told, identity, settings)
    if not found.is_new:
        _update(found, told, identity, settings)
    return found.user


def _refuse_project(settings: Settings) -> None:
    model = get_user_model()
    if not_taken(model):
        raise unstorable(model)
    require_fields(settings)
    problem = apart(with_groups=settings.groups != {})
    if problem is not None:
        raise ConfigurationError(f"DATABASE_ROUTERS: {problem}; both must be in one database")


def _update(found: Found, told: Told, identity: Identity, settings: Settings) -> None:
    withdrawal = Withdrawal(found, told)
    if withdrawal.is_due():
        # First of all, and whatever comes after: a session may live on what is lost.
        after_rollback(found.user._state.db, withdrawal.write)
        found = withdrawal.write()
    refuse_inactive(found)
    refuse_hidden(found)
    before = values_of(found)
    if told.may_say(found.link):
        fill(found, told.said)
    add = Groups()
    if told.may_raise(found.link):
        Values(told.rights.flags).put(found)
        settings.consent(found.user, identity)
        add = groups_named(Unsaid(told.rights.groups - found.groups), found.user._state.db)
        after = values_of(found)
    else:
        after = values_of(found)
        lost = told.rights.lost(held_flags(found, told.rights))
        Values(dict.fromkeys(lost, False)).put(found)  # in this request alone
        if settings.user_hook is not None:
            _ask_in_vain(found, identity, settings)
    changed = before.changed(after)
    if changed or add:
        store(found, told, changed, add, before)
        refuse_hidden(found)
    refuse_inactive(found)  # the hook may have switched the user off


def _ask_in_vain(found: Found, identity: Identity, settings: Settings) -> None:
    """Ask the hook about an older token. Nothing that it sets, or writes by itself, is kept."""
    using = found.user._state.db
    lowered = values_of(found)
    with transaction.atomic(using=using):
        settings.consent(found.user, identity)
        refuse_inactive(found)
        transaction.set_rollback(True, using=using)
    lowered.put(found)
