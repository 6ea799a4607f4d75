"""Sessions as rows of the session framework's table, changed in one statement each.

Never inside of ``request.session``: whoever saves that saves the whole of it, and would put an old
refresh token in the place of a new one. What is written here stays, whatever becomes of a
transaction around it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any, final

from django.contrib.sessions.backends.db import SessionStore
from django.db import (
    Error,
    IntegrityError,
    OperationalError,
    ProgrammingError,
    connections,
    router,
    transaction,
)
from django.utils import timezone

from cognito_guard.login import LoginReason, SessionsUnavailable

from ..users.lasting import after_rollback
from ..users.meeting import again
from ..users.reading import fresh
from .hidden import entry_key, entry_text, entry_value

__all__ = ["DatabaseStore"]


@final
class DatabaseStore:
    """A :class:`cognito_guard.login.SessionStore` in the table of a ``SESSION_ENGINE`` that has
    one: ``db``, ``cached_db``, or one of your own on their base.

    Everything happens on the database that is written to, and past every cache. What is over is
    removed by ``manage.py clearsessions``.
    """

    def __init__(self, engine: type[SessionStore]) -> None:
        self._engine = engine

    def __repr__(self) -> str:
        return "<DatabaseStore>"

    def read(self, key: str, /) -> bytes | None:
        """See ``SessionStore.read``."""
        rows = self._rows(key).filter(expire_date__gt=timezone.now())
        with self._explained():
            # A transaction around may show what it has seen before, and not what is there.
            found = fresh(rows) if connections[rows.db].in_atomic_block else list(rows)
        return entry_value(found[0].session_data) if found else None

    def add(self, key: str, value: bytes, seconds: float, /) -> bool:
        """See ``SessionStore.add``."""
        return self._for_good(partial(self._add, key, value, _end(seconds)))

    def replace(self, key: str, old: bytes, new: bytes, seconds: float, /) -> bool:
        """See ``SessionStore.replace``."""
        return self._for_good(partial(self._replace, key, old, new, _end(seconds)))

    def remove(self, key: str, value: bytes | None = None, /) -> bool:
        """See ``SessionStore.remove``."""
        return self._for_good(partial(self._remove, key, value))

    def _add(self, key: str, value: bytes, end: datetime) -> bool:
        entry: Any = self._engine(entry_key(key))
        entry._session_cache = {}  # as of a new session: there is nothing to load
        row = entry.create_model_instance({})
        row.session_data, row.expire_date = entry_text(value), end
        rows = self._rows(key)
        try:
            with transaction.atomic(using=rows.db):
                row.save(using=rows.db, force_insert=True)
        except IntegrityError:
            # What is over may lie in the place, such as a lock that nobody opened.
            over = rows.filter(expire_date__lte=timezone.now())
            return bool(over.update(session_data=row.session_data, expire_date=end))
        return True

    def _replace(self, key: str, old: bytes, new: bytes, end: datetime) -> bool:
        rows = self._held(key, old)
        return bool(rows.update(session_data=entry_text(new), expire_date=end))

    def _remove(self, key: str, value: bytes | None) -> bool:
        rows = self._held(key, value)
        # One statement. ``delete()`` may look first and then remove what has changed meanwhile.
        return bool(rows._raw_delete(rows.db))

    def _for_good(self, work: Callable[[], bool]) -> bool:
        after_rollback(self._database(), work)
        with self._explained():
            return again(self._database, work)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """A table that is missing is no outage: nobody has made it."""
        try:
            yield
        except (OperationalError, ProgrammingError) as error:
            if not self._is_missing():
                raise
            raise SessionsUnavailable(
                LoginReason.SESSIONS_UNAVAILABLE,
                f"The session store failed ({type(error).__name__}), as its table is missing; "
                "has manage.py migrate been run?",
            ) from None

    def _is_missing(self) -> bool:
        table = self._engine.get_model_class()._meta.db_table
        with suppress(Error):  # a transaction that has failed cannot be asked
            return table not in connections[self._database()].introspection.table_names()
        return False

    def _held(self, key: str, value: bytes | None) -> Any:
        rows = self._rows(key).filter(expire_date__gt=timezone.now())
        return rows if value is None else rows.filter(session_data=entry_text(value))

    def _rows(self, key: str) -> Any:
        model: Any = self._engine.get_model_class()
        rows = model._base_manager.using(self._database())
        return rows.filter(session_key=entry_key(key))

    def _database(self) -> str:
        return router.db_for_write(self._engine.get_model_class())


def _end(seconds: float) -> datetime:
    return timezone.now() + timedelta(seconds=seconds)
