"""The two cookies of a sign-in: their names, what sets them, and how they are read."""

from __future__ import annotations

import re
import secrets
from typing import final

from ..errors import ConfigurationError
from ..http.carriers import HeaderValues

__all__ = ["LoginCookie", "checked_name", "is_random_value", "random_value"]

_BITS_IN_BYTES = 32
# Canonical, so that no value has two spellings: the last letter has two bits that are not data.
_RANDOM_VALUE = re.compile(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")
# No underscore in front: the prefixes of RFC 6265bis, such as `__Secure-`, are not a site's to say.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", re.ASCII)


def checked_name(value: object) -> str:
    """What cookies' names may begin with. Raises :class:`ConfigurationError`."""
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise ConfigurationError(
            "cookie_name must be up to 64 letters, digits, hyphens and underscores, and begin with "
            "a letter or digit"
        )
    return value


def random_value() -> str:
    """256 random bits as 43 letters of base64url."""
    return secrets.token_urlsafe(_BITS_IN_BYTES)


def is_random_value(value: object) -> bool:
    """Whether it looks like one of ours: a value that does not is not looked for anywhere."""
    return isinstance(value, str) and _RANDOM_VALUE.fullmatch(value) is not None


@final
class LoginCookie:
    """A cookie for the whole site, out of reach of scripts and of requests that other sites make.

    ``secure``: whether the site has https. Without it, a browser takes neither the attribute nor
    the prefix, so ``http`` on loopback does without both.
    """

    def __init__(self, name: str, *, secure: bool) -> None:
        # RFC 6265bis, section 4.1.3.2: only this very host can have set such a cookie.
        self.name = f"__Host-{name}" if secure else name
        self._attributes = f"Path=/; HttpOnly; {'Secure; ' if secure else ''}SameSite=Lax"
        over = "Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0"
        self.deletion = f"{self.name}=; {over}; {self._attributes}"
        """The value of ``Set-Cookie`` that makes a browser drop it."""

    def set(self, value: str, seconds: float) -> str:
        """The value of ``Set-Cookie`` that makes a browser keep it."""
        return f"{self.name}={value}; Max-Age={int(seconds)}; {self._attributes}"

    def find(self, headers: HeaderValues) -> str | None:
        """Its value in a request. Two of them, or one that we did not make, are none."""
        found: list[str] = []
        for line in headers("cookie"):
            text = line.decode("latin-1") if isinstance(line, bytes) else line
            for pair in text.split(";"):
                name, separator, value = pair.strip(" \t").partition("=")
                if separator and name == self.name:
                    found.append(value)
        if len(found) == 1 and is_random_value(found[0]):
            return found[0]
        return None
