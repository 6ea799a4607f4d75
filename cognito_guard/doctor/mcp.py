"""What clients of an MCP server ask on their way to a token, and which setting is wrong.

MCP specification, "Authorization"; RFC 9728, RFC 8414. It registers nothing and signs nobody in.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, final
from urllib.parse import urlsplit

from ..errors import ConfigurationError
from ..network.exchange import exchange
from ..network.failure import FetchFailed
from ..network.fetch import FETCH_SECONDS, MAX_BODY, check_url
from .findings import Finding
from .mcp_client import authorize_address, check_client

__all__ = ["Asked", "check_challenge", "check_discovery", "check_mcp", "check_metadata"]

_STEP_SECONDS = 3.0
_VERSION = "2025-11-25"
_MAX_SHOWN = 200
_NAMED = r'(?:^|[\s,])resource_metadata="([^"]*)"'
_WELL_KNOWN = "/.well-known/oauth-protected-resource"


@final
class Asked(NamedTuple):
    """What an address answered."""

    url: str
    status: int = 0
    body: bytes = b""
    challenge: str = ""
    location: str = ""
    problem: str = ""
    """Why there is no answer at all."""

    def document(self) -> Mapping[str, Any] | None:
        """The JSON object of a 200; ``None`` for anything else."""
        try:
            found = json.loads(self.body) if self.status == 200 else None
        except (ValueError, RecursionError):
            return None
        return found if isinstance(found, dict) else None


@final
class _Initialize:
    """What a client sends first."""

    def told(self) -> dict[str, Any]:
        """As arguments for the client."""
        asked = {
            "protocolVersion": _VERSION,
            "capabilities": {},
            "clientInfo": {"name": "cognito-guard doctor", "version": "1"},
        }
        body = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": asked}
        headers = {"Content-Type": "application/json"}
        return {"headers": headers, "content": json.dumps(body).encode("ascii")}


def check_mcp(url: str, client: tuple[str, str] | None = None) -> Iterator[Finding]:
    """Ask an MCP server what its clients ask. Makes requests, each with a bounded time.

    ``url`` is https, or http on this machine; so is all that is asked because of an answer.
    ``client``: the id and the callback of an app client that was made by hand.
    """
    first = _ask(url, "POST")
    yield check_challenge(first)
    if first.status != 401:
        return
    named = _named(first)
    if named is not None and not _may_ask(named, url):
        yield _not_asked(named)
        return
    found = _ask(named or _well_known(url))
    yield from check_metadata(url, found)
    servers = (found.document() or {}).get("authorization_servers")
    if not isinstance(servers, list) or not servers or not isinstance(servers[0], str):
        return
    issuer = servers[0]
    if not _may_ask(issuer, url):
        yield _not_asked(issuer)
        return
    answers = []
    for each in _discovery_urls(issuer):
        answers.append(_ask(each))
        if answers[-1].document() is not None:
            break
    yield from check_discovery(issuer, answers[-1], registers=client is None)
    endpoint = (answers[-1].document() or {}).get("authorization_endpoint")
    if client is None or not isinstance(endpoint, str):
        return
    if not _may_ask(endpoint, url):
        yield _not_asked(endpoint)
        return
    metadata = found.document() or {}
    listed = metadata.get("scopes_supported")
    scopes = [one for one in listed if isinstance(one, str)] if isinstance(listed, list) else []
    address = authorize_address(endpoint, *client, scopes, str(metadata.get("resource")))
    answer = _ask(address)
    if answer.problem:
        yield check_challenge(answer._replace(url=endpoint))
    else:
        yield from check_client(*client, answer.status, answer.location)


def check_challenge(first: Asked) -> Finding:
    """The answer to a request without a token."""
    if first.problem:
        return Finding(
            "mcp-unreachable",
            "error",
            f"{first.url} cannot be asked: {first.problem}.",
            "No client can reach it.",
        )
    if 200 <= first.status < 300:
        return Finding(
            "mcp-open",
            "error",
            f"{first.url} answers a request without a token with {first.status}.",
            "Anybody can use the server. Put guarded_app or MCPMiddleware around it.",
        )
    if 300 <= first.status < 400:
        return Finding(
            "mcp-redirect",
            "error",
            f"{first.url} redirects ({first.status}), often to the same address with or without "
            "a slash at the end.",
            "Clients send no token after a redirect. Give them the address that it redirects to, "
            "and set COGNITO_RESOURCE to that address.",
        )
    if first.status != 401:
        return Finding(
            "mcp-no-challenge",
            "error",
            f"{first.url} answers a request without a token with {first.status}, and not with 401.",
            "Clients do not start to sign in. Check the path, and what is in front of the server.",
        )
    if _named(first) is None:
        return Finding(
            "mcp-metadata-unnamed",
            "warning",
            f"The challenge of {first.url} does not say where the metadata is.",
            "Some clients do not look for it by themselves. Set COGNITO_RESOURCE.",
        )
    return Finding("mcp-challenge", "ok", f"{first.url} asks for a token, and names its metadata.")


def check_metadata(url: str, found: Asked) -> Iterator[Finding]:
    """The protected resource metadata of the server at ``url``."""
    document = found.document()
    if document is None:
        yield Finding(
            "mcp-metadata-absent",
            "error",
            f"{found.url} has no metadata: {found.problem or f'status {found.status}'}.",
            "Clients do not find the user pool. Set COGNITO_RESOURCE, and route this path to the "
            "server: it is at the root of the origin.",
        )
        return
    resource, servers = document.get("resource"), document.get("authorization_servers")
    scopes = document.get("scopes_supported")
    if resource == url:
        yield Finding("mcp-resource", "ok", f"The metadata is that of {url}.")
    else:
        slash = isinstance(resource, str) and resource.rstrip("/") == url.rstrip("/")
        yield Finding(
            "mcp-resource-other",
            "error",
            f"The metadata is that of {_shown(resource)}, and clients are given {url}"
            f"{': they differ in the slash at the end' if slash else ''}.",
            "Clients compare it letter by letter, and tokens are bound to it. Set "
            "COGNITO_RESOURCE to the address that clients use, and COGNITO_RESOURCES as well.",
        )
    if not isinstance(servers, list) or not servers or not isinstance(servers[0], str):
        yield Finding(
            "mcp-no-issuer",
            "error",
            "The metadata names no authorization server.",
            "Clients do not find the user pool. The guard names the issuer of its UserPool.",
        )
    if not (isinstance(scopes, list) and scopes and all(isinstance(one, str) for one in scopes)):
        yield Finding(
            "mcp-no-scopes",
            "error",
            "The metadata names no scopes.",
            "A client that asks for none gets invalid_grant from Cognito. Set "
            "COGNITO_RESOURCE_SCOPES.",
        )
    elif "offline_access" in scopes:
        yield Finding(
            "mcp-offline-access",
            "error",
            "The metadata names the scope offline_access.",
            "Cognito answers it with invalid_scope, and gives refresh tokens without it. Take it "
            "out of COGNITO_RESOURCE_SCOPES.",
        )
    else:
        yield Finding("mcp-scopes", "ok", f"Clients are told to ask for {_shown(scopes)}.")


def check_discovery(issuer: str, found: Asked, *, registers: bool = True) -> Iterator[Finding]:
    """The discovery document of the issuer that clients are told. ``registers``: whether a client
    has to become known first."""
    document = found.document()
    if document is None:
        yield Finding(
            "mcp-discovery-absent",
            "error",
            f"{found.url} is no discovery document: {found.problem or f'status {found.status}'}.",
            "Clients do not find the sign-in. Check the id of the user pool, and COGNITO_ISSUER: "
            "a pool that was not switched to the updated issuer publishes nothing there.",
        )
        return
    if document.get("issuer") != issuer:
        yield Finding(
            "mcp-issuer-other",
            "error",
            f"Clients are told the issuer {_shown(issuer)}, and its discovery document names "
            f"{_shown(document.get('issuer'))}.",
            "Clients refuse that (RFC 8414, section 3.3). Set COGNITO_ISSUER to the issuer of the "
            "document.",
        )
    else:
        yield Finding("mcp-discovery", "ok", f"{found.url} is the document of that issuer.")
    methods = document.get("code_challenge_methods_supported")
    if not isinstance(methods, list) or "S256" not in methods:
        yield Finding(
            "mcp-no-pkce",
            "warning",
            "The discovery document does not name S256 in code_challenge_methods_supported.",
            "The user pool supports PKCE, but clients that follow the specification stop here. "
            "Only the issuer can fix that.",
        )
    if not registers:
        return
    if isinstance(document.get("registration_endpoint"), str):
        ways = "by registering itself"
    elif document.get("client_id_metadata_document_supported") is True:
        ways = "by the URL of its metadata"
    else:
        yield Finding(
            "mcp-no-registration",
            "info",
            "Clients can neither register themselves nor be the URL of their metadata.",
            "Turn one of them on in the user pool, with COGNITO_CLIENT_IDS=DYNAMIC_CLIENTS, or "
            "make an app client and give its id to the users of each MCP client.",
        )
        return
    yield Finding("mcp-registration", "ok", f"A client becomes known {ways}.")


def _named(first: Asked) -> str | None:
    """Where the challenge says that the metadata is."""
    found = re.search(_NAMED, first.challenge)
    return found[1] if found and found[1] else None


def _shown(value: object) -> str:
    """What somebody else says, not endlessly."""
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}..."


def _well_known(url: str) -> str:
    parts = urlsplit(url)
    path = "" if parts.path == "/" else parts.path
    return f"{parts.scheme}://{parts.netloc}{_WELL_KNOWN}{path}"


def _discovery_urls(issuer: str) -> tuple[str, ...]:
    """Where clients look, in their order."""
    parts = urlsplit(issuer)
    origin, path = f"{parts.scheme}://{parts.netloc}", parts.path.rstrip("/")
    return (
        f"{origin}/.well-known/oauth-authorization-server{path}",
        f"{origin}/.well-known/openid-configuration{path}",
        f"{origin}{path}/.well-known/openid-configuration",
    )


def _may_ask(other: str, url: str) -> bool:
    """Whether an address that an answer names is asked: a server elsewhere names none here."""
    try:
        check_url(other)
    except ConfigurationError:
        return False
    return other.startswith("https://") or url.startswith("http://")


def _not_asked(other: str) -> Finding:
    return Finding(
        "mcp-address-wrong",
        "error",
        f"The server sends clients to {_shown(other)}, which is not https.",
        "Clients refuse it. Set COGNITO_RESOURCE and COGNITO_ISSUER to https addresses.",
    )


def _ask(url: str, method: str = "GET") -> Asked:
    try:
        answer = exchange(
            method,
            url,
            accept="application/json, text/event-stream",
            seconds=(FETCH_SECONDS, _STEP_SECONDS),
            max_body=MAX_BODY,
            form=_Initialize() if method == "POST" else None,
        )
    except FetchFailed as error:
        return Asked(url, problem=str(error))
    return Asked(url, answer.status, answer.body, answer.challenge, answer.location)
