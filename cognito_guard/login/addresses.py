"""Checks of the addresses and texts that managed login is described with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from .._support.arguments import printable
from ..errors import ConfigurationError
from ..network.addresses import web_address
from ..network.proxies import is_loopback
from ..tokens.user_pool import UserPool

__all__ = ["MAX_HINT", "Parameters", "check_issuer", "own_address", "scopes"]

MAX_HINT = 256
"""Letters of a parameter that a request may have a part in, at most."""

# RFC 6749, section 3.3.
_SCOPE = r"[\x21\x23-\x5b\x5d-\x7e]+"
# RFC 5646, near enough.
_LANGUAGE = r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*"
# OpenID Connect Core, section 3.1.2.1.
_PROMPTS = ("none", "login", "consent", "select_account")
_OWN = "https://app.example/"


def check_issuer(domain: str, pool: UserPool) -> None:
    """That a domain on this machine is not expected to sign with AWS's keys. Raises
    :class:`ConfigurationError`, as all functions here."""
    # Keys that were given are those of whoever signs there, whatever the issuer.
    of_aws = pool.jwks is None and pool.issuers[0].startswith("https://cognito-idp.")
    if of_aws and is_loopback(urlsplit(domain).hostname or ""):
        raise ConfigurationError(
            "domain is on this machine, but the user pool's issuer is on AWS: set the issuer too "
            "(COGNITO_ISSUER)"
        )


def own_address(name: str, value: object) -> tuple[str, str]:
    """An address of one's own site, which the pool compares letter by letter, and its origin."""
    address = web_address(name, value, _OWN)
    parts = urlsplit(address)
    if not parts.path or parts.query or "?" in address:
        raise ConfigurationError(f"{name} must be an address with a path and without a query")
    return address, _origin(address)


def _origin(address: str) -> str:
    """As a browser writes it in ``Origin``: in lower case, without the port that goes unsaid."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    shown = f"[{host}]" if ":" in host else host
    usual = {"https": 443, "http": 80}[parts.scheme]
    port = "" if parts.port in (None, usual) else f":{parts.port}"
    return f"{parts.scheme}://{shown}{port}"


def scopes(values: object) -> tuple[str, ...]:
    """Scopes in their order, each once."""
    found = _texts("scopes", values)
    for one in found:
        if not re.fullmatch(_SCOPE, one):
            raise ConfigurationError("each of scopes must be printable ASCII without spaces")
    if "openid" not in found:
        raise ConfigurationError("scopes must include openid: it requests the ID token")
    if "offline_access" in found:
        raise ConfigurationError(
            "scopes must not include offline_access: Cognito refuses it, and issues a refresh "
            "token without it"
        )
    return tuple(dict.fromkeys(found))


def _texts(name: str, values: object) -> list[str]:
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        raise ConfigurationError(f"{name} must be a list of texts")
    found = list(values)
    if not all(isinstance(one, str) for one in found):
        raise ConfigurationError(f"{name} must be a list of texts")
    return found


class Parameters:
    """What a sign-in may ask for besides, checked, by the names of the authorize endpoint.

    ``None`` leaves a parameter out. Raises :class:`ConfigurationError`.
    """

    names = (
        *("identity_provider", "login_hint", "lang", "prompt"),
        *("acr_values", "max_age", "resource"),
    )

    __slots__ = ("fields", "levels", "max_age")

    def __init__(self, **values: object) -> None:
        self.fields: dict[str, str] = {}
        self.levels: tuple[str, ...] = ()
        """Those of ``acr_values`` that were asked for here, and are nobody's default."""
        self.max_age: int | None = None
        for name, value in values.items():
            if name not in self.names:
                raise ConfigurationError(
                    f"unknown parameter {name}; known are {', '.join(self.names)}"
                )
            if value is not None and (text := self._text(name, value)):
                self.fields[name] = text

    def or_else(self, others: Parameters) -> Parameters:
        """These, and of ``others`` what they say nothing about."""
        both = Parameters()
        both.fields = {**others.fields, **self.fields}
        both.levels = self.levels
        both.max_age = others.max_age if self.max_age is None else self.max_age
        return both

    def _text(self, name: str, value: object) -> str:
        if name == "max_age":
            if type(value) is not int or value < 0:
                raise ConfigurationError("max_age must be a whole number of seconds")
            self.max_age = value
            return str(value)
        if name == "acr_values":
            values = _texts(name, value)
            if not all(one and printable(one) and " " not in one for one in values):
                raise ConfigurationError("each of acr_values must be a name without spaces")
            self.levels = tuple(values)
            return " ".join(values)
        if not isinstance(value, str) or not value or not value.isprintable():
            raise ConfigurationError(f"{name} must be a text that is not empty and can be seen")
        if len(value) > MAX_HINT:
            raise ConfigurationError(f"{name} must have {MAX_HINT} letters at most")
        if name == "prompt" and value not in _PROMPTS:
            raise ConfigurationError(f"prompt must be one of {', '.join(_PROMPTS)}")
        if name == "lang" and not re.fullmatch(_LANGUAGE, value):
            raise ConfigurationError("lang must be a language such as de or pt-BR")
        if name == "resource" and (not printable(value) or " " in value):
            raise ConfigurationError("resource must be printable ASCII without spaces")
        return value
