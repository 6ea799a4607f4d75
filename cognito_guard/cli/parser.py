"""The parser of one command: argparse's, which raises, and never repeats a token."""

from __future__ import annotations

import re
from argparse import ArgumentParser
from typing import Any, NoReturn

from ..errors import ConfigurationError
from .output import write

__all__ = ["Parser", "add_pool", "add_settings"]

# A signed token is longer than this, and no word of a message of argparse is.
_LONG_WORD = re.compile(r"[^\s'\"]{40,}")


class Parser(ArgumentParser):
    """An ``ArgumentParser`` that raises, and that never repeats a token.

    Every argument goes into one of two groups that are called as argparse's own. A group takes an
    argument as it is. The parser itself would lay it out first, and that loads what only a help
    page needs: ``shutil``, and ``dataclasses`` and ``inspect`` on Python 3.14.
    """

    def __init__(self, name: str, description: str, **more: Any) -> None:
        super().__init__(
            prog=name, description=description, allow_abbrev=False, add_help=False, **more
        )
        self.color = False  # help reads the same on every Python and in every pipe
        self.positionals = self.add_argument_group("positional arguments")
        self.options = self.add_argument_group("options")
        self.options.add_argument(
            "-h", "--help", action="help", help="show this help message and exit"
        )

    def error(self, message: str) -> NoReturn:
        # What stands in the wrong place is quoted by argparse, and it may well be a token.
        message = _LONG_WORD.sub("...", message)
        raise ConfigurationError(f"{message} (see {self.prog} --help)")

    def print_help(self, file: object = None) -> None:
        # argparse's own would take an output that is lost for a success.
        write(self.format_help().rstrip())


def add_pool(parser: Parser, *, required: bool = True) -> None:
    """The options of every command with a user pool."""
    add = parser.options.add_argument
    add("--user-pool-id", metavar="ID", required=required, help="for example eu-west-1_AbC123xyz")
    add("--issuer", metavar="URL", help="replaces the pool's issuers (emulators, private networks)")
    add(
        "--jwks",
        metavar="FILE-OR-URL",
        help="where the keys come from, if not from the issuer: a URL, or a file, which needs no "
        "network",
    )


def add_settings(parser: Parser) -> None:
    """The options of every command that reads the settings of an app."""
    add = parser.options.add_argument
    add(
        "--prefix",
        metavar="P",
        help="the prefix of the app's settings (default: COGNITO_)",
    )
    add(
        "--env-file",
        metavar="FILE",
        help="a file with settings, NAME=value in each line; they override the environment",
    )
