"""Where the local load balancer's sign-in page is, and where it leads on to."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlencode

__all__ = ["LOGIN_PATH", "LOGOUT_PATH", "PREFIX", "login_url", "own_path", "return_to"]

PREFIX = "/.cognito/"
"""The paths that the app never sees begin with it."""
LOGIN_PATH = PREFIX + "login"
LOGOUT_PATH = PREFIX + "logout"

_MAX_FIELDS = 10
# A path of ours. Browsers take two slashes, of either kind, for the beginning of a host's name.
_OWN_PATH = re.compile(r"/(?![/\\])[\x21-\x7e]*")


def login_url(to: str) -> str:
    """Where to sign in on the way to ``to``."""
    return f"{LOGIN_PATH}?{urlencode({'to': to})}"


def return_to(query: str, name: str, origin: str) -> str:
    """The path in a field of a query: a page of this origin, and ``/`` if it is anything else."""
    try:
        path = parse_qs(query, max_num_fields=_MAX_FIELDS).get(name, ["/"])[0]
    except ValueError:
        return "/"
    return own_path(path, origin)


def own_path(path: str, origin: str) -> str:
    """``path`` if it is a page of this origin, and ``/`` if it is anything else."""
    path = path.removeprefix(origin) or "/"
    return path if _OWN_PATH.fullmatch(path) else "/"
