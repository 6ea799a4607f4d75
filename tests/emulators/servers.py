"""Starts the emulators: moto's server from PyPI, and cognito-local from npm."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from ..needs import need
from .emulator import Emulator, Pool, Tokens, cognito_client, furnish
from .process import free_port, running

COGNITO_LOCAL = "cognito-local@5.3.0"
_NODE = 20
_INSTALL_SECONDS = 100


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
def cognito_local_server(folder: Path, cache: Path) -> Iterator[Emulator]:
    """cognito-local: its issuer is its own address, so both issuer and keys have to be said."""
    _need_node()
    start = _installed(cache) / "node_modules" / "cognito-local" / "lib" / "bin" / "start.js"
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    settings = {"HOST": "127.0.0.1", "PORT": str(port)}

    def overrides(pool_id: str) -> dict[str, str]:
        issuer = f"{origin}/{pool_id}"
        return {"issuer": issuer, "jwks": f"{issuer}/.well-known/jwks.json"}

    def sign_out(pool: Pool, username: str, tokens: Tokens) -> None:
        pool.aws.revoke_token(ClientId=pool.client_id, Token=tokens.refresh)

    with running(["node", str(start)], port=port, folder=folder, settings=settings):
        aws = cognito_client(origin)
        try:
            yield furnish("cognito-local", origin, aws, overrides, sign_out)
        finally:
            aws.close()


def _need_node() -> None:
    what = f"Node.js {_NODE} or later, with npm, for {COGNITO_LOCAL}"
    need(shutil.which("node") is not None and shutil.which("npm") is not None, what)
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)
    need(int(version.stdout.removeprefix("v").partition(".")[0]) >= _NODE, what)


def _installed(cache: Path) -> Path:
    """The folder with the package, installed there by npm the first time."""
    folder = cache / COGNITO_LOCAL
    if folder.is_dir():
        return folder
    with TemporaryDirectory(dir=cache) as scratch:
        new = Path(scratch) / "new"
        new.mkdir()
        command = ["npm", "install", "--prefix", str(new), "--no-save", "--no-package-lock"]
        command += ["--ignore-scripts", "--no-audit", "--no-fund", COGNITO_LOCAL]
        npm = subprocess.run(
            command,
            cwd=new,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_INSTALL_SECONDS,
            check=False,
        )
        if npm.returncode != 0:
            raise RuntimeError(f"npm could not install {COGNITO_LOCAL}:\n{npm.stdout}")
        # Whole or not at all: an interrupted install must not look like a finished one. Where
        # another process was faster, its folder is as good.
        with suppress(OSError):
            new.rename(folder)
    return folder
