"""What to look at in the addresses that an app client sends users to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from ..network.proxies import is_loopback
from .commands import change_client, literal
from .findings import Finding
from .reading import named

__all__ = ["callbacks"]

_LISTS = ("CallbackURLs", "LogoutURLs")
_IN_ITS_PLACE = "https://REPLACE-ME.example/callback"


def callbacks(client: Mapping[str, Any]) -> Iterator[Finding]:
    """CallbackURLs and LogoutURLs: wildcards, http, this machine."""
    if not client.get("AllowedOAuthFlowsUserPoolClient"):
        return  # then they are not used
    for name in _LISTS:
        addresses = client.get(name) or ()
        wild = [one for one in addresses if "*" in one]
        rest = [one for one in addresses if one not in wild]
        plain = [one for one in rest if _is_plain(one)]
        local = [one for one in rest if _is_local(one)]
        if wild:
            yield Finding(
                "callback-wildcard",
                "error",
                f"{name} of {named(client)} has a wildcard: {', '.join(wild)}.",
                "Addresses must be compared as whole strings (RFC 9700, section 4.1.3). A "
                "wildcard matches either nothing, or a site that somebody else controls, which "
                "then receives codes.",
                _without(client, name, wild),
            )
        if plain:
            yield Finding(
                "callback-http",
                "error",
                f"{name} of {named(client)} has addresses without TLS: {', '.join(plain)}.",
                "Anybody on the network between can read the code and change the page.",
                _over_tls(client, name, plain),
            )
        if local:
            yield Finding(
                "callback-localhost",
                "info",
                f"{name} of {named(client)} has addresses on the user's own machine: "
                f"{', '.join(local)}.",
                "Any program there can listen on the port and receive codes. This is right for "
                "development and for desktop programs. Give a site in production a client "
                "without such addresses.",
                _without(client, name, local),
            )


def _over_tls(client: Mapping[str, Any], name: str, plain: list[str]) -> str:
    # Those of the user's own machine have no TLS, and stay. Of two that become one, there is one.
    tls = f'. as $one | if {literal(plain)} | index([$one]) then "https" + .[4:] else . end'
    change = f".{name} |= (map({tls}) | unique)"
    if name == "CallbackURLs" and client.get("DefaultRedirectURI") in plain:
        change += f" | .DefaultRedirectURI |= ({tls})"  # which must be one of them
    return change_client(client, change)


def _without(client: Mapping[str, Any], name: str, unwanted: Iterable[str]) -> str:
    gone = set(unwanted)
    change = f".{name} -= {literal(sorted(gone))}"
    if name == "CallbackURLs" and gone.issuperset(client[name]):
        change = f".{name} = {literal([_IN_ITS_PLACE])}"  # with the code flow, one there must be
    if client.get("DefaultRedirectURI") in gone:
        change += " | del(.DefaultRedirectURI)"
    return change_client(client, change)


def _is_local(address: str) -> bool:
    return is_loopback(_parts(address)[1])


def _is_plain(address: str) -> bool:
    scheme, host = _parts(address)
    return scheme == "http" and not is_loopback(host)


def _parts(address: str) -> tuple[str, str]:
    try:
        parts = urlsplit(address)
        return parts.scheme, parts.hostname or ""
    except ValueError:
        return "", ""
