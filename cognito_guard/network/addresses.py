"""Addresses that somebody has written into settings: of web pages, and of sign-in domains."""

from __future__ import annotations

from urllib.parse import urlsplit

from .._support.arguments import printable
from ..errors import ConfigurationError
from .proxies import is_loopback

__all__ = ["sign_in_domain", "web_address"]

_DOMAIN = "https://example.auth.eu-west-1.amazoncognito.com"


def sign_in_domain(value: object) -> str:
    """The address of a pool's domain, which paths are added to. Raises
    :class:`ConfigurationError`, as all functions here."""
    address = web_address("domain", value, _DOMAIN)
    if urlsplit(address).path not in ("", "/") or "?" in address:
        raise ConfigurationError(f"domain must be an address without a path, such as {_DOMAIN}")
    return address.rstrip("/")


def web_address(name: str, value: object, example: str) -> str:
    """``value``, if it is an address without a user name and a fragment: https, or http on the
    loopback interface."""
    if not isinstance(value, str) or not printable(value) or " " in value or "\\" in value:
        raise ConfigurationError(f"{name} must be an address such as {example}")
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port  # the port raises as well, if it is no number
    except ValueError:
        parts = urlsplit(host := "")
    if not host:
        raise ConfigurationError(f"{name} must be an address such as {example}")
    if parts.username is not None or parts.password is not None or "#" in value:
        raise ConfigurationError(f"{name} takes no user name and no fragment")
    if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host)):
        return value
    raise ConfigurationError(f"{name} must be https; http is for loopback, such as localhost")
