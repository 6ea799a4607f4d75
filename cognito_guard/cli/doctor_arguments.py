"""The grammar of the command that looks for what is wrong."""

from __future__ import annotations

from .parser import Parser, add_pool

__all__ = ["doctor"]


def doctor() -> Parser:
    """``cognito-guard doctor``."""
    parser = Parser(
        "cognito-guard doctor",
        "Find problems with the settings, access to the keys, the user pool and its clients. It "
        "changes nothing and prints no secret.",
        epilog="Exit status: 0 nothing as bad as --fail-on, 1 something is, 2 usage or "
        "configuration, 3 keys or AWS cannot be reached. Calls to AWS use the credentials of the "
        "environment; they need the extra cognito-guard[boto3].",
    )
    add_pool(parser, required=False)
    add = parser.options.add_argument
    add(
        "--prefix",
        metavar="P",
        help="the prefix of the settings in the environment, if --user-pool-id is not given "
        "(default: COGNITO_)",
    )
    add(
        "--identity-pool-id",
        metavar="ID",
        help="an identity pool to check, with the policies of its roles",
    )
    add(
        "--trusted-attribute",
        metavar="NAME",
        action="append",
        help="an attribute that only your server may write; may be repeated (default: the role "
        "claim of the settings, or custom:role)",
    )
    add(
        "--mcp",
        metavar="URL",
        help="an MCP server: send it the requests that its clients send; without other options, "
        "check only that",
    )
    add("--mcp-client-id", metavar="ID", help="an app client for it that you created yourself")
    add("--mcp-callback", metavar="URL", help="the callback URL of that app client")
    add("--no-aws", action="store_true", help="make no AWS call that needs credentials")
    add(
        "--endpoint-url",
        metavar="URL",
        help="the AWS endpoint, for emulators and private endpoints: https, or http on this "
        "machine",
    )
    add(
        "--fail-on",
        choices=("error", "warning", "info"),
        default="error",
        help="the level from which a finding makes the exit status 1 (default: error)",
    )
    add("--json", action="store_true", help="print a JSON list with an object for each finding")
    return parser
