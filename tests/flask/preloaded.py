"""The app of ``test_servers``, whose view is answered when every worker of gunicorn is in it."""

from __future__ import annotations

import multiprocessing
import os
from typing import Any

from cognito_guard_flask import current_identity
from example_apps.flask_app.app import create_app

from ..patience import be_patient

_PATIENCE_SECONDS = 60.0

be_patient()
app = create_app()
# Made before the fork, and shared by the processes after it.
_everybody = multiprocessing.get_context("fork").Barrier(2, timeout=_PATIENCE_SECONDS)


@app.get("/together")
def together() -> dict[str, Any]:
    """Who asked whom, said only when the other worker has been asked as well."""
    _everybody.wait()
    return {"username": current_identity.username, "worker": os.getpid()}
