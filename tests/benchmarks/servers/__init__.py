"""The apps that are loaded: each once with a guard and once without, else the same."""

from __future__ import annotations

import os

GUARDED = os.environ.get("BENCH_GUARDED") == "1"
"""Whether the app in this process is guarded."""

BODY = b'{"hello": "world"}'

ENTRY = "as long as a session"
"""A key in Redis. The page ``/read`` reads it, as a session is read, and does nothing with it."""
