"""Reading what is there now, and not what was there when a transaction began; and asking for what a
database may have no characters for.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

from django.db import DatabaseError, connections, transaction

from .refusals import cannot_hold

__all__ = ["asked", "fresh"]


def asked(rows: Any) -> list[Any] | None:
    """The rows of a queryset; ``None`` where the database cannot even be asked for them."""
    is_within = connections[rows.db].in_atomic_block
    try:
        with transaction.atomic(using=rows.db) if is_within else nullcontext():
            return list(rows)
    except (DatabaseError, UnicodeError) as error:
        if not cannot_hold(error):
            raise
        return None


def fresh(rows: Any) -> list[Any]:
    """The rows of a queryset as they were last committed.

    MySQL and MariaDB show a transaction what it has seen first, unless it asks for a lock. The
    lock of ``select_for_update`` is too strong after an insert that failed: two who have failed
    would wait for each other.
    """
    using = rows.db
    if connections[using].vendor != "mysql":
        return list(rows.all())
    sql, params = rows.query.get_compiler(using).as_sql()
    return list(rows.model._base_manager.raw(f"{sql} LOCK IN SHARE MODE", params, using=using))
