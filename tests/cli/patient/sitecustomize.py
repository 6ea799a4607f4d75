"""Python runs this before a command under test: its fetches wait as long as the test does."""

from __future__ import annotations

from cognito_guard import network
from cognito_guard.keys import lookup

# Before the rest is imported, which computes with it.
network.FETCH_SECONDS = lookup._WAIT_SECONDS = 60.0

from cognito_guard.network import fetch  # noqa: E402

fetch._STEP_SECONDS = 60.0
