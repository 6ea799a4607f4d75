"""``cognito-guard dev``: a local user pool, until Ctrl-C."""

from __future__ import annotations

import time
from argparse import Namespace
from contextlib import suppress
from errno import EADDRINUSE
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from ..errors import ConfigurationError
from .output import write
from .status import Status

if TYPE_CHECKING:
    from ..testing import LocalUser, LocalUserPool, PoolServer

__all__ = ["run_pool"]

_CALLBACK = "http://localhost:8000/auth/callback"
_USERS: tuple[tuple[str, list[str]], ...] = (("alice", []), ("ada", ["admins"]))
_WEB = "1example23456789"
_MACHINE = "2machine3456789"
_MACHINE_SECRET = "secret_of_the_local_machine"
_MACHINE_SCOPES = ("orders/read", "orders/write")


def run_pool(options: Namespace) -> int:
    """Serve a pool, and say how to use it. Raises :class:`ConfigurationError`."""
    pool, server = _made(options)
    with server, suppress(KeyboardInterrupt):
        write("\n".join(_lines(options, pool, server)))
        while True:
            time.sleep(3600)
    return Status.ALL_VALID


def _made(options: Namespace) -> tuple[LocalUserPool, PoolServer]:
    try:
        from ..testing import LocalClient, LocalUser, LocalUserPool
    except ModuleNotFoundError as missing:
        raise ConfigurationError(
            "dev needs the extra testing of cognito-guard: install that, or PyJWT[crypto] and h11 "
            f"({missing.name} is missing)"
        ) from None
    callbacks = options.callback or [_CALLBACK]
    try:
        homes = [f"{urlsplit(url).scheme}://{urlsplit(url).netloc}/" for url in callbacks]
        web = LocalClient(_WEB, callback_urls=callbacks, logout_urls=[*dict.fromkeys(homes)])
    except ValueError as error:
        raise ConfigurationError(f"--callback: {error}") from None
    machine = LocalClient(_MACHINE, _MACHINE_SECRET, scopes=_MACHINE_SCOPES, machine=True)
    users = [LocalUser(name, groups=groups) for name, groups in options.user or _USERS]
    pool = LocalUserPool(client_id=_WEB, users=users)
    try:
        return pool, pool.listen(web, machine, port=options.port)
    except OSError as error:
        stop = "stop what listens there, or " if error.errno == EADDRINUSE else ""
        raise ConfigurationError(
            f"--port {options.port}: {error.strerror}; {stop}pass another port (0 takes a free one)"
        ) from None


def _lines(options: Namespace, pool: LocalUserPool, server: PoolServer) -> list[str]:
    first = next(iter(pool.users.values()))
    asked = {
        "response_type": "code",
        "client_id": _WEB,
        "redirect_uri": (options.callback or [_CALLBACK])[0],
        "scope": "openid",
    }
    comments = [
        "",
        "For development only. It listens on 127.0.0.1 only. Every user of this machine can",
        "sign in as anybody. Ctrl-C stops it.",
        "",
        f"Sign in: {server.domain}/oauth2/authorize?{urlencode(asked)}",
        f"Open your app at {urlsplit(asked['redirect_uri']).netloc}, and by no other name of this",
        "machine: a sign-in must end on the origin where it began.",
        f"Users: {'; '.join(map(_shown, pool.users.values()))}",
        f"Their password, for the API's USER_PASSWORD_AUTH: {first.password}",
        f"A machine: client {_MACHINE}, secret {_MACHINE_SECRET}",
        "",
        f"Access token of {first.username}, for an hour:",
        server.access_token(first.username, scopes=["openid", "aws.cognito.signin.user.admin"]),
        f"ID token of {first.username}:",
        server.id_token(first.username),
        "Access token of the machine:",
        server.machine_token(client_id=_MACHINE, scopes=_MACHINE_SCOPES),
    ]
    settings = [f"{name}={value}" for name, value in server.environment().items()]
    return [*settings, *(f"# {line}".rstrip() for line in comments)]


def _shown(user: LocalUser) -> str:
    return f"{user.username} ({', '.join(user.groups)})" if user.groups else user.username
