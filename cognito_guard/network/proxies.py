"""By which proxy an https address is asked: ``https_proxy``, ``all_proxy`` and ``no_proxy``.

As curl and ``urllib`` read them: the name in lower case comes first, and what ``no_proxy`` lists
are hosts with their subdomains, addresses, networks (CIDR) and ``*``, each with a port if need be.
An entry that is none of these counts for nothing, and is no error.
"""

import os
from typing import TYPE_CHECKING, NamedTuple

from .failure import wrong_variable

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv6Address
    from urllib.parse import SplitResult

__all__ = ["Proxy", "is_exempt", "is_loopback", "proxy_for"]

_SCHEMES = ("http", "https", "socks5", "socks5h")


class Proxy(NamedTuple):
    """A proxy, and the variable that names it."""

    url: str
    """``scheme://host:port``, without user name and password."""
    credentials: tuple[bytes, bytes] | None
    place: str
    """``host:port``, for people."""
    variable: str

    def __repr__(self) -> str:
        return f"<Proxy {self.place}>"


def proxy_for(url: str) -> Proxy | None:
    """The proxy for ``url``; ``None`` for none. Loopback is never asked through one.

    Raises :class:`FetchFailed` that names the variable, if it names no proxy.
    """
    from urllib.parse import urlsplit
    from urllib.request import getproxies, getproxies_environment, proxy_bypass

    parts = urlsplit(url)
    host = parts.hostname or ""
    if is_loopback(host):
        return None
    proxies = getproxies()
    named = proxies.get("https") or proxies.get("all")
    if not named:
        return None
    of_the_environment = getproxies_environment()
    if is_exempt(host, parts.port or 443, of_the_environment.get("no", "")):
        return None
    if not of_the_environment and proxy_bypass(host):  # the settings of macOS and Windows
        return None
    variable = next((name for name in _names() if os.environ[name] == named), "the system")
    try:
        return _proxy(urlsplit(named if "://" in named else f"http://{named}"), variable)
    except (ValueError, ImportError) as error:
        problem = type(error).__name__
    raise wrong_variable(problem, variable)


def _names() -> list[str]:
    found = [name for name in os.environ if name.lower() in ("https_proxy", "all_proxy")]
    return sorted(found, key=lambda name: (name.lower() == "all_proxy", not name.islower()))


def _proxy(parts: "SplitResult", variable: str) -> Proxy:
    from importlib import import_module
    from urllib.parse import unquote_to_bytes

    host, port = parts.hostname, parts.port
    if parts.scheme not in _SCHEMES or not host:
        raise ValueError
    if parts.scheme.startswith("socks"):
        import_module("socksio")  # what the HTTP client needs for such a proxy
    credentials = None
    if parts.username is not None:
        credentials = (unquote_to_bytes(parts.username), unquote_to_bytes(parts.password or ""))
    place = parts.netloc.rpartition("@")[2]
    shown = f"[{host}]" if ":" in host else host
    default = {"http": 80, "https": 443}.get(parts.scheme, 1080)
    scheme = "socks5" if parts.scheme.startswith("socks") else parts.scheme
    return Proxy(f"{scheme}://{shown}:{port or default}", credentials, place, variable)


def is_exempt(host: str, port: int, no_proxy: str) -> bool:
    """Whether ``no_proxy`` lists the host of an https address."""
    host = host.lower().rstrip(".")
    address = _address(host)
    entries = no_proxy.replace(",", " ").lower().split()
    return any(_matches(entry, host, address, port) for entry in entries)


def _matches(entry: str, host: str, address: "IPv4Address | IPv6Address | None", port: int) -> bool:
    import ipaddress

    scheme, separator, rest = entry.rpartition("://")
    if separator and scheme not in ("https", "all"):
        return False
    name, its_port = _split_port(rest)
    if its_port is not None and its_port != port:
        return False
    if name == "*":
        return True
    if address is not None:
        try:
            return address in ipaddress.ip_network(name, strict=False)
        except ValueError:
            return False
    name = name.removeprefix("*").strip(".")
    return bool(name) and (host == name or host.endswith(f".{name}"))


def _split_port(text: str) -> tuple[str, int | None]:
    """A host, an address or a network, and the port behind it."""
    if text.startswith("["):
        name, _, port = text[1:].partition("]")
        port = port.removeprefix(":")
    elif text.count(":") == 1:
        name, _, port = text.partition(":")
    else:
        name, port = text, ""
    return name, int(port) if port.isdecimal() else None


def _address(host: str) -> "IPv4Address | IPv6Address | None":
    import ipaddress

    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address


def is_loopback(host: str) -> bool:
    """Whether ``host`` is this machine, by its name or address."""
    if host == "localhost":
        return True
    import ipaddress

    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
