"""What ``make demo KEEP=1`` prints after the table, while the apps keep running."""

from __future__ import annotations

import sys
import threading
from contextlib import suppress

from cognito_guard.testing import LocalUserPool

_DAY = 86_400  # seconds, the longest that Cognito lets an access token live


def keep(pool: LocalUserPool, addresses: dict[str, str]) -> None:
    """Print the addresses, a token and commands to try it with; then wait for Ctrl+C."""
    token = pool.access_token("alice", scopes=["orders/read"], expires_in=_DAY)
    sys.stdout.write(_text(token, addresses))
    sys.stdout.flush()
    with suppress(KeyboardInterrupt):
        threading.Event().wait()
    with suppress(OSError):  # the terminal may be gone
        sys.stdout.write("\nStopping the apps ...\n")
        sys.stdout.flush()


def _text(token: str, addresses: dict[str, str]) -> str:
    """The text. Its lines can be pasted into a shell."""
    origin = next(iter(addresses.values()))
    curl = 'curl -i -H "Authorization: Bearer $TOKEN"'
    width = max(map(len, addresses)) + 2
    listed = "\n".join(f"  {name:<{width}}{address}" for name, address in addresses.items())
    return f"""
The apps keep running until you press Ctrl+C.

{listed}

The last four are for a browser. Sign in as alice, or as ada, who is in the group admins.

An access token of alice for the others. It has the scope orders/read and expires in 24 hours:

TOKEN={token}

Paste it, and try. The answers are 200, 403 missing_group and 401 missing_credentials:

{curl} {origin}/orders
{curl} {origin}/admin
curl -i {origin}/me
"""
