"""The exit statuses of the command."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["Status"]


class Status(IntEnum):
    """What the command tells the shell. The first four are permanent: scripts branch on them."""

    ALL_VALID = 0
    SOME_REFUSED = 1
    USAGE = 2
    """The command was called wrongly, or cannot do its work here."""
    KEYS_UNAVAILABLE = 3
    """Of at least one token nobody can say whether it is good. Wins over ``SOME_REFUSED``."""
    # As a shell reports a process that these signals end: 128 + SIGINT, 128 + SIGPIPE.
    INTERRUPTED = 130
    READER_LEFT = 141
