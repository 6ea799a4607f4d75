"""The command ``cognito-guard``: verify tokens, look inside them, print a user pool's keys."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from ..errors import ConfigurationError
from .arguments import in_options, parse
from .output import OutputLost, complain, give_up_output
from .status import Status

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command with ``argv`` (without the program's name); ``sys.argv`` unless given.

    Returns the exit status, a :class:`~cognito_guard.cli.status.Status`.
    """
    try:
        return _run(sys.argv[1:] if argv is None else argv)
    except ConfigurationError as error:
        complain(in_options(str(error)))
        return Status.USAGE
    except OutputLost as lost:
        give_up_output()
        if lost.reader_left:
            return Status.READER_LEFT
        complain(f"standard output cannot be written: {lost}")
        return Status.USAGE
    except KeyboardInterrupt:
        return Status.INTERRUPTED


def _run(argv: Sequence[str]) -> int:
    options = parse(argv)
    if options is None:  # it was the help that was asked for
        return Status.ALL_VALID
    # Imported one by one: a process that verifies one token has no use for the others.
    if options.command == "verify":
        from .verify import verify as command
    elif options.command == "inspect":
        from .inspection import inspect as command
    elif options.command == "explain":
        from .explain import explain as command
    elif options.command == "keys":
        from .watching import watch as command
    elif options.command == "dev":
        from .dev import run_pool as command
    elif options.command == "token":
        from .token import print_token as command
    elif options.command == "revoke":
        from .revocation import revoke as command
    elif options.command == "doctor":
        from .doctor import examine as command
    elif options.command == "revoked":
        from .revocation import list_revoked as command
    else:
        from .key_set import print_key_set as command
    return command(options)
