"""Whether an app client that was made by hand can do what clients of an MCP server ask of it.

One request to the authorize endpoint, as the client makes it; nobody signs in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import parse_qs, urlencode

from .findings import Finding

__all__ = ["authorize_address", "check_client"]

# RFC 7636, appendix B. No code is asked for that it could be used with.
_CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def authorize_address(
    endpoint: str, client_id: str, callback: str, scopes: Sequence[str], resource: str
) -> str:
    """Where a client leads its user, who is not there to sign in."""
    asked = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": callback,
        "scope": " ".join(scopes),
        "state": "cognito-guard-doctor",
        "code_challenge": _CHALLENGE,
        "code_challenge_method": "S256",
        "resource": resource,
    }
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}"


def check_client(client_id: str, callback: str, status: int, location: str) -> Iterator[Finding]:
    """What the authorize endpoint says to it. ``location``: where it leads, as it wrote it."""
    if not 300 <= status < 400 or not location:
        yield Finding(
            "mcp-client-unknown",
            "error",
            f"The authorize endpoint does not take the client {client_id} with the callback "
            f"{callback}: status {status}.",
            "The user pool has no such client, or the callback is not among its callback URLs, "
            "letter by letter.",
        )
        return
    error = _error(callback, location)
    if error == "invalid_scope":
        yield Finding(
            "mcp-client-scopes",
            "error",
            f"The client {client_id} may not ask for all of the scopes in the metadata.",
            "Its users cannot sign in. Allow the client the scopes, or take them out of "
            "COGNITO_RESOURCE_SCOPES.",
        )
    elif error:
        yield Finding(
            "mcp-client-refused",
            "error",
            f"The authorize endpoint refuses the client {client_id}: {error[:100]}.",
            "Its users cannot sign in. With invalid_target or invalid_request, make a resource "
            "server whose identifier is COGNITO_RESOURCE; with unauthorized_client, turn the code "
            "grant on.",
        )
    else:
        yield Finding("mcp-client", "ok", f"The client {client_id} sends its users to a sign-in.")


def _error(callback: str, location: str) -> str:
    """The error that a client is told at its callback; empty where there is none."""
    address, _, query = location.partition("?")
    if address != callback.partition("?")[0]:
        return ""
    return parse_qs(query.partition("#")[0]).get("error", [""])[0]
