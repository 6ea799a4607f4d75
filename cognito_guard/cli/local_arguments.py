"""The grammar of the command that runs a user pool on this machine."""

from __future__ import annotations

from argparse import ArgumentTypeError

from .parser import Parser

__all__ = ["dev"]

_MAX_PORT = 65535
_PORT = 9393


def dev() -> Parser:
    """``cognito-guard dev``."""
    parser = Parser(
        "cognito-guard dev",
        "Run a local user pool with a sign-in page. For development only.",
        epilog="What it prints first is an environment file; all other lines are comments in it. "
        "Ctrl-C stops it. Exit status: 0 stopped, 2 usage or configuration. Needs the extra "
        "cognito-guard[testing].",
    )
    add = parser.options.add_argument
    add(
        "--port",
        metavar="N",
        type=port_number,
        default=_PORT,
        help=f"the port of 127.0.0.1 (default: {_PORT}; 0 is a free one)",
    )
    add(
        "--user",
        metavar="NAME[:GROUP,GROUP]",
        action="append",
        type=_user,
        help="who can sign in; may be repeated (default: alice, and ada:admins)",
    )
    add(
        "--callback",
        metavar="URL",
        action="append",
        help="a callback URL of the app; may be repeated, and is compared letter by letter "
        "(default: http://localhost:8000/auth/callback)",
    )
    return parser


def port_number(text: str, least: int = 0) -> int:
    """A port, from the text of an option."""
    if not (text.isascii() and text.isdecimal() and least <= int(text) <= _MAX_PORT):
        raise ArgumentTypeError(f"must be a number from {least} to {_MAX_PORT}")
    return int(text)


def _user(text: str) -> tuple[str, list[str]]:
    name, colon, groups = text.partition(":")
    named = groups.split(",") if colon else []
    if not all(one.isprintable() and one.strip() for one in (name, *named)):
        raise ArgumentTypeError("must be a name, or a name and groups as in ada:admins,editors")
    return name, named
