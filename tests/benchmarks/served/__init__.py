"""The apps of ``peer_serving``: each without a guard, with ours, and with another library's.

An app runs in the environment that ``peers/served_*.txt`` pins, on the server of the others.
"""

from __future__ import annotations

import os

FORM = os.environ.get("BENCH_FORM", "unguarded")
"""Who guards the app in this process."""

REGION = "eu-west-1"
USER_POOL_ID = os.environ.get("COGNITO_USER_POOL_ID", "")
CLIENT_ID = os.environ.get("COGNITO_CLIENT_IDS", "")
JWKS_URL = os.environ.get("COGNITO_JWKS", "")
"""The server of the keys, on loopback."""

RESOURCE = "https://orders.example.com"
"""What a function's tokens are bound to: Powertools' verifier demands it."""
