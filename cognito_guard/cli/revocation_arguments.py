"""The grammar of the commands about revocation."""

from __future__ import annotations

from argparse import ArgumentTypeError

from .parser import Parser

__all__ = ["revoke", "revoked"]

_STATUS = "2 usage or configuration, 3 the list cannot be reached."


def revoke() -> Parser:
    """``cognito-guard revoke``."""
    parser = Parser(
        "cognito-guard revoke",
        "Revoke a token, a sign-in, or all sign-ins of a user, for every guard that uses the "
        "list. Tokens are not verified: write access to the list is enough.",
        epilog=f"Exit status: 0 written, 1 some tokens were not understood, {_STATUS}",
    )
    _add_store(parser)
    add = parser.options.add_argument
    add("--jti", metavar="ID", help="one token, by its jti")
    add("--origin-jti", metavar="ID", help="all tokens of one sign-in, by their origin_jti")
    add("--subject", metavar="SUB", help="all tokens of a user, by their sub")
    add("--user-pool-id", metavar="ID", help="the pool of that user")
    add("--issuer", metavar="URL", help="the pool's issuer, if it is not an AWS user pool")
    add(
        "--everywhere",
        action="store_true",
        help="with TOKEN: revoke all sign-ins of its user, not only this one",
    )
    add(
        "--before",
        metavar="UNIX-TIME",
        type=_time,
        help="with a user: revoke sign-ins before this time (default: now)",
    )
    add(
        "--ends-at",
        metavar="UNIX-TIME",
        type=_time,
        help="when the entry ends (default: when the last token that it covers has expired)",
    )
    add(
        "--refresh-seconds",
        metavar="S",
        type=_time,
        default=30 * 86400,
        help="the longest life of a refresh token, from which --ends-at is computed (default: 30 "
        "days)",
    )
    _add_rest(parser, "a token whose sign-in is revoked; - reads one per line from standard input")
    return parser


def revoked() -> Parser:
    """``cognito-guard revoked``."""
    parser = Parser(
        "cognito-guard revoked",
        "Print the revocation list, or say whether tokens are on it. Tokens are not verified.",
        epilog="Exit status: 0 printed, or none is revoked; 1 some are revoked or are not tokens; "
        f"{_STATUS}",
    )
    _add_store(parser)
    _add_rest(parser, "a token to look up; - reads one per line from standard input")
    return parser


def _add_store(parser: Parser) -> None:
    add = parser.options.add_argument
    add(
        "--redis",
        metavar="URL",
        help="the Redis server of the list, for example redis://127.0.0.1:6379/0 (default: "
        "REDIS_URL in the environment, which hides a password from other users)",
    )
    add("--prefix", metavar="P", help="what the list's keys start with (default: cognito_guard:)")
    add(
        "--store",
        metavar="MODULE:NAME",
        help="use this RevocationStore instead, or the one that this function returns",
    )


def _add_rest(parser: Parser, tokens: str) -> None:
    parser.options.add_argument(
        "--json", action="store_true", help="print one JSON object for each entry or token"
    )
    parser.positionals.add_argument("tokens", metavar="TOKEN", nargs="*", help=tokens)


def _time(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ArgumentTypeError("must be a number of seconds") from None
