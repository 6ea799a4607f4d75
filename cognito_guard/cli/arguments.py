"""The command line's grammar. Whatever is wrong with it becomes one ``ConfigurationError``."""

from __future__ import annotations

import re
from argparse import Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable, Sequence
from typing import Any

from .. import __version__
from ..errors import ConfigurationError
from .doctor_arguments import doctor
from .local_arguments import dev
from .parser import Parser, add_pool, add_settings
from .revocation_arguments import revoke, revoked
from .token_arguments import token
from .verify_arguments import add_tokens, explain, keys, verify

__all__ = ["in_options", "load_balancer_arguments", "parse", "pool_arguments"]

_PROGRAM = "cognito-guard"

# What the engine's messages call the things that are options here.
_OPTIONS = {
    "user_pool_id": "--user-pool-id",
    "client_ids": "--client-id",
    "issuer": "--issuer",
    "jwks": "--jwks",
    "leeway": "--leeway",
    "require_groups": "--require-group",
    "require_scopes": "--require-scope",
    "refresh_seconds": "--refresh-seconds",
    "ends_at": "--ends-at",
    "before": "--before",
    "origin_jti": "--origin-jti",
    "jti": "--jti",
    "subject": "--subject",
    "store": "--store",
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
  verify    say whether each token is valid, and why not
  explain   show every check of a token or a request, and how to fix it
  inspect   show what is inside a token, unverified
  keys      show a pool's keys and which token uses which; watch them change
  jwks      print the key set of a user pool
  dev       run a local user pool with a sign-in page
  token     sign in to a user pool and print only the access token
  revoke    revoke a token, a sign-in, or all sign-ins of a user
  revoked   print the revocation list, or look tokens up in it
  doctor    find problems with the settings, the keys and the user pool

exit status:
  0  every token is valid
  1  some were refused
  2  wrong usage or configuration
  3  keys are unavailable, so tokens cannot be verified
"""


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
        if strangers and argv[0] == "explain" and "curl" in argv:
            # A command of curl's without quotation marks around all of it. Its options are its own.
            place = argv.index("curl")
            options = build().parse_args([*argv[1:place], "--", *argv[place:]])
        elif strangers:
            options = build().parse_intermixed_args(argv[1:])
    except SystemExit:  # argparse's way to say that it printed the help
        return None
    options.command = argv[0]
    if options.command in ("verify", "explain"):
        _check_parties(options)
    return options


def _check_parties(options: Namespace) -> None:
    """Tokens are held against a user pool, or against load balancers, or by an app's settings."""
    from .app_settings import has_settings

    named = options.user_pool_id is not None or options.alb_arn
    given = [name for name in ("--prefix", "--env-file") if _value(options, name) is not None]
    problem = ""
    if named and given:
        replaces = "--alb-arn" if options.alb_arn else "--user-pool-id"
        problem = f"{replaces} replaces the app's settings; leave {given[0]} out"
    elif named or not has_settings(options):
        problem = _missing_or_idle(options)
    if problem:
        raise ConfigurationError(f"{problem} (see {_PROGRAM} {options.command} --help)")


def _missing_or_idle(options: Namespace) -> str:
    balanced = options.alb_arn or options.alb_client_id or options.alb_keys
    required = ("--alb-arn", "--alb-client-id") if balanced else ("--user-pool-id", "--client-id")
    missing = [name for name in required if _value(options, name) is None]
    if missing:
        return f"the following arguments are required: {', '.join(missing)}"
    idle = [name for name in _POOL_ONLY if balanced and _value(options, name) is not None]
    return f"{idle[0]} is for tokens of a user pool; it does not go with --alb-arn" if idle else ""


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
        "leeway": options.leeway or 0,
    }


def in_options(message: str, *, about_load_balancers: bool = False) -> str:
    """A message of the engine's about its arguments, as one about this command's options."""
    options = _ALB_OPTIONS if about_load_balancers else _OPTIONS
    # At the start of a message, or as a keyword argument. Elsewhere "issuer" is just a word.
    names = "|".join(options)
    argument = re.compile(rf"^(?:each of )?({names})\b|\b({names})=")
    return argument.sub(lambda match: options[match[1] or match[2]], message)


def _front_door() -> Parser:
    parser = Parser(
        _PROGRAM,
        "Verify Amazon Cognito tokens.",
        usage=f"{_PROGRAM} COMMAND ...",
        epilog=_COMMANDS,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.options.add_argument(
        "--version",
        action="version",
        version=f"{_PROGRAM} {__version__}",
        help="show the version and exit",
    )
    parser.positionals.add_argument("command", metavar="COMMAND", choices=tuple(_BUILDERS))
    return parser


def _inspect() -> Parser:
    parser = Parser(
        f"{_PROGRAM} inspect",
        "Show what is inside a token. Nothing is verified: anybody can make such a token.",
        epilog="Exit status: 0 readable, 1 not a well-formed token, 2 usage.",
    )
    add_settings(parser)
    add_tokens(parser)
    return parser


def _jwks() -> Parser:
    parser = Parser(
        f"{_PROGRAM} jwks",
        "Print the keys of a user pool that verify tokens, as a JWK set.",
        epilog="Exit status: 0 printed or saved, 2 usage or configuration, 3 keys unavailable.",
    )
    add_pool(parser)
    parser.options.add_argument(
        "--save",
        metavar="FILE",
        help="write them to a file instead of printing them; the file is replaced in one step",
    )
    return parser


_BUILDERS: dict[str, Callable[[], Parser]] = {
    "verify": verify,
    "explain": explain,
    "keys": keys,
    "inspect": _inspect,
    "jwks": _jwks,
    "dev": dev,
    "token": token,
    "revoke": revoke,
    "revoked": revoked,
    "doctor": doctor,
}
