"""The table of who is who: rows found by a digest, and compared here, exactly."""

from __future__ import annotations

from typing import Any, final

from django.contrib.auth import get_user_model
from django.db import connections, transaction
from django.db.models import F

from cognito_guard import AccessDenied, Reason

from ..models import CognitoUserLink
from .databases import database
from .groups import held_groups
from .reading import asked, fresh
from .told import Told

__all__ = ["Found", "adopt", "find", "find_now", "lock", "reread"]


@final
class Found:
    """A caller's row, the user who he is, and the names of that user's groups.

    It is handed on as one thing, for a report of an error shows what a user's ``repr`` says.
    """

    __slots__ = ("groups", "is_new", "link", "user")

    def __init__(
        self, link: Any, user: Any, groups: set[str] | None = None, *, is_new: bool = False
    ) -> None:
        self.link = link
        self.user = user
        self.groups = groups or set()
        self.is_new = is_new


def find(told: Told, *, with_groups: bool) -> Found | None:
    """All in one query: a row for each group."""
    rows = _rows(told).select_related("user")
    if not with_groups:
        link: Any = rows.first()
        return None if link is None else Found(_exact(link, told), link.user)
    found: list[Any] = list(rows.annotate(group_name=F("user__groups__name")))
    if not found:
        return None
    return Found(
        _exact(found[0], told),
        found[0].user,
        {row.group_name for row in found if row.group_name is not None},
    )


def find_now(told: Told, *, with_groups: bool) -> Found | None:
    """The same, past what the transaction around sees of the past."""
    using = database()
    with transaction.atomic(using=using):
        for link in fresh(_rows(told)):
            users = get_user_model()._base_manager.using(using).filter(pk=link.user_id)
            found = Found(_exact(link, told), *fresh(users))
            if with_groups:
                found.groups = held_groups(found).names
            return found
    return None


def adopt(told: Told) -> bool:
    """Whether there was a row without a digest, written past the model or by a former version.

    It has one now, so that it is found.
    """
    using = database()
    rows = CognitoUserLink.objects.using(using).filter(digest=None)
    rows = rows.filter(issuer=told.issuer, subject=told.subject)
    exact = [
        row for row in asked(rows) or () if (row.issuer, row.subject) == (told.issuer, told.subject)
    ]
    for row in exact[:1]:
        row.save(using=using, update_fields=["digest"])
    return bool(exact)


def lock(found: Found) -> Any:
    """Let nobody else change what is stored of a user; the row of who he is as it is now.

    To be called first in a transaction. ``None``: it is gone.
    """
    using = found.user._state.db
    if connections[using].features.has_select_for_update:
        users = type(found.user)._base_manager.using(using).filter(pk=found.user.pk)
        list(users.select_for_update().values_list("pk"))
    else:
        # SQLite: whoever has read may not go on to write.
        rows = CognitoUserLink.objects.using(using).filter(pk=found.link.pk)
        rows.update(first_seen=F("first_seen"))
    return reread(found.link)


def reread(link: Any) -> Any:
    """A row as it is now, past what the transaction around sees of the past."""
    rows = CognitoUserLink.objects.using(link._state.db).filter(pk=link.pk)
    return rows.select_for_update().first()


def _rows(told: Told) -> Any:
    return CognitoUserLink.objects.using(database()).filter(digest=told.digest)


def _exact(link: Any, told: Told) -> Any:
    if (link.issuer, link.subject) != (told.issuer, told.subject):
        raise AccessDenied(Reason.CHECK_FAILED, "What is stored about the caller is inconsistent.")
    return link
