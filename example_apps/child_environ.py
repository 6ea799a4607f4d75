"""The environment of the processes that demo, playground and tests start."""

from __future__ import annotations

import os
from collections.abc import Mapping

_OF_OTHER_APPS = ("COGNITO_", "DJANGO_")


def child_environ(settings: Mapping[str, str]) -> dict[str, str]:
    """Return our own environment with ``settings``, and without what you may have exported for an
    app of yours: ``DJANGO_SETTINGS_MODULE`` would have your database migrated, and settings of the
    guard would change its answers."""
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(_OF_OTHER_APPS)
    }
    return {**inherited, **settings}
