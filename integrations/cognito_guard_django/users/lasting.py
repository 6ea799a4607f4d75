"""What is to stay written although the transaction around it is rolled back.

A request's transaction (``ATOMIC_REQUESTS``, REST framework's refusals) may take back what a token
has taken away. A connection of its own would not do: it waits for ever for what the request's
transaction has locked, SQLite has one lock for all, and what that transaction has made it cannot
see. So the work is done inside, and done again as soon as it was rolled back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import connections

from ..settings import current

__all__ = ["after_rollback"]


_METHODS = ("commit", "rollback", "savepoint_commit", "savepoint_rollback", "close")


def after_rollback(using: str, work: Callable[[], object]) -> None:
    """Do ``work`` as soon as what is written from here on was rolled back, until it is committed.

    ``work`` may be done any number of times. Without a transaction around, nothing is to be done.
    The transactions that Django's ``TestCase`` puts around a test count as none.
    """
    connection: Any = connections[using]
    blocks = connection.atomic_blocks
    tests = sum(block._from_testcase for block in blocks)
    if len(blocks) > tests or not (connection.in_atomic_block or connection.get_autocommit()):
        watch = getattr(connection, "_cognito_guard_watch", None) or _Watch(connection, tests)
        watch.works.append(work)


class _Watch:
    """Stands before the methods that end a transaction or a savepoint, until it is all over."""

    def __init__(self, connection: Any, tests: int) -> None:
        self.works: list[Callable[[], object]] = []
        self._connection = connection
        self._tests = tests
        self._is_working = False
        self._originals = {name: getattr(connection, name) for name in _METHODS}
        self._own = {name: self._around(name) for name in _METHODS}
        self._covered = {name: vars(connection).get(name) for name in _METHODS}
        vars(connection).update(self._own, _cognito_guard_watch=self)

    def _around(self, name: str) -> Callable[..., Any]:
        def around(*args: Any, **kwargs: Any) -> Any:
            result = self._originals[name](*args, **kwargs)
            if self.works and not self._is_working:
                getattr(self, f"_after_{name}")()
            return result

        return around

    def _after_commit(self) -> None:
        self._end()

    def _after_rollback(self) -> None:
        self._work()
        # Django has not switched autocommit on again yet, or never does.
        self._connection.commit()

    def _after_savepoint_commit(self) -> None:
        if self._tests and len(self._connection.atomic_blocks) <= self._tests:
            self._end()

    def _after_savepoint_rollback(self) -> None:
        depth = len(self._connection.atomic_blocks)
        if depth >= self._tests:  # pragma: no branch  # else, a test's own savepoint is over
            self._work()
        if self._tests and depth <= self._tests:
            self._end()

    def _after_close(self) -> None:
        connection = self._connection
        if connection.connection is not None and not connection.closed_in_transaction:
            return  # SQLite in memory stays open
        # Its transaction is gone, and it can do nothing more before Django has left the block.
        connections[connection.alias] = connection.copy()
        try:
            self._work()
        finally:
            connections[connection.alias].close()
            connections[connection.alias] = connection
        self._end()

    def _work(self) -> None:
        self._is_working = True
        try:
            for work in self.works:
                try:
                    work()
                except Exception as error:  # noqa: BLE001  # what is being answered matters more
                    kind = type(error).__name__
                    current().guard.warn(
                        "withdrawal_not_written",
                        "what a token took away is not written after a rollback: %s",
                        kind,
                    )
        finally:
            self._is_working = False

    def _end(self) -> None:
        self.works = []
        here = vars(self._connection)
        for name, own in self._own.items():
            if here.get(name) is own:
                if self._covered[name] is None:
                    del here[name]
                else:
                    here[name] = self._covered[name]
        del here["_cognito_guard_watch"]
