"""Protected resource metadata (RFC 9728): it tells clients who issues the tokens of this API."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, final

from .._support.arguments import printable
from ..errors import ConfigurationError
from ..network.proxies import is_loopback
from .carriers import AuthorizationHeader, Carrier

if TYPE_CHECKING:
    from ..tokens.user_pool import UserPool

__all__ = ["MetadataAnswer", "ResourceMetadata", "metadata_of"]

# RFC 9728, section 3.
_WELL_KNOWN = "/.well-known/oauth-protected-resource"
# RFC 9728, section 1.2, without a query and without what servers decode in a path.
_RESOURCE = r"(https?)://([a-z0-9.-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?((?:/[\w.~:@+=,-]*)*)"
# RFC 6749, section 3.3.
_SCOPE = r"[\x21\x23-\x5b\x5d-\x7e]+"
_SECONDS = 3600  # for which a client may keep it
_OPEN = ("Access-Control-Allow-Origin", "*")


class MetadataAnswer(NamedTuple):
    """The response to a request for the metadata. An adapter copies it and adds nothing."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


@final
class ResourceMetadata:
    """The metadata of one API. ``url`` is its address, ``path`` the path of that at the root of the
    origin.

    It is the same for everybody, and contains nothing from a request, not even the ``Host`` header.
    Raises :class:`ConfigurationError`.
    """

    __slots__ = ("_body", "path", "resource", "url")

    def __init__(
        self,
        resource: object,
        *,
        issuers: Sequence[str],
        scopes: object,
        in_header: bool = True,
    ) -> None:
        self.resource, origin, path = _parts(resource)
        self.path = _WELL_KNOWN + ("" if path == "/" else path)
        self.url = origin + self.path
        document = {
            "resource": self.resource,
            "authorization_servers": list(issuers),
            "scopes_supported": _scopes(scopes),
            # RFC 6750, section 2.1. An empty list: by none of the ways of that RFC.
            "bearer_methods_supported": ["header"] if in_header else [],
        }
        self._body = json.dumps(document).encode("ascii")

    def answer(self, method: str) -> MetadataAnswer:
        """The response to a request for :attr:`path`. Pages of any origin may read it."""
        if method in ("GET", "HEAD"):
            kept = ("Cache-Control", f"public, max-age={_SECONDS}")
            size = ("Content-Length", str(len(self._body)))
            headers = (_OPEN, kept, ("Content-Type", "application/json"), size)
            return MetadataAnswer(200, headers, self._body if method == "GET" else b"")
        if method == "OPTIONS":
            # Some clients add a header of their own, such as MCP-Protocol-Version.
            preflight = (
                ("Access-Control-Allow-Methods", "GET, HEAD"),
                ("Access-Control-Allow-Headers", "*"),
                ("Access-Control-Max-Age", str(_SECONDS)),
            )
            return MetadataAnswer(204, (_OPEN, *preflight), b"")
        return MetadataAnswer(
            405, (_OPEN, ("Allow", "GET, HEAD, OPTIONS"), ("Content-Length", "0")), b""
        )


def metadata_of(
    resource: str,
    scopes: Iterable[str],
    pools: "Sequence[UserPool]",
    carriers: Iterable[Carrier],
) -> ResourceMetadata:
    """The metadata of an API whose guard trusts these pools, and reads these carriers. Raises
    :class:`ConfigurationError`."""
    if not pools:
        raise ConfigurationError("resource needs a UserPool, whose issuer its clients are told")
    in_header = any(isinstance(carrier, AuthorizationHeader) for carrier in carriers)
    # The first form of each: a guard whose pool issues the updated one is told by `issuer`.
    issuers = [pool.issuers[0] for pool in pools]
    metadata = ResourceMetadata(resource, issuers=issuers, scopes=scopes, in_header=in_header)
    if any(pool.resources is not None and resource not in pool.resources for pool in pools):
        # Each token would be refused that a client gets for what it is told here.
        raise ConfigurationError(
            "resource must be one of the resources of each UserPool that has any, letter by "
            "letter: clients ask for tokens that are bound to it"
        )
    return metadata


def _parts(resource: object) -> tuple[str, str, str]:
    """The identifier itself, its origin and its path."""
    whole = resource if isinstance(resource, str) and printable(resource) else ""
    found = re.fullmatch(_RESOURCE, whole)
    if found is None:
        raise ConfigurationError(
            "resource must be the URL of this API, such as https://api.example.com/orders: its "
            "host in lower case, without user, query, fragment and percent signs"
        )
    scheme, host, port, path = found.groups()
    if {".", "..", ""} & set(path.split("/")[1:-1]) or path.endswith(("/.", "/..")):
        raise ConfigurationError("the path of resource must have no empty, . or .. segment")
    if scheme == "http" and not is_loopback(host.strip("[]")):
        raise ConfigurationError("resource must be https; http is for loopback, such as localhost")
    if port is not None and not 0 < int(port[1:]) < 65536:
        raise ConfigurationError("the port of resource must be a number from 1 to 65535")
    return whole, f"{scheme}://{host}{port or ''}", path


def _scopes(scopes: object) -> list[str]:
    if isinstance(scopes, str | bytes | Mapping) or not isinstance(scopes, Iterable):
        raise ConfigurationError("resource_scopes must be a list of texts")
    found = list(scopes)
    if not found:
        raise ConfigurationError("resource_scopes must not be empty")
    for one in found:
        if not isinstance(one, str) or not re.fullmatch(_SCOPE, one):
            raise ConfigurationError(
                "each of resource_scopes must be printable ASCII without spaces"
            )
    if "offline_access" in found:
        raise ConfigurationError("resource_scopes must not have offline_access: Cognito refuses it")
    return list(dict.fromkeys(found))
