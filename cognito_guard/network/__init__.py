"""The one place that opens a socket, and waiting for something under way."""

# Here because others than `fetch` use them, and a process that fetches nothing starts without it.

FETCH_SECONDS = 5.0
"""Seconds that a whole fetch may take, from resolving the name to the last byte."""

MAX_BODY = 256 * 1024
"""Bytes of a body that are read at most. A user pool's key set has about 800."""
