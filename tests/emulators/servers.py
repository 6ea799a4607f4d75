"""Starts the emulators: moto's server from PyPI, and cognito-local from npm."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from ..needs import need
from ..npm import installed, need_node
from ..ports import free_port
from .emulator import Emulator, Pool, Tokens, cognito_client, furnish
from .process import running

COGNITO_LOCAL = "cognito-local@5.3.0"


@contextmanager
def moto_server(folder: Path) -> Iterator[Emulator]:
    """moto: the issuer is AWS's own, so only the keys' address has to be said."""
    need(find_spec("moto") is not None, "moto: pip install 'moto[cognitoidp,server]'")
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "moto.server", "-p", str(port), "-H", "127.0.0.1"]

    def overrides(pool_id: str) -> dict[str, str]:
        return {"jwks": f"{origin}/{pool_id}/.well-known/jwks.json"}

    def sign_out(pool: Pool, username: str, tokens: Tokens) -> None:
        pool.aws.admin_user_global_sign_out(UserPoolId=pool.id, Username=username)

    with running(command, port=port, folder=folder):
        aws = cognito_client(origin)
        try:
            yield furnish("moto", origin, aws, overrides, sign_out)
        finally:
            aws.close()


@contextmanager
def cognito_local_server(folder: Path, cache: Path, *node: str) -> Iterator[Emulator]:
    """cognito-local: its issuer is its own address, so both issuer and keys have to be said.

    ``node``: options of Node.js.
    """
    need_node(COGNITO_LOCAL)
    start = installed(COGNITO_LOCAL, cache) / "cognito-local" / "lib" / "bin" / "start.js"
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    settings = {"HOST": "127.0.0.1", "PORT": str(port)}

    def overrides(pool_id: str) -> dict[str, str]:
        issuer = f"{origin}/{pool_id}"
        return {"issuer": issuer, "jwks": f"{issuer}/.well-known/jwks.json"}

    def sign_out(pool: Pool, username: str, tokens: Tokens) -> None:
        pool.aws.revoke_token(ClientId=pool.client_id, Token=tokens.refresh)

    with running(["node", *node, str(start)], port=port, folder=folder, settings=settings):
        aws = cognito_client(origin)
        try:
            yield furnish("cognito-local", origin, aws, overrides, sign_out)
        finally:
            aws.close()
