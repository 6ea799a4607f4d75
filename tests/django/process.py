"""Django projects of other shapes, each in a process of its own."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

HEAD = """
from django.conf import settings
from cognito_guard.testing import LocalUserPool
pool = LocalUserPool()
COGNITO = {
    "USER_POOL_ID": pool.user_pool_id,
    "CLIENT_IDS": [pool.client_id],
    "TOKEN_USE": "any",
    "JWKS": pool.jwks(),
}
"""


def run(code: str, folder: Path | None = None) -> str:
    """What a script prints that begins with a user pool and its settings. A warning is an error.

    ``folder`` may hold packages for it.
    """
    finished = subprocess.run(
        [sys.executable, "-W", "error", "-c", HEAD + textwrap.dedent(code)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout
