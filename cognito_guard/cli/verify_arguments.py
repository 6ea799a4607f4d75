"""The grammar of the commands that hold tokens against a pool, or against an app's settings."""

from __future__ import annotations

from argparse import ArgumentTypeError
from math import isfinite

from .parser import Parser, add_pool, add_settings

__all__ = ["add_tokens", "explain", "keys", "verify"]

_SECONDS = 60.0


def verify() -> Parser:
    """``cognito-guard verify``."""
    parser = Parser(
        "cognito-guard verify",
        "Say whether each token is valid, and why not.",
        epilog="Tokens of a user pool need --user-pool-id and --client-id; the values of a load "
        "balancer's x-amzn-oidc-data header need --alb-arn and --alb-client-id. Without either, "
        "the settings of the app are used (COGNITO_*), and the other options override them. "
        "Exit status: 0 all valid, 1 some refused, 2 usage or configuration, 3 keys unavailable.",
    )
    _add_parties(parser)
    parser.options.add_argument(
        "--json", action="store_true", help="print one JSON object for each token"
    )
    add_tokens(parser)
    return parser


def explain() -> Parser:
    """``cognito-guard explain``."""
    parser = Parser(
        "cognito-guard explain",
        "Show every check of a token or a request: what it expects, what it found, and how to "
        "fix it. The output contains claims.",
        epilog='TEXT is a token, "Bearer TOKEN", one or more header lines, or a curl '
        "command. Without --user-pool-id or --alb-arn, the settings of the app are used "
        "(COGNITO_*), and the other options override them. Exit status: 0 valid, 1 refused, "
        "2 usage or configuration, 3 keys unavailable.",
    )
    _add_parties(parser)
    parser.options.add_argument("--json", action="store_true", help="print one JSON object")
    parser.positionals.add_argument(
        "tokens", metavar="TEXT", nargs="*", help="what to explain; - reads standard input"
    )
    return parser


def keys() -> Parser:
    """``cognito-guard keys``."""
    parser = Parser(
        "cognito-guard keys",
        "Show the keys of a user pool, and which token uses which key.",
        epilog="Without --user-pool-id, the settings of the app are used (COGNITO_*). Exit "
        "status: 0 all tokens use one of the keys, 1 some do not, 2 usage or configuration, 3 keys "
        "unavailable.",
    )
    add_pool(parser, required=False)
    add_settings(parser)
    add = parser.options.add_argument
    add(
        "--watch",
        action="store_true",
        help="keep running and report changes of the keys; Ctrl-C stops it",
    )
    add(
        "--every",
        metavar="S",
        type=seconds,
        default=_SECONDS,
        help=f"seconds between two checks with --watch, at least 1 (default: {_SECONDS:.0f})",
    )
    add_tokens(parser)
    return parser


def _add_parties(parser: Parser) -> None:
    """Whom tokens are held against, and what callers must have."""
    add_pool(parser, required=False)
    add_settings(parser)
    add = parser.options.add_argument
    add(
        "--client-id",
        metavar="ID",
        action="append",
        help="an app client whose tokens are accepted; may be repeated; ANY_CLIENT accepts all",
    )
    add(
        "--token-use",
        choices=("access", "id", "any"),
        help="which tokens are accepted (default: access)",
    )
    add(
        "--alb-arn",
        metavar="ARN",
        action="append",
        help="a load balancer whose x-amzn-oidc-data is accepted; may be repeated",
    )
    add("--alb-client-id", metavar="ID", help="the client that it signs users in with")
    add(
        "--alb-keys",
        metavar="BASE-URL",
        help="where its keys come from (BASE-URL/KID), if not from the ARN's region",
    )
    add("--at", metavar="UNIX-TIME", type=seconds, help="verify as of this time instead of now")
    add(
        "--leeway",
        metavar="S",
        type=seconds,
        help="seconds by which clocks may differ (0 to 300; default: 0)",
    )
    add(
        "--require-group",
        metavar="G",
        action="append",
        help="a group that the caller must be in; may be repeated, all are required",
    )
    add(
        "--require-scope",
        metavar="S",
        action="append",
        help="a scope that the token must carry; may be repeated, all are required",
    )


def add_tokens(parser: Parser) -> None:
    """The tokens of a command that takes any number."""
    parser.positionals.add_argument(
        "tokens",
        metavar="TOKEN",
        nargs="*",
        help="a token; - reads one per line from standard input",
    )


def seconds(text: str) -> float:
    """A number of seconds, from the text of an option."""
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not isfinite(value):
        raise ArgumentTypeError("must be a number of seconds")
    return value
