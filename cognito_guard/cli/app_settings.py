"""Where the settings of an app are: its environment, or a file."""

from __future__ import annotations

import os
import re
from argparse import Namespace
from collections.abc import Mapping

from ..config import DEFAULT_PREFIX
from ..errors import ConfigurationError

__all__ = ["environment", "has_settings", "prefix_of"]

# One of these describes somebody to trust.
_PARTIES = ("USER_POOL_ID", "USER_POOLS", "ALB_ARNS")

_LINE = re.compile(r"(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*(.*)")


def has_settings(options: Namespace) -> bool:
    """Whether the settings say whom to trust, or are meant to."""
    if options.prefix is not None or options.env_file is not None:
        return True
    return any(prefix_of(options) + name in os.environ for name in _PARTIES)


def environment(options: Namespace) -> Mapping[str, str]:
    """The environment; what ``--env-file`` names wins."""
    if options.env_file is None:
        return os.environ
    return {**os.environ, **_read(options.env_file)}


def prefix_of(options: Namespace) -> str:
    """What the names of the settings start with."""
    return DEFAULT_PREFIX if options.prefix is None else str(options.prefix)


def _read(path: str) -> dict[str, str]:
    """The variables in a file, as shells, systemd and dotenv read one: ``NAME=value`` in each line,
    perhaps in quotation marks, and comments. Nothing is put in the place of ``$NAME``."""
    try:
        with open(path, encoding="utf-8-sig") as file:
            lines = file.read().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8"
        raise ConfigurationError(f"--env-file: the file cannot be read: {why}") from None
    found: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        match = _LINE.fullmatch(text)
        if match is None:
            # The line is not repeated: it may be a part of a secret.
            raise ConfigurationError(f"--env-file: line {number} is no NAME=value")
        name, value = match.groups()
        quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
        found[name] = value[1:-1] if quoted else value
    return found
