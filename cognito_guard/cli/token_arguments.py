"""The grammar of the command that gets a token."""

from __future__ import annotations

from functools import partial

from .local_arguments import port_number
from .parser import Parser, add_pool

__all__ = ["token"]

_PORT = 9394


def token() -> Parser:
    """``cognito-guard token``."""
    parser = Parser(
        "cognito-guard token",
        "Sign in to a user pool and print only the access token.",
        epilog="A client with a secret: set COGNITO_LOGIN_CLIENT_SECRET. "
        "Exit status: 0 printed, 1 refused, 2 usage or configuration, 3 no answer.",
    )
    add_pool(parser)
    add = parser.options.add_argument
    add("--client-id", metavar="ID", required=True, help="the app client to sign in with")
    add(
        "--domain",
        metavar="URL",
        help="the pool's domain, for example https://example.auth.eu-west-1.amazoncognito.com",
    )
    add(
        "--port",
        metavar="N",
        type=partial(port_number, least=1),  # a free one is no callback URL of any client
        default=_PORT,
        help="the port that the browser returns to: http://localhost:N/callback must be a "
        f"callback URL of the app client (default: {_PORT})",
    )
    add(
        "--scope",
        metavar="S",
        action="append",
        help="a scope to request in addition to openid; may be repeated",
    )
    add(
        "--no-browser",
        action="store_true",
        help="do not open a browser; print the address to open",
    )
    add(
        "--username",
        metavar="NAME",
        help="sign in without a browser: the password is asked for (USER_PASSWORD_AUTH)",
    )
    return parser
