"""The command line's grammar. Whatever is wrong with it becomes one ``ConfigurationError``."""

from __future__ import annotations

import re
from argparse import ArgumentParser, ArgumentTypeError, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable, Sequence
from math import isfinite
from typing import Any, NoReturn

from ..errors import ConfigurationError
from .output import write

__all__ = ["in_options", "load_balancer_arguments", "parse", "pool_arguments"]

_PROGRAM = "cognito-guard"

# A signed token is longer than this, and no word of a message of argparse is.
_LONG_WORD = re.compile(r"[^\s'\"]{40,}")

# What the engine's messages call the things that are options here.
_OPTIONS = {
    "user_pool_id": "--user-pool-id",
    "client_ids": "--client-id",
    "issuer": "--issuer",
    "jwks": "--jwks",
    "leeway": "--leeway",
    "require_groups": "--require-group",
    "require_scopes": "--require-scope",
}
# And those about a load balancer.
_ALB_OPTIONS = {
    "arns": "--alb-arn",
    "client_id": "--alb-client-id",
    "keys": "--alb-keys",
    "issuer": "--issuer",
    "leeway": "--leeway",
}
# What is about tokens of a user pool, and nothing for the data of a load balancer.
_POOL_ONLY = ("--user-pool-id", "--client-id", "--token-use", "--jwks")

_COMMANDS = """\
commands:
  verify    say of each token whether it is valid, and why not
  inspect   show what is inside a token, unverified
  jwks      print the key set of a user pool

exit status:
  0  every token is valid
  1  some were refused
  2  wrong usage or configuration
  3  keys are unavailable, so that nobody can say
"""


class _Parser(ArgumentParser):
    """An ``ArgumentParser`` that raises, and that never repeats a token."""

    def __init__(self, name: str, description: str, **more: Any) -> None:
        super().__init__(prog=name, description=description, allow_abbrev=False, **more)

    def error(self, message: str) -> NoReturn:
        # What stands in the wrong place is quoted by argparse, and it may well be a token.
        message = _LONG_WORD.sub("...", message)
        raise ConfigurationError(f"{message} (see {self.prog} --help)")

    def print_help(self, file: object = None) -> None:
        # argparse's own would take an output that is lost for a success.
        write(self.format_help().rstrip())


def parse(argv: Sequence[str]) -> Namespace | None:
    """The options of one command, which ``command`` names. ``None`` once the help was printed.

    Raises :class:`ConfigurationError`.
    """
    try:
        build = _BUILDERS.get(argv[0]) if argv else None
        if build is None:
            return _front_door().parse_args(argv[:1])
        # Not subparsers, because with those no option could stand between two tokens. That case
        # has a parser of its own, which is slower.
        options, strangers = build().parse_known_args(argv[1:])
        if strangers:
            options = build().parse_intermixed_args(argv[1:])
    except SystemExit:  # argparse's way to say that it printed the help
        return None
    options.command = argv[0]
    if options.command == "verify":
        _check_parties(options)
    return options


def _check_parties(options: Namespace) -> None:
    """Tokens are held against a user pool, or against load balancers."""
    balanced = options.alb_arn or options.alb_client_id or options.alb_keys
    required = ("--alb-arn", "--alb-client-id") if balanced else ("--user-pool-id", "--client-id")
    missing = [name for name in required if _value(options, name) is None]
    problem = ""
    if missing:
        problem = f"the following arguments are required: {', '.join(missing)}"
    elif balanced:
        idle = [name for name in _POOL_ONLY if _value(options, name) is not None]
        if idle:
            problem = f"{idle[0]} is about tokens of a user pool, --alb-arn about what ALBs sign"
    if problem:
        raise ConfigurationError(f"{problem} (see {_PROGRAM} verify --help)")


def _value(options: Namespace, name: str) -> object:
    return getattr(options, name.removeprefix("--").replace("-", "_"))


def pool_arguments(options: Namespace) -> dict[str, Any]:
    """The arguments of a ``UserPool`` that every command with a user pool takes."""
    return {
        "user_pool_id": options.user_pool_id,
        "issuer": options.issuer,
        "jwks": options.jwks,
    }


def load_balancer_arguments(options: Namespace) -> dict[str, Any]:
    """The arguments of a ``LoadBalancer``."""
    return {
        "arns": options.alb_arn,
        "client_id": options.alb_client_id,
        "issuer": options.issuer,
        "keys": options.alb_keys,
        "leeway": options.leeway,
    }


def in_options(message: str, *, about_load_balancers: bool = False) -> str:
    """A message of the engine's about its arguments, as one about this command's options."""
    options = _ALB_OPTIONS if about_load_balancers else _OPTIONS
    # At the start of a message, or as a keyword argument. Elsewhere "issuer" is just a word.
    names = "|".join(options)
    argument = re.compile(rf"^(?:each of )?({names})\b|\b({names})=")
    return argument.sub(lambda match: options[match[1] or match[2]], message)


def _front_door() -> _Parser:
    parser = _Parser(
        _PROGRAM,
        "Verify Amazon Cognito tokens.",
        usage=f"{_PROGRAM} COMMAND ...",
        epilog=_COMMANDS,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", metavar="COMMAND", choices=tuple(_BUILDERS))
    return parser


def _verify() -> _Parser:
    parser = _Parser(
        f"{_PROGRAM} verify",
        "Say of each token whether it is valid, and why not.",
        epilog="Tokens of a user pool need --user-pool-id and --client-id; the values of a load "
        "balancer's x-amzn-oidc-data header need --alb-arn and --alb-client-id. "
        "Exit status: 0 all valid, 1 some refused, 2 usage or configuration, 3 keys unavailable.",
    )
    _add_pool(parser, required=False)
    add = parser.add_argument
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
    add("--at", metavar="UNIX-TIME", type=_seconds, help="verify as of this time, not now")
    add(
        "--leeway",
        metavar="S",
        type=_seconds,
        default=0,
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
    add("--json", action="store_true", help="print one JSON object for each token")
    _add_tokens(parser)
    return parser


def _inspect() -> _Parser:
    parser = _Parser(
        f"{_PROGRAM} inspect",
        "Show what is inside a token. Nothing is verified: anybody can write such a token.",
        epilog="Exit status: 0 readable, 1 not a well-formed token, 2 usage.",
    )
    _add_tokens(parser)
    return parser


def _jwks() -> _Parser:
    parser = _Parser(
        f"{_PROGRAM} jwks",
        "Print the keys of a user pool that verify tokens, as a JWK set.",
        epilog="Exit status: 0 printed, 2 usage or configuration, 3 keys unavailable.",
    )
    _add_pool(parser)
    return parser


_BUILDERS: dict[str, Callable[[], _Parser]] = {
    "verify": _verify,
    "inspect": _inspect,
    "jwks": _jwks,
}


def _add_pool(parser: ArgumentParser, *, required: bool = True) -> None:
    parser.add_argument(
        "--user-pool-id", metavar="ID", required=required, help="for example eu-west-1_AbC123xyz"
    )
    parser.add_argument(
        "--issuer", metavar="URL", help="replaces the pool's issuers (emulators, private networks)"
    )
    parser.add_argument(
        "--jwks",
        metavar="FILE-OR-URL",
        help="where the keys come from, if not from the issuer; a file never touches the network",
    )


def _add_tokens(parser: ArgumentParser) -> None:
    parser.add_argument(
        "tokens", metavar="TOKEN", nargs="*", help="a token; - reads one a line from standard input"
    )


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not isfinite(value):
        raise ArgumentTypeError("must be a number of seconds")
    return value
