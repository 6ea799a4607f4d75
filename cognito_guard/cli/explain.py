"""``cognito-guard explain``: every check of a token or of a request, in a table."""

from __future__ import annotations

import json
import sys
from argparse import Namespace

from ..errors import ConfigurationError, KeysUnavailable, Reason, RevocationsUnavailable
from ..explain import Explanation
from ..http.carriers import LoadBalancerHeaders
from .output import paint, wait_for_warnings, write
from .pasted_request import read_request
from .settings import guard_of, policy_of
from .status import Status

__all__ = ["explain"]

_UNDECIDED = frozenset({KeysUnavailable.reason, RevocationsUnavailable.reason})

# Far more than all headers of a request.
_LONGEST_INPUT = 1024 * 1024


def explain(options: Namespace) -> int:
    """Print every check. Raises :class:`ConfigurationError`."""
    guard = guard_of(options)
    policy = policy_of(options)
    request = read_request(_text(options.tokens))
    if isinstance(request, str) and not guard.user_pools:
        request = {LoadBalancerHeaders.data: [request]}
    if isinstance(request, str):
        explanation = guard.explain(request, policy=policy)
    else:
        explanation = guard.explain_request(request, policy=policy)
    if options.json:
        write(json.dumps(explanation.as_dict()))
    else:
        write(explanation.as_text(paint=paint))
    return _status(explanation)


def _status(explanation: Explanation) -> Status:
    reason: Reason | None = explanation.reason
    if reason in _UNDECIDED:
        wait_for_warnings()
        return Status.KEYS_UNAVAILABLE
    return Status.ALL_VALID if explanation.valid else Status.SOME_REFUSED


def _text(arguments: list[str]) -> str:
    """What was handed in: all arguments as one text, or standard input."""
    if not arguments:
        raise ConfigurationError("nothing to explain: give TEXT, or - to read standard input")
    if arguments != ["-"]:
        if arguments[0] == "curl":
            import shlex

            return shlex.join(arguments)
        return " ".join(arguments)
    if sys.stdin is None:
        raise ConfigurationError("standard input is closed")
    try:
        data = sys.stdin.buffer.read(_LONGEST_INPUT)
    except OSError as error:
        raise ConfigurationError(f"standard input cannot be read: {error.strerror}") from None
    try:
        # As a clipboard or an editor has written it, so that each character has its own name.
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        # One character a byte, as a header's text has them.
        text = data.decode("latin-1")
    if not text.strip():
        raise ConfigurationError("standard input holds nothing")
    # What ends a line is no part of it.
    return text.removesuffix("\n").removesuffix("\r")
