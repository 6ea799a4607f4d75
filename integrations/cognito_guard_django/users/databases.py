"""That users, their groups, and who is who are in one database, where all is written at once.

What is in several could not be locked, joined or rolled back together.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.db import connections, router

from ..models import CognitoUserLink

__all__ = ["apart", "database"]


def database() -> str:
    """The database that is written to, where everything happens."""
    return router.db_for_write(CognitoUserLink)


def apart(*, with_groups: bool) -> str | None:
    """What is in another database than who is who, in words; ``None`` where nothing is."""
    model: Any = get_user_model()
    own = database()
    others = [model]
    if with_groups:
        groups: Any = model._meta.get_field("groups")
        others += [groups.related_model, groups.remote_field.through]
    for other in others:
        using = router.db_for_write(other)
        if using != own and _place(using) != _place(own):
            link = CognitoUserLink._meta.label
            return f"{other._meta.label} is written to {using!r}, and {link} to {own!r}"
    return None


def _place(alias: str) -> list[Any]:
    """Two names may lead to one database."""
    settings = connections[alias].settings_dict
    return [settings.get(name) for name in ("ENGINE", "NAME", "HOST", "PORT")]
