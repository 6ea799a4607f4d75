"""LocalClient: an app client of a local user pool, with the settings that Cognito has for one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from .web.hosts import is_loopback

__all__ = ["LocalClient"]

# CreateUserPoolClient: ids `[\w+]+` of at most 128 characters, secrets `[\w+]+` of at most 64.
_ID = re.compile(r"[\w+]{1,128}", re.ASCII)
# draft-ietf-oauth-client-id-metadata-document, section 3: https, a path, no user, no fragment.
_DOCUMENT = re.compile(r"https://[^\s/?#@\\]+/[^\s#\\]+", re.ASCII)
_SECRET = re.compile(r"[\w+]{1,64}", re.ASCII)
_MAX_GRACE = 60
_SCOPES = ("openid", "email", "phone", "profile", "aws.cognito.signin.user.admin")


@dataclass(frozen=True)
class LocalClient:
    """An app client of a local pool. Raises ``ValueError`` for settings that Cognito would refuse.

    ``secret`` makes it a confidential client. ``callback_urls`` and ``logout_urls`` are compared as
    whole texts; they are https, an app's own scheme, or http on this machine. ``scopes`` are those
    that it may request. ``machine`` makes it a client that only signs in as itself
    (client_credentials); its scopes are those of resource servers (``orders/read``).
    ``rotation_grace`` turns on the rotation of refresh tokens: the old one still works for this
    number of seconds (0 to 60). ``token_seconds`` is the lifetime of ID and access tokens,
    ``refresh_seconds`` that of refresh tokens. ``write_attributes`` are those that its users may
    change, such as ``["name", "custom:theme"]``; ``None`` means all, as at Cognito, including
    ``custom:role``.
    """

    client_id: str
    secret: str | None = field(default=None, repr=False)
    callback_urls: Sequence[str] = ()
    logout_urls: Sequence[str] = ()
    scopes: Sequence[str] = _SCOPES
    machine: bool = False
    rotation_grace: float | None = None
    token_seconds: float = 3600
    refresh_seconds: float = 30 * 24 * 3600
    write_attributes: Sequence[str] | None = None

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.client_id) and not _DOCUMENT.fullmatch(self.client_id):
            raise ValueError("a client_id is 1 to 128 letters, digits, _ and +")
        if self.secret is not None and not _SECRET.fullmatch(self.secret):
            raise ValueError("a secret is 1 to 64 letters, digits, _ and +")
        for url in (*_several(self.callback_urls), *_several(self.logout_urls)):
            _check_url(url)
        _several(self.write_attributes or ())
        scopes = _several(self.scopes)
        if not scopes or "offline_access" in scopes:
            raise ValueError("a client has scopes, and offline_access is none that Cognito knows")
        if self.machine and (self.secret is None or not all("/" in scope for scope in scopes)):
            raise ValueError("a machine has a secret, and scopes of resource servers (orders/read)")
        if self.rotation_grace is not None and not 0 <= self.rotation_grace <= _MAX_GRACE:
            raise ValueError(f"rotation_grace is 0 to {_MAX_GRACE} seconds")


def _several(texts: Sequence[str]) -> Sequence[str]:
    if isinstance(texts, str):
        raise ValueError("URLs, scopes and attributes are lists of texts")
    return texts


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    local = parts.scheme == "http" and is_loopback(parts.hostname or "")
    if not parts.scheme or "#" in url or not url.isascii() or not url.isprintable() or " " in url:
        raise ValueError("a callback or logout URL is a whole URL, without a fragment")
    if parts.scheme == "http" and not local:
        raise ValueError("a callback or logout URL is https; http is for this machine")
