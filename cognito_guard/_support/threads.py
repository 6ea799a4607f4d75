"""Work in the background, where there is a background; where there is none, at once.

Some servers run Python without threads that go on by themselves: uWSGI unless told otherwise, and
an interpreter in an interpreter that allows no daemon threads.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable

__all__ = ["in_background", "threads_run"]


def threads_run() -> bool:
    """Whether a thread that is started now goes on whatever this one does.

    uWSGI's workers run threads with ``enable-threads`` or ``threads`` only, and its master forks
    without telling Python beforehand: a thread that imports something then leaves the worker a
    lock that nobody opens (uWSGI, "Python threads support").
    """
    uwsgi = sys.modules.get("uwsgi")
    if uwsgi is None:
        return True
    options = getattr(uwsgi, "opt", {})
    enabled = any(options.get(name) for name in ("enable-threads", b"enable-threads"))
    several = any(options.get(name) for name in ("threads", b"threads"))
    return bool(uwsgi.worker_id()) and (enabled or several)


def in_background(work: Callable[[], object], name: str) -> None:
    """Run ``work`` in a daemon thread; in this one, where daemon threads are not allowed.

    A process can end while it runs. Raises ``RuntimeError`` if no thread can be had.
    """
    try:
        thread = threading.Thread(target=work, name=name, daemon=True)
    except RuntimeError:  # PEP 684: an isolated interpreter
        work()
        return
    thread.start()
